#include "net/udp.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace larder::net {
namespace {

constexpr int kBufferBytes =
    4 * 1024 * 1024;  // As much as the system allows of it: a burst must fit.

Error udp_error(Errc code, std::string detail) {
  return Error{code, Effect::not_sent, std::move(detail)};
}

std::string udp_words(int error) { return std::generic_category().message(error); }

const sockaddr* raw(const SocketAddress& address) noexcept {
  return reinterpret_cast<const sockaddr*>(address.bytes.data());
}
sockaddr* raw(SocketAddress& address) noexcept {
  return reinterpret_cast<sockaddr*>(address.bytes.data());
}

bool is_v6(const SocketAddress& address) noexcept { return raw(address)->sa_family == AF_INET6; }

bool is_wildcard(const SocketAddress& address) noexcept {
  for (const char c : host_bytes(address)) {
    if (c != 0) return false;
  }
  return true;
}

void option(const Socket& socket, int level, int name, int value) noexcept {
  (void)::setsockopt(socket.fd(), level, name, &value, sizeof value);  // Costs speed at most.
}

Result<Socket> open_udp(const SocketAddress& address) {
  Socket socket(::socket(raw(address)->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return udp_error(Errc::overloaded, "no socket: " + udp_words(errno));
  return socket;
}

void set_port(SocketAddress& address, std::uint16_t port) noexcept {
  // Both families have it at the same place.
  reinterpret_cast<sockaddr_in*>(address.bytes.data())->sin_port = htons(port);
}

/// A wildcard of the family, with a port.
SocketAddress any_like(const SocketAddress& address, std::uint16_t port) noexcept {
  SocketAddress any;
  any.size = address.size;
  raw(any)->sa_family = raw(address)->sa_family;
  set_port(any, port);
  return any;
}

/// What is sent leaves from the address that was written to: the received information as the one to send with.
void turn_around(msghdr& header) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
    auto* info = reinterpret_cast<in_pktinfo*>(CMSG_DATA(c));
    info->ipi_spec_dst = info->ipi_addr;
    info->ipi_ifindex = 0;
  }
}

}  // namespace

std::string to_string(const SocketAddress& address) {
  const auto host = host_bytes(address);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(host.size() == 4 ? AF_INET : AF_INET6, host.data(), text, sizeof text);
  return to_string(Endpoint{text, port_of(address)});
}

std::string_view host_bytes(const SocketAddress& address) noexcept {
  if (!is_v6(address)) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(*address.bytes.data());
    return {reinterpret_cast<const char*>(&v4.sin_addr), 4};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(*address.bytes.data());
  const auto* bytes = reinterpret_cast<const char*>(&v6.sin6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return {bytes + 12, 4};
  return {bytes, 16};
}

std::uint16_t port_of(const SocketAddress& address) noexcept {
  return ntohs(reinterpret_cast<const sockaddr_in&>(*address.bytes.data()).sin_port);
}

bool is_loopback(const SocketAddress& address) noexcept {
  const auto host = host_bytes(address);
  if (host.size() == 4) return host[0] == 127;
  return host.substr(0, 15) == std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15) &&
         host[15] == 1;
}

