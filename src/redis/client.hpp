// Client: one multiplexed connection to one server, shared by all threads and coroutines that call.
//
// Whatever is asked while a write is in flight leaves with the next write. The connection comes
// back by itself, with jittered pauses; until then requests wait, bounded, each to its own
// deadline.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "redis/call.hpp"
#include "redis/handshake.hpp"
#include "redis/locator.hpp"
#include "redis/pipeline.hpp"

namespace boost::asio {
class io_context;
}
namespace larder::net {
class TlsContext;
}

namespace larder::redis {

class IoThread;
class Listener;
class Waiter;

struct ClientOptions {
  std::string host;
  std::uint16_t port = 6379;
  std::string socket_path = {};  ///< A Unix socket, instead of host and port.
  std::shared_ptr<const net::TlsContext> tls = nullptr;  ///< None: nothing is encrypted.
  /// The name that the server's certificate must be for, and that is asked for; empty: `host`.
  std::string tls_name = {};
  Identity identity;
  base::Millis connect_timeout{1'000};  ///< One attempt, handshake included.
  /// A server that leaves a request unanswered for so long is taken for gone, and the connection
  /// with it.
  base::Millis silence_max{10'000};
  boost::asio::io_context* io_context = nullptr;  ///< None: the client runs a thread of its own.
  PipelineLimits limits;
  /// Asked before each attempt to connect; instead of host and port, which then are for messages only.
  std::shared_ptr<Locator> locator = nullptr;
  /// What messages call the server; empty: its address.
  std::string shown = {};
  /// Runs on the client's thread when a connection became ready (none) and when one was lost or could not be made.
  std::function<void(const std::optional<Error>& failure)> on_change = {};
  /// Commands that not every server has, at most 32: each connection asks whether this one does. The names must
  /// outlive the client.
  std::span<const std::string_view> asks = {};
  /// Hears what no call asked for: of a connection that is subscribed. Nobody may call `ask` then.
  std::shared_ptr<Listener> listener = nullptr;
};

/// How the server has answered of late.
struct ClientHealth {
  bool connected = false;
  bool tripped = false;      ///< Calls are refused at once: see breaker.hpp.
  std::string last_failure;  ///< Of a connection; empty: there was none.
  base::Nanos rtt_p50{
      0};  ///< From the write of a request to its reply, samples of the last minutes.
  base::Nanos rtt_p99{0};
};

/// What one client has done since it began.
struct ClientStats {
  std::uint64_t calls = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t overloaded = 0;
  std::uint64_t writes = 0;    ///< Batches handed to the socket.
  std::uint64_t connects = 0;  ///< Connections that became ready.
  std::uint64_t disconnects = 0;
  std::uint64_t late_replies = 0;  ///< Swallowed: their callers had left.
  std::size_t waiting = 0;         ///< Calls now queued or in flight.
  bool connected = false;
  base::Nanos oldest_unanswered{
      0};  ///< How long the oldest request has been waiting since it was written.
};

/// Threads  Safe from any thread.
/// Lifetime Every call is over before the client goes. A given io_context outlives it.
class Client {
 public:
  explicit Client(const ClientOptions& options, const base::Clock& clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Waits for the first connection to be ready. Errors: `unreachable`, `unauthorized`, `protocol`,
  /// … of the first attempt, naming host and port.
  Result<void> wait_until_ready(base::Millis at_most);

  /// Sends `request` (as many commands as there are `replies`) for `call`, which stays until it was
  /// completed. With `timed`, the client itself completes it with `timeout` at `deadline`. Errors:
  /// `overloaded`; then the call is not completed.
  Result<Ticket> send(std::string_view request, std::uint32_t replies, Call& call,
                      base::Instant deadline, bool timed);

  /// The same for a thread that waits: returns when the call is complete, whose `waiter()` it is, or at its deadline. The
  /// error is what to tell then; the call was not and will not be completed. Meanwhile the thread may serve the connection
  /// (turns.hpp), so `received` and `completed` of other calls may run on it.
  std::optional<Error> ask(std::string_view request, std::uint32_t replies, Call& call,
                           Waiter& waiter, base::Instant deadline);

  /// The caller gives up. The error is what to tell of it and the call will not be completed any
  /// more; none: it is complete already, or just about to be.
  std::optional<Error> leave(Ticket ticket, Errc why);

  /// Runs `then` on the client's thread when `delay` has passed; never, if the context ends before.
  void call_after(base::Nanos delay, std::function<void()> then);

  /// Gives the connection up and makes another, at once.
  void reconnect(std::string why);
  /// The server is out of use: whoever waits for it is told `disconnected`, as not sent where it was not.
  void evict(std::string why);
  ClientHealth health() const;
  /// Connected, not tripped, and no request has been waiting for its reply for longer than `silence`.
  bool is_well(base::Nanos silence) const;

  /// Which of ClientOptions::asks the server has, as the newest connection learnt: a bit for each, the first the lowest.
  std::uint32_t known_commands() const noexcept;
  /// The newest connection speaks RESP3, so it can push.
  bool can_push() const noexcept;
  /// True on a thread that serves this client's connection: nobody may wait there.
  bool on_io_thread() const noexcept;
  /// "redis://host:port", "rediss://host:port" or "unix:///path", to begin a message with.
  const std::string& name() const noexcept;
  const base::Clock& clock() const noexcept;
  ClientStats stats() const;

 private:
  class Link;
  std::unique_ptr<IoThread> io_thread_;
  std::shared_ptr<Link> link_;
};

}  // namespace larder::redis
