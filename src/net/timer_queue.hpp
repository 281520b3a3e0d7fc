// TimerQueue: functions that wait for an instant. A binary heap; cancelled timers stay in it until
// they come up.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace larder::net {

enum class TimerId : std::uint64_t {};

/// Not thread-safe. Meant for tens of timers, not one per connection: a crowd is walked in slices
/// instead.
class TimerQueue {
 public:
  TimerId add(base::Instant when, std::function<void()> work);
  bool cancel(TimerId id);
  /// When the next one is due.
  std::optional<base::Instant> next();
  /// Runs all that are due at `now`, in order of their instants; of equals, the older first. Timers
  /// added from inside wait for the next call. Returns how many ran.
  std::size_t run_due(base::Instant now);

 private:
  struct Waiting {
    base::Instant when;
    TimerId id;
    bool operator>(const Waiting& other) const {
      return when != other.when ? when > other.when : id > other.id;
    }
  };
  void drop_cancelled();

  std::vector<Waiting> heap_;
  std::unordered_map<std::uint64_t, std::function<void()>> work_;
  std::uint64_t last_id_ = 0;
};

}  // namespace larder::net
