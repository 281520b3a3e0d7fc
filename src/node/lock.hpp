// Lock: what guards a shard. One word; taken and given back without a call where nobody waits. Whoever only
// looks may do so beside it, and learns afterwards whether somebody held it meanwhile.
//
// std::mutex costs two calls into the C library for each visit. The word's states are those of
// Drepper's second mutex ("Futexes Are Tricky", 2011): free, taken, taken with somebody waiting. Above
// them it counts how often it was given back, which makes it a seqlock (Lameter 2005; for the fences
// Boehm, MSPC 2012).
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::node {

class Lock {
 public:
  void lock() noexcept {
    if (!try_lock()) wait();
    // Who looks beside the lock sees nothing of what is written from here on without seeing it taken.
    std::atomic_thread_fence(std::memory_order_release);
  }
  bool try_lock() noexcept {
    std::uint32_t free = word_.load(std::memory_order_relaxed) & ~kStates;
    return word_.compare_exchange_strong(free, free | kTaken, std::memory_order_acquire);
  }
  void unlock() noexcept {
    const std::uint32_t next = (word_.load(std::memory_order_relaxed) & ~kStates) + kTurn;
    if ((word_.exchange(next, std::memory_order_release) & kStates) == kAwaited) word_.notify_one();
  }

  /// What was seen of the lock before a look beside it.
  using Glimpse = std::uint32_t;
  /// Begins a look: what is read afterwards may be torn and must only be copied.
  Glimpse glimpse() const noexcept { return word_.load(std::memory_order_acquire); }
  /// False: somebody held it when that was seen, so a look would be in vain.
  static bool was_free(Glimpse before) noexcept { return (before & kStates) == 0; }
  /// Ends it: true if nobody held the lock from then until now, so that what was read is whole.
  bool undisturbed(Glimpse before) const noexcept {
    std::atomic_thread_fence(std::memory_order_acquire);
    return was_free(before) && word_.load(std::memory_order_relaxed) == before;
  }

 private:
  static constexpr std::uint32_t kTaken = 1, kAwaited = 3, kStates = 3, kTurn = 4;

  void wait() noexcept;

  std::atomic<std::uint32_t> word_{0};
};

}  // namespace larder::node
