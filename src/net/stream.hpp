// Stream: a byte stream that never blocks. TCP in the world, MemoryStream in tests, TlsStream around either: who
// reads and writes through it need not know.
//
// A stream that translates (TLS) differs from a descriptor in three ways, and each has a question here: to read it may
// have to write first, bytes that its descriptor no longer knows of may wait in it, and it begins with a handshake.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "net/ready.hpp"
#include "net/socket.hpp"

namespace larder::net {

/// How one read or write went.
struct Transfer {
  enum class Status : unsigned char {
    done,     ///< `bytes` were moved, more than 0.
    blocked,  ///< Nothing could be moved now; readiness will tell.
    ended,    ///< The peer sends no more (read only).
    broken,   ///< The connection is gone.
  };
  Status status = Status::blocked;
  std::size_t bytes = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;
  /// Reads what is there, up to `into`. Fewer bytes than room: very likely nothing more waits.
  virtual Transfer read(std::span<char> into) noexcept = 0;
  /// Writes a prefix of `bytes`, perhaps all.
  virtual Transfer write(std::string_view bytes) noexcept = 0;
  /// Says that no more will be written; the peer may still send.
  virtual void finish_writing() noexcept = 0;
  /// To watch for readiness; -1 where there is none.
  virtual int descriptor() const noexcept = 0;

  /// The readiness, as bits of Ready, without which a read that was blocked stays so; the same of a write.
  virtual unsigned read_needs() const noexcept { return Ready::read; }
  virtual unsigned write_needs() const noexcept { return Ready::write; }
  /// The last read left something that no readiness will tell of: read again before waiting.
  virtual bool has_unread() const noexcept { return false; }
  /// False: the handshake is not done yet, and no byte of the user's came or went. Reading drives it.
  virtual bool is_established() const noexcept { return true; }
  /// Why there will be no handshake, in words without secrets; empty: there may be, or nobody spoke.
  virtual std::string failure() const { return {}; }
  /// Memory held beyond the object itself, about.
  virtual std::size_t memory_bytes() const noexcept { return 0; }
};

class TcpStream final : public Stream {
 public:
  explicit TcpStream(Socket socket) noexcept : socket_(std::move(socket)) {}
  Transfer read(std::span<char> into) noexcept override;
  Transfer write(std::string_view bytes) noexcept override;
  void finish_writing() noexcept override;
  int descriptor() const noexcept override { return socket_.fd(); }
  const Socket& socket() const noexcept { return socket_; }
  /// Gives the descriptor away: it stays open.
  int release() noexcept { return socket_.release(); }

 private:
  Socket socket_;
};

}  // namespace larder::net
