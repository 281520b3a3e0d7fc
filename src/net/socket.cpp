#include "net/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace larder::net {
namespace {

Error unreachable(std::string detail) {
  return Error{Errc::unreachable, Effect::not_sent, std::move(detail)};
}

std::string words(int error) { return std::generic_category().message(error); }

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Result<Addresses> resolve(const Endpoint& endpoint, bool to_listen) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int failed = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) {
    return unreachable("no address for host '" + endpoint.host + "': " + ::gai_strerror(failed));
  }
  return Addresses(found, &::freeaddrinfo);
}

void set_option(int fd, int level, int name, int value) noexcept {
  // A refused option costs speed or patience, never correctness: no reason to refuse the
  // connection.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

std::string bind_failure(const Endpoint& endpoint, int error) {
  const std::string place = "port " + std::to_string(endpoint.port) + " on " + endpoint.host;
  switch (error) {
    case EADDRINUSE:
      return place + " is in use";
    case EACCES:
      return place + " needs permission that this user does not have";
    case EADDRNOTAVAIL:
      return "this machine has no address " + endpoint.host;
    default:
      return place + " cannot be bound: " + words(error);
  }
}

Result<Socket> listen_on(const addrinfo& address, const Endpoint& endpoint, int backlog) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return unreachable("no socket: " + words(errno));
  set_option(socket.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ai_family == AF_INET6) set_option(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(socket.fd(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.fd(), backlog) != 0) {
    return unreachable(bind_failure(endpoint, errno));
  }
  return socket;
}

std::string name_of(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    return to_string(Endpoint{host, ntohs(v6.sin6_port)});
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
  return to_string(Endpoint{host, ntohs(v4.sin_port)});
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Socket::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  }
  return host == "localhost";
}

Result<Socket> listen_tcp(const Endpoint& endpoint, int backlog) {
  auto addresses = resolve(endpoint, true);
  if (!addresses) return addresses.error();
  return listen_on(**addresses, endpoint, backlog);
}

Result<std::uint16_t> local_port(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return unreachable("no local address: " + words(errno));
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
  }
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

std::string peer_name(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return name_of(address);
}

bool is_from_loopback(const Socket& socket) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  if (address.ss_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    return IN6_IS_ADDR_V4MAPPED(&v6) ? v6.s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  }
  const in_addr& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  return address.ss_family == AF_INET && (ntohl(v4.s_addr) >> 24) == 127;
}

std::string local_name(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return name_of(address);
}

Result<Socket> accept_tcp(const Socket& listener) {
  for (;;) {
    Socket socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) return socket;
    switch (errno) {
      case EAGAIN:
        return Socket{};
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        return Error{Errc::overloaded, Effect::refused, "cannot accept: " + words(errno)};
      default:
        continue;  // It died while it waited (ECONNABORTED, EPROTO, …), or a signal came.
    }
  }
}

Result<Socket> connect_start(const Endpoint& endpoint) {
  auto addresses = resolve(endpoint, false);
  if (!addresses) return addresses.error();
  const addrinfo& address = **addresses;
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return unreachable("no socket for " + to_string(endpoint) + ": " + words(errno));
  set_no_delay(socket);
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
    return unreachable(to_string(endpoint) + ": " + words(errno));
  }
  return socket;
}

Result<void> connect_finish(const Socket& socket, const Endpoint& endpoint) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return unreachable(to_string(endpoint) + ": " + words(error));
  return {};
}

Result<Socket> connect_tcp(const Endpoint& endpoint, base::Millis at_most) {
  auto socket = connect_start(endpoint);
  if (!socket) return socket;
  pollfd waiting{socket->fd(), POLLOUT, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(at_most.count()));
  if (ready == 0) {
    return Error{
        Errc::timeout, Effect::not_sent,
        to_string(endpoint) + ": no connection in " + std::to_string(at_most.count()) + " ms"};
  }
  if (auto done = connect_finish(*socket, endpoint); !done) return done.error();
  return socket;
}

void set_no_delay(const Socket& socket) noexcept {
  set_option(socket.fd(), IPPROTO_TCP, TCP_NODELAY, 1);
}

void set_keepalive(const Socket& socket, const Keepalive& keepalive) noexcept {
  const auto seconds = [](base::Millis t) { return static_cast<int>(t.count() / 1'000); };
  set_option(socket.fd(), SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPIDLE, seconds(keepalive.idle));
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPINTVL, seconds(keepalive.interval));
  set_option(socket.fd(), IPPROTO_TCP, TCP_KEEPCNT, keepalive.probes);
  set_option(socket.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT,
             static_cast<int>(keepalive.unacked_max.count()));
}

std::size_t raise_descriptor_limit(std::size_t wanted) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
    (void)::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur;
}

}  // namespace larder::net
