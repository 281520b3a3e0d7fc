// ErrorKinds: how often which kind of error was replied, by the first word of its reply: ERR, WRONGTYPE, OOM.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include "server/count.hpp"

namespace larder::server {

/// Threads  One counts, any may read.
class ErrorKinds {
 public:
  void add(std::string_view words) noexcept {
    const std::string_view kind = words.substr(0, std::min(words.find(' '), kBytesMax));
    const std::size_t used = used_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < used; ++i) {
      if (slots_[i].view() == kind) return slots_[i].count.add();
    }
    // No client can make up a kind; were there more of them one day, those would not be told apart.
    if (used == slots_.size()) return;
    Slot& slot = slots_[used];
    slot.size = kind.copy(slot.name.data(), slot.name.size());
    slot.count.add();
    used_.store(used + 1, std::memory_order_release);  // Only now may others look at the name.
  }

  /// Calls `fn(kind, count)` for each.
  template <class Fn>
  void for_each(Fn&& fn) const {
    const std::size_t used = used_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < used; ++i) {
      if (const auto count = slots_[i].count.get(); count > 0) fn(slots_[i].view(), count);
    }
  }

  /// On the thread that counts.
  void clear() noexcept {
    for (Slot& slot : slots_) slot.count.clear();
  }

 private:
  static constexpr std::size_t kBytesMax = 24;
  struct Slot {
    std::array<char, kBytesMax> name{};
    std::size_t size = 0;
    Count count;
    std::string_view view() const noexcept { return {name.data(), size}; }
  };
  std::array<Slot, 24> slots_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace larder::server