Result<SocketAddress> find_address(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (failed != 0) {
    return udp_error(Errc::unreachable,
                     "no address for host '" + endpoint.host + "': " + ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
  SocketAddress address;
  address.size = static_cast<std::uint8_t>(found->ai_addrlen);
  std::memcpy(address.bytes.data(), found->ai_addr, found->ai_addrlen);
  return address;
}

SocketAddress local_address(const Socket& socket) noexcept {
  SocketAddress address;
  socklen_t size = sizeof address.bytes;
  if (::getsockname(socket.fd(), raw(address), &size) == 0)
    address.size = static_cast<std::uint8_t>(size);
  return address;
}

SocketAddress peer_address(const Socket& socket) noexcept {
  SocketAddress address;
  socklen_t size = sizeof address.bytes;
  if (::getpeername(socket.fd(), raw(address), &size) == 0)
    address.size = static_cast<std::uint8_t>(size);
  return address;
}

Result<Socket> listen_udp(const Endpoint& endpoint) {
  auto address = find_address(endpoint);
  if (!address) return address.error();
  auto socket = open_udp(*address);
  if (!socket) return socket;
  if (is_v6(*address)) option(*socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(socket->fd(), raw(*address), address->size) != 0) {
    const std::string place = "UDP port " + std::to_string(endpoint.port) + " on " + endpoint.host;
    return udp_error(Errc::unreachable,
                     errno == EADDRINUSE ? place + " is in use"
                     : errno == EACCES   ? place + " needs permission that this user does not have"
                                         : place + " cannot be bound: " + udp_words(errno));
  }
  if (is_wildcard(*address)) {
    is_v6(*address) ? option(*socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                    : option(*socket, IPPROTO_IP, IP_PKTINFO, 1);
  }
  // Never in fragments, which can be forged, whatever an ICMP message, which can be forged too, says of the path (RFC 9715).
  // It also spares each datagram the search for a number of its own.
  is_v6(*address) ? option(*socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)
                  : option(*socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  option(*socket, SOL_SOCKET, SO_RCVBUF, kBufferBytes);
  option(*socket, SOL_SOCKET, SO_SNDBUF, kBufferBytes);
  return socket;
}

Result<Socket> connect_udp(const SocketAddress& peer, std::uint16_t port) {
  auto socket = open_udp(peer);
  if (!socket) return socket;
  if (port != 0) {
    const SocketAddress from = any_like(peer, port);
    if (::bind(socket->fd(), raw(from), from.size) != 0) {
      return udp_error(Errc::overloaded,
                       "UDP port " + std::to_string(port) + ": " + udp_words(errno));
    }
  }
  if (::connect(socket->fd(), raw(peer), peer.size) != 0) {
    return udp_error(Errc::unreachable, to_string(peer) + ": " + udp_words(errno));
  }
  return socket;
}

bool send_datagram(const Socket& socket, std::string_view bytes) noexcept {
  return ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

std::ptrdiff_t receive_datagram(const Socket& socket, std::span<char> room) noexcept {
  const auto got = ::recv(socket.fd(), room.data(), room.size(), 0);
  if (got >= 0) return got;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

bool send_to(const Socket& socket, const UdpPath& path, std::string_view bytes) noexcept {
  UdpPath back = path;
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_name = back.peer.bytes.data();
  header.msg_namelen = back.peer.size;
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = back.control_size != 0 ? back.control.data() : nullptr;
  header.msg_controllen = back.control_size;
  return ::sendmsg(socket.fd(), &header, MSG_NOSIGNAL) >= 0;
}

struct UdpBatch::Kernel {
  std::array<mmsghdr, kBatch> in{};
  std::array<mmsghdr, kBatch> out{};
  std::array<iovec, kBatch> in_pieces{};
  std::array<iovec, kBatch> out_pieces{};
  std::array<UdpPath, kBatch> paths{};
  std::size_t replies = 0;
};

UdpBatch::UdpBatch(std::size_t in_bytes, std::size_t out_bytes)
    : in_bytes_(in_bytes),
      out_bytes_(out_bytes),
      in_(std::make_unique<char[]>(kBatch * in_bytes)),
      out_(std::make_unique<char[]>(kBatch * out_bytes)),
      kernel_(std::make_unique<Kernel>()) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    kernel_->in_pieces[i] = {in_.get() + i * in_bytes_, in_bytes_};
    kernel_->in[i].msg_hdr.msg_iov = &kernel_->in_pieces[i];
    kernel_->in[i].msg_hdr.msg_iovlen = 1;
  }
}

UdpBatch::~UdpBatch() = default;

std::size_t UdpBatch::receive(const Socket& socket) noexcept {
  for (std::size_t i = 0; i < kBatch; ++i) {
    auto& path = kernel_->paths[i];
    msghdr& header = kernel_->in[i].msg_hdr;
    header.msg_name = path.peer.bytes.data();
    header.msg_namelen = sizeof path.peer.bytes;
    header.msg_control = path.control.data();
    header.msg_controllen = sizeof path.control;
  }
  kernel_->replies = 0;
  const int got = ::recvmmsg(socket.fd(), kernel_->in.data(), kBatch, MSG_DONTWAIT, nullptr);
  const std::size_t count = got > 0 ? static_cast<std::size_t>(got) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    msghdr& header = kernel_->in[i].msg_hdr;
    kernel_->paths[i].peer.size = static_cast<std::uint8_t>(header.msg_namelen);
    kernel_->paths[i].control_size = static_cast<std::uint8_t>(header.msg_controllen);
    if (header.msg_controllen != 0) turn_around(header);
  }
  return count;
}

std::string_view UdpBatch::datagram(std::size_t i) const noexcept {
  return {in_.get() + i * in_bytes_, kernel_->in[i].msg_len};
}
const SocketAddress& UdpBatch::peer(std::size_t i) const noexcept { return kernel_->paths[i].peer; }
UdpPath UdpBatch::path(std::size_t i) const noexcept { return kernel_->paths[i]; }
std::span<char> UdpBatch::room(std::size_t i) noexcept {
  return {out_.get() + i * out_bytes_, out_bytes_};
}

void UdpBatch::reply(std::size_t i, std::size_t bytes) noexcept {
  const std::size_t at = kernel_->replies++;
  auto& path = kernel_->paths[i];
  kernel_->out_pieces[at] = {out_.get() + i * out_bytes_, bytes};
  msghdr& header = kernel_->out[at].msg_hdr;
  header = {};
  header.msg_name = path.peer.bytes.data();
  header.msg_namelen = path.peer.size;
  header.msg_iov = &kernel_->out_pieces[at];
  header.msg_iovlen = 1;
  if (path.control_size != 0) {
    header.msg_control = path.control.data();
    header.msg_controllen = path.control_size;
  }
}

void UdpBatch::flush(const Socket& socket) noexcept {
  std::size_t sent = 0;
  while (sent < kernel_->replies) {
    const int n =
        ::sendmmsg(socket.fd(), kernel_->out.data() + sent,
                   static_cast<unsigned>(kernel_->replies - sent), MSG_NOSIGNAL | MSG_DONTWAIT);
    sent += n > 0 ? static_cast<std::size_t>(n) : 1;  // The one that cannot be sent is left out.
  }
  kernel_->replies = 0;
}

}  // namespace larder::net
