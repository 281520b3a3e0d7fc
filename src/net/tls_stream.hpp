// TlsStream: TLS over another stream. Reading and writing drive the handshake, so its user sees a stream that is
// blocked at first.
#pragma once

#include <memory>
#include <string>

#include "net/stream.hpp"
#include "net/tls_bio.hpp"

struct ssl_st;

namespace larder::net {

/// Made by TlsContext. When it goes away it tells the peer that this was the end, if there is room to.
///
/// A peer that ends without saying so (close_notify) is `broken`, not `ended`: somebody on the way may have cut it.
///
/// Threads  As its inner stream.
class TlsStream final : public Stream {
 public:
  struct Free {
    void operator()(ssl_st* session) const noexcept;
  };
  using Session = std::unique_ptr<ssl_st, Free>;

  /// The session reads and writes the wire.
  TlsStream(std::unique_ptr<TlsWire> wire, Session session) noexcept
      : wire_(std::move(wire)), session_(std::move(session)) {}
  ~TlsStream() override;

  Transfer read(std::span<char> into) noexcept override;
  Transfer write(std::string_view bytes) noexcept override;
  /// Says so inside TLS first (close_notify). What does not leave at once leaves with the next read.
  void finish_writing() noexcept override;
  int descriptor() const noexcept override { return wire_->stream->descriptor(); }

  unsigned read_needs() const noexcept override { return read_needs_; }
  unsigned write_needs() const noexcept override { return write_needs_; }
  bool has_unread() const noexcept override { return unread_; }
  bool is_established() const noexcept override { return established_; }
  std::string failure() const override { return failure_; }
  std::size_t memory_bytes() const noexcept override;

 private:
  Transfer read_records(std::span<char> into) noexcept;
  Transfer::Status shake_hands(unsigned& needs) noexcept;
  Transfer::Status explain(int result, unsigned& needs) noexcept;
  void note_failure() noexcept;
  void say_end() noexcept;

  std::unique_ptr<TlsWire> wire_;
  Session session_;
  std::string failure_;
  unsigned read_needs_ = Ready::read;
  unsigned write_needs_ = Ready::write;
  bool established_ = false;  // OpenSSL forgets that it was when the connection breaks.
  bool unread_ = false;
  bool broken_ = false;
  enum class End : unsigned char { open, to_say, said } end_ = End::open;
};

}  // namespace larder::net
