// The operating system's clocks, behind Clock.
#include "base/clock.hpp"

namespace larder::base {

Instant SystemClock::now() const noexcept {
  return Instant{
      std::chrono::duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch())};
}

WallTime SystemClock::wall() const noexcept {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

SystemClock& SystemClock::instance() noexcept {
  static SystemClock clock;
  return clock;
}

}  // namespace larder::base
