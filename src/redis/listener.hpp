// Listener: who hears what a server says unasked, on a connection that is subscribed to something.
#pragma once

#include "resp/reply.hpp"

namespace larder::redis {

/// Threads  One at a time: that of the connection.
class Listener {
 public:
  virtual ~Listener() = default;
  /// Everything that comes, in order, once the connection stands. False: it is the reply to a call. Its views die with the
  /// return. Runs under the connection's lock: do not block, do not call the client.
  virtual bool hears(const resp::Value& value) = 0;
  /// After some of it, without a lock.
  virtual void heard() = 0;
};

}  // namespace larder::redis
