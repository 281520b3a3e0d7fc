// Locator: where a server is that moves, such as the primary that sentinels watch.
#pragma once

#include <larder/error.hpp>

#include <functional>

#include "net/socket.hpp"

namespace larder::redis {

/// Threads  Safe from any.
class Locator {
 public:
  virtual ~Locator() = default;
  /// Answers through `found`, exactly once, in bounded time, on any thread. Errors: `unreachable`.
  virtual void locate(std::function<void(Result<net::Endpoint>)> found) = 0;
};

}  // namespace larder::redis
