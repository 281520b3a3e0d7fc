// TCP sockets: owned descriptors, listening, connecting, options. Every failure names host and
// port.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace larder::net {

/// An owned descriptor. Closed when it goes away.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) noexcept : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void close() noexcept;

 private:
  int fd_ = -1;
};

struct Endpoint {
  std::string host;  ///< A numeric address or a name; IPv6 without brackets.
  std::uint16_t port = 0;
};
std::string to_string(const Endpoint& endpoint);  ///< "127.0.0.1:6379", "[::1]:6379"

/// True for 127.0.0.0/8, ::1 and "localhost": addresses that only this machine can reach.
bool is_loopback(const std::string& host);

/// A non-blocking socket that listens, with SO_REUSEADDR. Port 0 takes a free one.
/// Errors: `unreachable`: "port 6379 on 127.0.0.1 is in use", "no such address …", "no permission
/// …".
Result<Socket> listen_tcp(const Endpoint& endpoint, int backlog = 511);
/// The port that a listening or connected socket has on this side.
Result<std::uint16_t> local_port(const Socket& socket);
/// "127.0.0.1:50312" of the other side; empty when it is gone.
std::string peer_name(const Socket& socket);
/// True if the other side is this machine.
bool is_from_loopback(const Socket& socket) noexcept;
/// The name of this side.
std::string local_name(const Socket& socket);

/// The next waiting connection, non-blocking. An empty Socket: none waits. Errors: `overloaded`
/// when the process is out of descriptors; a connection that died while it waited is skipped.
Result<Socket> accept_tcp(const Socket& listener);

/// Begins to connect without blocking (except for a name, which is looked up). When the socket gets
/// writable, `connect_finish` says how it went.
Result<Socket> connect_start(const Endpoint& endpoint);
Result<void> connect_finish(const Socket& socket, const Endpoint& endpoint);
/// Connects and waits; the socket is non-blocking afterwards too.
Result<Socket> connect_tcp(const Endpoint& endpoint, base::Millis at_most);

/// For a connection that carries requests and replies: no Nagle delay.
void set_no_delay(const Socket& socket) noexcept;

/// How soon a peer that vanished without a word is found out.
struct Keepalive {
  base::Millis idle = base::limits::kKeepaliveIdle;          ///< Quiet time before the first probe.
  base::Millis interval = base::limits::kKeepaliveInterval;  ///< Between probes.
  int probes = base::limits::kKeepaliveProbes;  ///< Unanswered ones until the connection is dead.
  /// Sent bytes that stay unacknowledged, or unread by a peer with a full buffer, for so long end it as well
  /// (TCP_USER_TIMEOUT).
  base::Millis unacked_max = idle + probes * interval;
};
void set_keepalive(const Socket& socket, const Keepalive& keepalive) noexcept;

/// Raises the soft limit of open descriptors to the hard one where `wanted` needs it. Returns what
/// there is now.
std::size_t raise_descriptor_limit(std::size_t wanted) noexcept;

}  // namespace larder::net
