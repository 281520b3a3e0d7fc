// SideLine: a second connection to a server, for values so large that small requests would wait behind them. It is made when
// the first such value comes, and goes when none has come for a while.
//
// What a caller asks one after the other of one key must come in that order, also where a large write ran into its deadline
// and may still be on its way. So a key that had a large value, as far as we saw, is remembered, and all calls that name it
// go this way too, until one of them came back with a small value: everything before that has been done.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "redis/client.hpp"

namespace larder::store {

/// Threads  Safe from any.
class SideLine {
 public:
  /// Requests and values beyond it: 1 MiB takes a millisecond over 10 Gbit/s, as long as a thousand small ones.
  static constexpr std::size_t kLargeBytes = 1024 * 1024;

  SideLine(redis::ClientOptions options, const base::Clock& clock)
      : options_(std::move(options)), clock_(clock) {
    options_.on_change = {};
  }

  /// Connects, if it is not there. Whoever uses it keeps it until its call is over.
  std::shared_ptr<redis::Client> open();
  /// None: there is none.
  std::shared_ptr<redis::Client> get() const;
  /// True: nobody has used it for so long, and it is gone.
  bool close_after(base::Nanos idle);
  /// Adds what all connections of it have done.
  void add_to(redis::ClientStats& stats) const;

  /// What is remembered of a key; 0: nothing.
  using Mark = std::uint64_t;
  Mark mark_of(std::string_view key) const noexcept {
    return any_.load(std::memory_order_relaxed) ? find(key) : 0;
  }
  /// The key has a large value, or will have.
  void remember(std::string_view key) noexcept;
  /// It has none any more. Nothing, if it was remembered anew since `mark` was seen.
  void forget(std::string_view key, Mark mark) noexcept;

 private:
  static constexpr std::size_t kCells = 256;

  Mark find(std::string_view key) const noexcept;

  redis::ClientOptions options_;
  const base::Clock& clock_;
  std::atomic<bool> any_{false};
  std::atomic<std::uint32_t> version_{0};
  std::array<std::atomic<Mark>, kCells>
      cells_{};  ///< By the key's hash; a later key takes an earlier one's place.

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::shared_ptr<redis::Client> client_;
  base::Instant used_{};
  redis::ClientStats before_;  ///< Of connections that are gone.
};

}  // namespace larder::store
