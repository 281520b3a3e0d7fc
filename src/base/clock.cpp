// The operating system's clocks, behind Clock.
#include "base/clock.hpp"

#include <ctime>

namespace larder::base {

Instant SystemClock::now() const noexcept {
  return Instant{
      std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch())};
}

Instant SystemClock::coarse() const noexcept {
  timespec time{};  // The same line as steady_clock's, as of the last tick.
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return Instant{std::chrono::seconds{time.tv_sec} + Nanos{time.tv_nsec}};
}

WallTime SystemClock::wall() const noexcept {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

WallTime SystemClock::coarse_wall() const noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return WallTime{std::chrono::seconds{time.tv_sec} + Millis{time.tv_nsec / 1'000'000}};
}

SystemClock& SystemClock::instance() noexcept {
  static SystemClock clock;
  return clock;
}

}  // namespace larder::base
