// Handshake: from a fresh connection to one that is ready for requests. RESP3 where the server has
// it, RESP2 otherwise.
//
//     HELLO 3 [AUTH user password] [SETNAME name], COMMAND INFO … ──> SELECT n ──> ROLE ──> READONLY ──> ready
//        └─ unknown command or NOPROTO ──> AUTH … ──> CLIENT SETNAME ──> SELECT n ──> ROLE ──> READONLY ──> ready
//
// COMMAND INFO asks for commands that not every server has. It leaves together with HELLO, so it costs no round trip,
// and no server takes it amiss: of what it does not know it says so, and whatever else it answers means "none".
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "resp/reply.hpp"
#include "resp/writer.hpp"

namespace larder::redis {

/// Who we are on a connection.
struct Identity {
  std::string user = {};         ///< Empty with a password: "default".
  std::string password = {};     ///< Empty: no AUTH.
  std::string client_name = {};  ///< Empty: none is set.
  unsigned database = 0;
  bool wants_primary = false;  ///< A replica will not do: it is asked for its ROLE.
  bool wants_replica = false;  ///< The other way round.
  bool reads_replica = false;  ///< A replica of a cluster answers reads here: READONLY.
};

/// A pure state machine: replies in, bytes to write out.
class Handshake {
 public:
  /// `asks`: names of commands, at most 32, which must outlive the handshake.
  explicit Handshake(Identity identity, std::span<const std::string_view> asks = {})
      : identity_(std::move(identity)), asks_(asks) {}

  /// Appends the first request.
  void start(base::Buffer& out);

  enum class State : std::uint8_t {
    waiting,  ///< What was appended must be written; its reply is next.
    ready,
    failed,  ///< failure() says why. No secret is in it.
  };
  State received(const resp::Value& reply, base::Buffer& out);

  resp::Version version() const noexcept { return version_; }
  /// Which of the commands asked for the server has: a bit for each, the first the lowest.
  std::uint32_t known() const noexcept { return known_; }
  const Error& failure() const noexcept { return failure_; }

 private:
  enum class Step : std::uint8_t { hello, probe, auth, set_name, select, role, read_only, done };

  State go_to(Step step, base::Buffer& out);
  bool is_needed(Step step) const;
  void write(Step step, base::Buffer& out) const;
  State fail(std::string_view words);

  State after_hello(Step next, base::Buffer& out);
  State after_role(const resp::Value& reply, base::Buffer& out);
  void learn(const resp::Value& reply);

  Identity identity_;
  std::span<const std::string_view> asks_;
  std::uint32_t known_ = 0;
  Step after_probe_ = Step::select;
  Step step_ = Step::hello;
  resp::Version version_ = resp::Version::resp3;
  Error failure_{};
};

}  // namespace larder::redis
