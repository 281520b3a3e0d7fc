// Handshake: from a fresh connection to one that is ready for requests. RESP3 where the server has
// it, RESP2 otherwise.
//
//     HELLO 3 [AUTH user password] [SETNAME name] ──> SELECT n ──> ready
//        └─ unknown command or NOPROTO ──> AUTH … ──> CLIENT SETNAME ──> SELECT n ──> ready
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>

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
};

/// A pure state machine: replies in, bytes to write out.
class Handshake {
 public:
  explicit Handshake(Identity identity) : identity_(std::move(identity)) {}

  /// Appends the first request.
  void start(base::Buffer& out);

  enum class State : std::uint8_t {
    waiting,  ///< What was appended must be written; its reply is next.
    ready,
    failed,  ///< failure() says why. No secret is in it.
  };
  State received(const resp::Value& reply, base::Buffer& out);

  resp::Version version() const noexcept { return version_; }
  const Error& failure() const noexcept { return failure_; }

 private:
  enum class Step : std::uint8_t { hello, auth, set_name, select, done };

  State go_to(Step step, base::Buffer& out);
  bool is_needed(Step step) const;
  void write(Step step, base::Buffer& out) const;
  State fail(std::string_view words);

  Identity identity_;
  Step step_ = Step::hello;
  resp::Version version_ = resp::Version::resp3;
  Error failure_{};
};

}  // namespace larder::redis
