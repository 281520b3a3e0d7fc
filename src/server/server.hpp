// Server: a Node behind RESP on a TCP port, or a TLS port, or both. It listens, spreads connections over its I/O threads
// and stops on request.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "net/tls.hpp"

namespace larder::base {
class Log;
class Metrics;
}  // namespace larder::base
namespace larder::node {
class Durability;
class Node;
}  // namespace larder::node

namespace larder::server {

struct ServerOptions {
  std::string bind = "127.0.0.1";  ///< A numeric address or a name.
  /// Without TLS. 0: a free one, see Server::port(); none: not listened on.
  std::optional<std::uint16_t> port = 6379;
  std::optional<std::uint16_t> tls_port = {};  ///< With TLS, likewise.
  net::TlsOptions tls = {};
  /// How long a client may take for its handshake.
  base::Millis tls_handshake_at_most = base::limits::kTlsHandshakeTime;
  unsigned threads = 1;       ///< I/O threads; commands run on the thread that received them.
  std::string password = {};  ///< Empty: none is asked for.
  std::size_t clients_max = base::limits::kConnectionsMax;  ///< One more is told so and closed.
  /// How often I/O threads compare their work, and may hand connections over.
  base::Millis balance_every{1'000};
  /// Where CONFIG REWRITE writes; empty: nowhere.
  std::string config_file = {};
  base::Millis drain_at_most =
      base::limits::kDrainTime;  ///< How long stop() waits for clients to take their replies.
  /// What SHUTDOWN does: asks the program to end. Empty: SHUTDOWN is refused. Called on an I/O
  /// thread; must not block.
  std::function<void()> on_shutdown = {};
  /// What keeps the node on disk: replies wait for it, writes are refused while it cannot. None: nothing is kept.
  /// Outlives the server.
  node::Durability* durability = nullptr;
  /// Where it tells the operator what is wrong; none: nowhere. Outlives the server.
  base::Log* log = nullptr;
};

struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_rejected = 0;  ///< Over clients_max.
  std::uint64_t connections_cut = 0;       ///< Over a limit, or silent for too long.
  std::uint64_t connections_evicted = 0;   ///< Of them, because all together held too much.
  std::uint64_t connections_moved = 0;     ///< From one I/O thread to another.
  std::size_t connections_now = 0;
  std::size_t connections_held = 0;  ///< Wait for the end of a CLIENT PAUSE.
  std::size_t connections_tls = 0;   ///< Of those now.
  std::uint64_t tls_handshakes_failed = 0;
  std::int64_t tls_expires_unix = 0;  ///< When the certificate in use ends; 0: there is none.
  std::uint64_t commands = 0;
  std::uint64_t errors = 0;  ///< Commands answered with an error.
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t logins_failed = 0;
  std::size_t buffered_bytes = 0;  ///< Held for all connections.
};

/// Threads   start() and stop() from one thread; the rest from any.
/// Lifetime  The node outlives the server. The destructor stops.
class Server {
 public:
  Server(node::Node& node, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Sets what CONFIG SET would, and what it calls fixed if the value is the one there is: the lines of a file.
  /// Errors: `bad_argument`, in words without the value.
  Result<void> configure(std::string_view setting, std::string_view value);
  /// Binds, listens and starts the I/O threads. Errors: `unreachable`, in words: "port 6379 on
  /// 127.0.0.1 is in use"; `bad_argument` for TLS that is not set up well.
  Result<void> start();
  /// Reads certificate, key and authorities again, for connections from now on. Errors: `bad_argument`; the old ones
  /// stay in use.
  Result<void> reload_tls();
  /// Stops listening, finishes what was received, flushes replies, closes, joins the threads. Safe
  /// to call twice.
  void stop();
  /// The port that start() bound; of use when 0 was asked for.
  std::uint16_t port() const noexcept;
  std::uint16_t tls_port() const noexcept;  ///< 0: none.
  ServerStats stats() const;
  /// Shows how often each command ran: larder_command_calls_total{command="get"}. The server outlives the registry.
  void observe_commands(base::Metrics& metrics) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::server
