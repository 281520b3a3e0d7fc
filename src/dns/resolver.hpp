// Resolver: the seam between the faces (DNS over UDP and TCP, REST, gRPC) and what answers them: the cache, an upstream, the stub.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"

namespace larder::dns {

/// What is asked. One cache entry stands for one of these, the case of the name left out.
struct Question {
  std::string
      name;  ///< Wire form (dns/name.hpp), in the asker's case: the answer comes back in it.
  std::uint16_t type = 1;
  std::uint16_t klass = 1;
  bool dnssec_ok = false;          ///< DO: signatures are wanted.
  bool checking_disabled = false;  ///< CD: upstream shall not validate.
  bool bypass_cache =
      false;  ///< Ask upstream whatever the cache has; the answer is stored all the same.
};

/// Where an answer came from.
enum class Origin : std::uint8_t {
  near,      ///< The cache of this process.
  shared,    ///< The store that several processes share.
  upstream,  ///< Fresh from an upstream.
  stale,     ///< Past its TTL: upstream could not be asked, or not in time (RFC 8767).
  stub,      ///< Made up by the built-in authority, fresh.
  pinned,    ///< Put there by an administrator.
};
const char* to_string(Origin origin) noexcept;

struct Answer {
  /// A whole message: id 0, the question as asked, TTLs of this moment, no OPT; RD and RA are set, AA is not.
  std::string wire;
  Origin origin = Origin::upstream;
  std::chrono::seconds age{0};  ///< Since upstream gave it.
  bool made_up = false;         ///< The stub made it, however often it was stored since.
  int partition = -1;           ///< Of the shared store; -1: not looked at, or it has none.
};

/// An answer, whatever its rcode; or why there is none. Those of the network come as SERVFAIL to who asked by DNS:
/// `timeout`, `unreachable`, `protocol`, `server_error` (an upstream's own SERVFAIL or REFUSED). Others are of the asker's or ours:
/// `bad_argument`, `overloaded`, `cancelled` (shutting down).
using Outcome = Result<Answer>;

/// Threads  Safe from any thread.
/// Lifetime Ended only after every `done` was called or dropped by close().
class Resolver {
 public:
  using Done = std::function<void(Outcome)>;
  virtual ~Resolver() = default;

  /// Calls `done` exactly once: before it returns, on the calling thread, where the answer is near; on a thread of the
  /// resolver's otherwise, which must not be held up. `deadline` bounds how long the asker waits; zero (Instant{}) takes the
  /// resolver's own. A flight that others still wait for goes on.
  virtual void resolve(const Question& question, base::Instant deadline, Done done) = 0;

  /// Empty when it can answer; else who is missing, for /readyz: "no upstream answers: 192.0.2.1:53: no answer in 1500 ms".
  virtual std::string trouble() const = 0;
};

/// The SERVFAIL (FORMERR for `bad_argument`) that stands for a failure, in the shape of Answer::wire.
std::string failure_message(const Question& question, const Error& error);

}  // namespace larder::dns
