// PolicyAlarm: says in the log when the eviction policy has nothing that it may evict, which ends in refused writes.
#pragma once

#include "node/node.hpp"

namespace larder::base {
class Log;
}

namespace larder::server {

/// Once when it becomes so, and again only after it was different.
class PolicyAlarm {
 public:
  /// Without a log it says nothing.
  explicit PolicyAlarm(base::Log* log) noexcept : log_(log) {}

  /// To be called now and then.
  void look(const node::NodeStats& stats, policy::Eviction eviction);

 private:
  base::Log* log_;
  bool rings_ = false;
};

}  // namespace larder::server
