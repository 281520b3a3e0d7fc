// Budget: the memory bound that the tables of one node share.
//
// Tables draw credit in portions and give surplus back, so that the shared counter is touched once
// in many writes. The bound holds for the sum, whatever the keys' distribution over the tables.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::engine {

/// Threads  Safe from any thread.
class Budget {
 public:
  /// `bytes_max` 0: no bound.
  explicit Budget(std::size_t bytes_max = 0, std::size_t tables = 1) noexcept
      : bytes_max_(bytes_max),
        left_(amount(bytes_max)),
        tables_(static_cast<std::int64_t>(tables)) {}

  std::size_t bytes_max() const noexcept { return bytes_max_.load(std::memory_order_relaxed); }
  void set_bytes_max(std::size_t bytes_max) noexcept {
    const std::size_t before = bytes_max_.exchange(bytes_max);
    left_.fetch_add(amount(bytes_max) - amount(before), std::memory_order_relaxed);
  }
  /// Bytes nobody has drawn; negative: the tables hold more than they should and must evict.
  std::int64_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

  /// What a table draws at a time: small enough that what tables hold unused is about 1 % of the
  /// bound.
  std::int64_t portion() const noexcept {
    return std::clamp<std::int64_t>(amount(bytes_max()) / (tables_ * 128), 64, 64 * 1024);
  }
  /// Draws `least`, rounded up to a portion if there is as much. 0: there is not.
  std::int64_t draw(std::int64_t least) noexcept {
    std::int64_t left = left_.load(std::memory_order_relaxed);
    std::int64_t drawn;
    do {
      if (left < least) return 0;
      drawn = std::min(left, std::max(least, portion()));
    } while (!left_.compare_exchange_weak(left, left - drawn, std::memory_order_relaxed));
    return drawn;
  }
  /// Draws whether there is as much or not.
  void overdraw(std::int64_t bytes) noexcept { left_.fetch_sub(bytes, std::memory_order_relaxed); }
  void give_back(std::int64_t bytes) noexcept { left_.fetch_add(bytes, std::memory_order_relaxed); }

  /// How many tables hold something that may be evicted: those with any entry, those with any
  /// deadline. A table that has nothing left itself may then overdraw, and the node makes the
  /// others pay.
  std::atomic<int> tables_with_entries{0};
  std::atomic<int> tables_with_deadlines{0};

 private:
  static constexpr std::int64_t kUnbounded = std::int64_t{1} << 60;
  static std::int64_t amount(std::size_t bytes_max) noexcept {
    return bytes_max == 0 ? kUnbounded
                          : static_cast<std::int64_t>(std::min(bytes_max, std::size_t{1} << 60));
  }

  std::atomic<std::size_t> bytes_max_;
  alignas(64) std::atomic<std::int64_t> left_;
  alignas(64) std::int64_t tables_;
};

}  // namespace larder::engine
