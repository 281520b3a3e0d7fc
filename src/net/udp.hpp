// UDP: sockets bound or connected, addresses as the kernel has them, and datagrams by the batch.
//
// One recvmmsg and one sendmmsg serve up to kBatch datagrams, in buffers that are made once: a busy server allocates nothing
// and pays a system call for many.
#pragma once

#include <larder/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.hpp"

namespace larder::net {

/// An IPv4 or IPv6 address with its port, as sockaddr has it.
struct SocketAddress {
  alignas(8) std::array<char, 28> bytes{};
  std::uint8_t size = 0;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};
std::string to_string(const SocketAddress& address);
/// The host's 4 or 16 bytes, most significant first; IPv4 mapped into IPv6 comes as 4. A view into `address`.
std::string_view host_bytes(const SocketAddress& address) noexcept;
std::uint16_t port_of(const SocketAddress& address) noexcept;
bool is_loopback(const SocketAddress& address) noexcept;

/// The first address of a host, numeric or a name (which is looked up, and may take seconds).
/// Errors: `unreachable`.
Result<SocketAddress> find_address(const Endpoint& endpoint);
/// The address of this side, and of the other.
SocketAddress local_address(const Socket& socket) noexcept;
SocketAddress peer_address(const Socket& socket) noexcept;

/// A non-blocking socket that receives on an address. On a wildcard address it notes to which of the machine's addresses a
/// datagram came, so that the reply leaves from there. Errors as listen_tcp.
Result<Socket> listen_udp(const Endpoint& endpoint);

/// A non-blocking socket that talks to one peer only: the kernel drops what comes from elsewhere. `port` 0: the kernel picks one.
/// Errors: `unreachable`; `overloaded` when the port is taken or the process is out of descriptors.
Result<Socket> connect_udp(const SocketAddress& peer, std::uint16_t port = 0);
/// False: it did not leave (full buffer, nobody listens): as good as lost.
bool send_datagram(const Socket& socket, std::string_view bytes) noexcept;
/// Bytes of the next datagram, cut at `room`; 0: none waits; -1: an error was reported, such as a closed port.
std::ptrdiff_t receive_datagram(const Socket& socket, std::span<char> room) noexcept;

/// The way back to whoever sent a datagram: the peer, and which of our addresses it came to.
struct UdpPath {
  SocketAddress peer;
  alignas(8) std::array<char, 40> control{};
  std::uint8_t control_size = 0;
};
/// One reply, apart from a batch. From any thread.
bool send_to(const Socket& socket, const UdpPath& path, std::string_view bytes) noexcept;

/// Threads  Of one thread.
class UdpBatch {
 public:
  static constexpr std::size_t kBatch = 32;

  /// Datagrams longer than `in_bytes` are cut, replies have room for `out_bytes`.
  UdpBatch(std::size_t in_bytes, std::size_t out_bytes);
  ~UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

  /// How many came; what they hold stays until the next call.
  std::size_t receive(const Socket& socket) noexcept;
  std::string_view datagram(std::size_t i) const noexcept;
  const SocketAddress& peer(std::size_t i) const noexcept;
  UdpPath path(std::size_t i) const noexcept;

  /// Where a reply to datagram `i` is written; reply() says how much of it there is.
  std::span<char> room(std::size_t i) noexcept;
  void reply(std::size_t i, std::size_t bytes) noexcept;
  /// Sends all replies. What the socket does not take is lost, as on the way.
  void flush(const Socket& socket) noexcept;

 private:
  struct Kernel;
  std::size_t in_bytes_, out_bytes_;
  std::unique_ptr<char[]> in_, out_;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace larder::net
