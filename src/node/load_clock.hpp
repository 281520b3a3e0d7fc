// LoadClock: a clock that stands still while a node is filled from disk.
//
// What was written long ago is played in the order in which it happened: SET with a time to live, then PERSIST. Under a
// clock that goes on the first would be dead before the second came.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace larder::node {

/// Threads  now() and wall() from any.
class LoadClock final : public base::Clock {
 public:
  /// How far it is ahead of the other once it goes on: what was to die while it stood still is dead at once.
  static constexpr base::Nanos kAhead{2'000'000};

  explicit LoadClock(const base::Clock& clock) noexcept : clock_(clock) {}

  base::Instant now() const noexcept override {
    const std::int64_t held = held_ns_.load(std::memory_order_relaxed);
    if (held != kGoes) return base::Instant{base::Nanos{held}};
    return clock_.now() + base::Nanos{ahead_ns_.load(std::memory_order_relaxed)};
  }
  base::Instant coarse() const noexcept override {
    const std::int64_t held = held_ns_.load(std::memory_order_relaxed);
    if (held != kGoes) return base::Instant{base::Nanos{held}};
    return clock_.coarse() + base::Nanos{ahead_ns_.load(std::memory_order_relaxed)};
  }
  base::WallTime wall() const noexcept override { return clock_.wall(); }
  base::WallTime coarse_wall() const noexcept override { return clock_.coarse_wall(); }

  void hold() noexcept { held_ns_ = clock_.now().time_since_epoch().count(); }
  void release() noexcept {
    ahead_ns_ = kAhead.count();
    held_ns_ = kGoes;
  }

 private:
  static constexpr std::int64_t kGoes = -1;
  const base::Clock& clock_;
  std::atomic<std::int64_t> held_ns_{kGoes};
  std::atomic<std::int64_t> ahead_ns_{0};
};

}  // namespace larder::node
