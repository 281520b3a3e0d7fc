#include "store/servers/node.hpp"

namespace larder::store {
namespace {

// How long a connection for large values stays without any, and how often that is looked at.
constexpr base::Millis kSideLineIdle{10'000};
constexpr base::Millis kSideLineLook{1'000};

}  // namespace

std::shared_ptr<redis::Client> RedisNode::side_line() {
  auto line = side.open();
  if (!will_close_.exchange(true)) close_side_line_in_time();
  return line;
}

void RedisNode::close_side_line_in_time() {
  client.call_after(kSideLineLook, [hook = weak_from_this()] {
    const auto self = hook.lock();
    if (!self) return;
    self->will_close_ = false;
    if (!self->side.close_after(kSideLineIdle) && !self->will_close_.exchange(true))
      self->close_side_line_in_time();
  });
}

void RedisNode::reconnect(const std::string& why) {
  client.reconnect(why);
  if (const auto line = side.get()) line->reconnect(why);
}

void RedisNode::evict(const std::string& why) {
  client.evict(why);
  if (const auto line = side.get()) line->evict(why);
}

redis::ClientStats RedisNode::stats() const {
  auto out = client.stats();
  side.add_to(out);
  return out;
}

ServerHealth RedisNode::health() const {
  using State = ServerHealth::State;
  const auto now = client.health();
  const auto done = stats();
  ServerHealth out{name, client.name()};
  out.state = dead            ? State::dead
              : now.tripped   ? State::tripped
              : now.connected ? State::up
                              : State::connecting;
  out.last_failure = now.last_failure;
  out.rtt_p50 = std::chrono::duration_cast<std::chrono::microseconds>(now.rtt_p50);
  out.rtt_p99 = std::chrono::duration_cast<std::chrono::microseconds>(now.rtt_p99);
  out.calls = done.calls;
  out.timeouts = done.timeouts;
  out.waiting = done.waiting;
  return out;
}

}  // namespace larder::store
