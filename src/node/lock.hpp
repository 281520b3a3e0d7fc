// Lock: what guards a shard. One word; taken and given back without a call where nobody waits.
//
// std::mutex costs two calls into the C library for each visit. The word's states are those of
// Drepper's second mutex ("Futexes Are Tricky", 2011): free, taken, taken with somebody waiting.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::node {

class Lock {
 public:
  void lock() noexcept {
    std::uint32_t free = kFree;
    if (!state_.compare_exchange_strong(free, kTaken, std::memory_order_acquire)) wait();
  }
  bool try_lock() noexcept {
    std::uint32_t free = kFree;
    return state_.compare_exchange_strong(free, kTaken, std::memory_order_acquire);
  }
  void unlock() noexcept {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kTaken = 1, kAwaited = 2;

  void wait() noexcept;

  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace larder::node
