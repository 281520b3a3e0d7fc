// RingProber: asks one server of a ring every few seconds whether it is there, and takes it out of use and back in.
#pragma once

#include <larder/health.hpp>

#include <functional>
#include <memory>
#include <mutex>

#include "redis/errand.hpp"
#include "redis/pulse.hpp"
#include "store/servers/node.hpp"

namespace larder::store {

using EventSink = std::function<void(const StoreEvent&)>;

class RingProber final : public std::enable_shared_from_this<RingProber> {
 public:
  struct Rules {
    base::Millis every{5'000};
    unsigned dead_after = 3;
    bool flush_returned = false;  ///< What it holds is older than what others wrote in its place.
  };

  RingProber(NodePointer node, const Rules& rules, EventSink tell)
      : node_(std::move(node)), rules_(rules), tell_(std::move(tell)), pulse_(rules.dead_after) {}

  /// The first probe is due after one interval.
  void begin();
  /// No probe begins any more, and the one under way is given up.
  void stop();

 private:
  void wait(base::Nanos time);
  void ask(std::string_view request);
  void judge(bool answered);
  void serve_again();
  void tell(StoreEvent::Kind kind, std::string detail);

  const NodePointer node_;
  const Rules rules_;
  const EventSink tell_;
  // One probe at a time; each step happens before the next.
  redis::Pulse pulse_;
  bool flushing_ = false;
  bool refused_ = false;
  base::Instant asked_{};

  std::mutex mutex_;
  // Guarded by mutex_:
  bool stopped_ = false;
  std::shared_ptr<redis::Errand> errand_;
};

}  // namespace larder::store
