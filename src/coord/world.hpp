// World: what coordination asks of its surroundings, handed in: time, sleep, chance, and who keeps an eye on leases.
#pragma once

#include <larder/store.hpp>

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/wakes.hpp"

namespace larder::coord {

class Watchers;

/// Threads  Safe from any.
class World {
 public:
  virtual ~World() = default;
  virtual base::Instant now() const noexcept = 0;
  /// As base::Clock's.
  virtual base::Instant coarse() const noexcept { return now(); }
  /// That much later; where no clock goes so far, its end: who waits for Millis::max() means for ever.
  base::Instant after(base::Millis time) const noexcept {
    const base::Instant from = now();
    const auto most = std::chrono::floor<base::Millis>(base::Instant::max() - from);
    return time > most ? base::Instant::max() : from + std::max(time, base::Millis{0});
  }
  virtual void sleep(base::Millis time) = 0;
  /// Until it is woken, or the time is over.
  virtual void wait(base::Wakes::Waiter& waiter, base::Millis time) { waiter.wait_for(time); }
  // On the caller's executor:
  virtual Task<void> async_sleep(base::Millis time);
  virtual Task<void> async_wait(base::Wakes::Waiter& waiter, base::Millis time);
  virtual std::uint64_t entropy() noexcept = 0;
  virtual Watchers& watchers() = 0;
};

/// The operating system's. Its watchers have a thread, from the first lease on that is watched.
World& system_world();

}  // namespace larder::coord
