// Source: where fresh answers come from. The upstream client, the stub authority, or another process' resolver.
#pragma once

#include <larder/error.hpp>

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "dns/cache_admin.hpp"
#include "dns/message.hpp"
#include "dns/resolver.hpp"

namespace larder::dns {

/// Threads  Of its lane's event loop, `trouble` and `count` aside, which may come from any thread.
class Source {
 public:
  using Done = std::function<void(Result<Message>)>;
  virtual ~Source() = default;

  /// Calls `done` exactly once by `deadline`, perhaps before it returns: with a response to the question, rcode NOERROR or
  /// NXDOMAIN; or why there is none: `timeout`, `unreachable`, `protocol`, `server_error` (another rcode).
  virtual void ask(const Question& question, base::Instant deadline, Done done) = 0;
  /// `upstream` or `stub`: what its answers are called.
  virtual Origin origin() const noexcept = 0;
  /// Empty while it can answer, as far as it knows.
  virtual std::string trouble() const = 0;
  /// Adds its figures.
  virtual void count(DnsStats& stats) const = 0;
};

}  // namespace larder::dns
