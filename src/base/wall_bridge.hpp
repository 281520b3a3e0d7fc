// WallBridge: between deadlines in memory (monotonic) and instants on the wire and the disk (wall clock).
//
// The distance of the two clocks is measured once and kept while it agrees with a fresh look to 10
// ms, so that EXPIREAT followed by EXPIRETIME gives back the number that went in; a jump of the
// wall clock is followed.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace larder::base {

/// Threads  Safe from any.
class WallBridge {
 public:
  explicit WallBridge(const Clock& clock) noexcept : clock_(clock), distance_(measure()) {}

  Instant from_wall(Millis since_epoch) noexcept {
    return Instant{since_epoch - Millis{distance()}};
  }
  Millis to_wall(Instant instant) noexcept {
    return std::chrono::floor<Millis>(instant.time_since_epoch()) + Millis{distance()};
  }

 private:
  std::int64_t measure() const noexcept {
    return clock_.wall().time_since_epoch().count() -
           std::chrono::floor<Millis>(clock_.now().time_since_epoch()).count();
  }
  std::int64_t distance() noexcept {
    const std::int64_t kept = distance_.load(std::memory_order_relaxed);
    const std::int64_t fresh = measure();
    if (fresh - kept <= 10 && kept - fresh <= 10) return kept;
    distance_.store(fresh, std::memory_order_relaxed);
    return fresh;
  }

  const Clock& clock_;
  std::atomic<std::int64_t> distance_;
};

}  // namespace larder::base
