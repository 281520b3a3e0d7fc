// RedisAccess: what the door to Redis (larder/redis.hpp) needs of the driver it stands in.
#pragma once

#include <larder/error.hpp>

#include <algorithm>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "redis/io_thread.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

/// Lifetime  The driver's.
struct RedisAccess {
  std::string_view url;
  Topology& topology;
  boost::asio::io_context& context;
  const base::Clock& clock;
  Millis deadline;

  /// A year from now at most: whoever says Millis::max() means no end, and no clock goes so far.
  base::Instant deadline_of(Millis asked) const {
    constexpr Millis kMost = std::chrono::days{366};
    return clock.now() + std::min(asked > Millis::zero() ? asked : deadline, kMost);
  }
  /// On a thread that serves the connections nobody may wait.
  std::optional<Error> refuse_here() const {
    if (!redis::runs_here(context)) return std::nullopt;
    return Error{
        Errc::would_deadlock, Effect::not_sent,
        std::string(url) +
            ": a blocking call on the thread that serves the connection; use the async form"};
  }
  /// Who was told to stop begins nothing.
  std::optional<Error> refuse_stopped(const std::stop_token& stop) const {
    if (!stop.stop_requested()) return std::nullopt;
    return Error{Errc::cancelled, Effect::not_sent,
                 std::string(url) + ": the caller was told to stop"};
  }
};

}  // namespace larder::store
