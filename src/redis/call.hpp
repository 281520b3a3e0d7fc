// Call: the one who sent a request and waits for its replies.
#pragma once

#include <larder/error.hpp>

#include <optional>

#include "resp/reply.hpp"

namespace larder::redis {

class Waiter;

class Call {
 public:
  virtual ~Call() = default;
  /// One reply, in order; its views die with the return. Runs under the connection's lock: copy, do
  /// not block, do not call the client.
  virtual void received(const resp::Value& reply) = 0;
  /// Exactly once, after the last reply or instead of those still missing. Runs without a lock.
  virtual void completed(std::optional<Error> failure) noexcept = 0;
  /// The thread that waits for it, where one does.
  virtual Waiter* waiter() noexcept { return nullptr; }
};

}  // namespace larder::redis
