#include "server/policy_alarm.hpp"

#include <utility>

#include "base/log.hpp"

namespace larder::server {

void PolicyAlarm::look(const node::NodeStats& stats, policy::Eviction eviction) {
  const bool rang = std::exchange(rings_, stats.nothing_evictable);
  if (log_ == nullptr || rang || !rings_) return;
  log_->warn("nothing_evictable", {{"maxmemory_policy", policy::to_string(eviction)},
                                   {"maxmemory", stats.bytes_max},
                                   {"used_memory", stats.bytes_used},
                                   {"why", node::kNothingEvictable}});
}

}  // namespace larder::server
