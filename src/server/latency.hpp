// LatencyMonitor: when something took long that should not, and how long. Off until somebody sets a threshold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "server/shown.hpp"

namespace larder::server {

inline std::int64_t unix_seconds(const base::Clock& clock) {
  return clock.wall().time_since_epoch().count() / 1'000;
}

/// Threads  Safe from any. Only what is over the threshold takes its lock.
class LatencyMonitor {
 public:
  // What it tells apart, by Redis' names.
  static constexpr std::string_view kCommand = "command";
  static constexpr std::string_view kFastCommand = "fast-command";
  static constexpr std::string_view kExpireCycle = "expire-cycle";

  /// Of each event the last so many are kept, as in Redis.
  static constexpr std::size_t kSamplesMax = 160;

  struct Sample {
    std::int64_t unix_seconds = 0;
    std::int64_t millis = 0;
  };
  struct Event {
    std::string_view name;
    std::int64_t millis_max = 0;  ///< Of all times, samples that are gone included.
    std::vector<Sample> samples;  ///< The oldest first; never empty.
  };

  /// 0: off.
  std::int64_t threshold_millis() const noexcept { return threshold_; }
  void set_threshold(std::int64_t millis) noexcept { threshold_ = millis; }
  bool is_on() const noexcept { return threshold_ != 0; }
  bool is_slow(base::Nanos took) const noexcept {
    return is_on() && std::chrono::floor<base::Millis>(took).count() >= threshold_;
  }

  /// `name` is one of the above. Within one second the worst counts.
  void add(std::string_view name, std::int64_t unix_seconds, base::Nanos took);
  std::vector<Event> events() const;
  std::optional<Event> event(std::string_view name) const;
  /// Forgets one, or all for no name; says how many.
  std::size_t forget(std::optional<std::string_view> name = std::nullopt);

 private:
  struct Kept {
    std::int64_t millis_max = 0;
    std::deque<Sample> samples;
  };
  static Event shown(std::string_view name, const Kept& kept);

  Shown<std::int64_t> threshold_ = std::int64_t{0};
  mutable std::mutex mutex_;
  std::map<std::string_view, Kept> events_;  // At most one for each name above.
};

}  // namespace larder::server
