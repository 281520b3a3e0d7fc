#include "server/latency.hpp"

#include <algorithm>

namespace larder::server {

void LatencyMonitor::add(std::string_view name, std::int64_t unix_seconds, base::Nanos took) {
  const std::int64_t millis = std::chrono::floor<base::Millis>(took).count();
  const std::lock_guard lock(mutex_);
  Kept& kept = events_[name];
  kept.millis_max = std::max(kept.millis_max, millis);
  if (!kept.samples.empty() && kept.samples.back().unix_seconds == unix_seconds) {
    std::int64_t& worst = kept.samples.back().millis;
    worst = std::max(worst, millis);
    return;
  }
  kept.samples.push_back({unix_seconds, millis});
  if (kept.samples.size() > kSamplesMax) kept.samples.pop_front();
}

LatencyMonitor::Event LatencyMonitor::shown(std::string_view name, const Kept& kept) {
  return {name, kept.millis_max, {kept.samples.begin(), kept.samples.end()}};
}

std::vector<LatencyMonitor::Event> LatencyMonitor::events() const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> all;
  for (const auto& [name, kept] : events_) all.push_back(shown(name, kept));
  return all;
}

std::optional<LatencyMonitor::Event> LatencyMonitor::event(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(name);
  if (found == events_.end()) return std::nullopt;
  return shown(found->first, found->second);
}

std::size_t LatencyMonitor::forget(std::optional<std::string_view> name) {
  const std::lock_guard lock(mutex_);
  if (name) return events_.erase(*name);
  const std::size_t count = events_.size();
  events_.clear();
  return count;
}

}  // namespace larder::server
