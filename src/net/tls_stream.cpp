#include "net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/limits.hpp"
#include "net/tls_words.hpp"

namespace larder::net {

using Status = Transfer::Status;

namespace {

/// Beyond what there is room for: the overhead of records, and a handshake.
constexpr std::size_t kReadAheadBytes = 2 * 16 * base::limits::kKiB;

}  // namespace

void TlsStream::Free::operator()(ssl_st* session) const noexcept { SSL_free(session); }

TlsStream::~TlsStream() {
  if (end_ == End::open && established_) end_ = End::to_say;
  say_end();
}

/// Record by record until there is room no more: what OpenSSL has taken from the socket, epoll cannot tell of.
Transfer TlsStream::read(std::span<char> into) noexcept {
  wire_->read_bytes_left = into.size() + kReadAheadBytes;
  unread_ = false;
  const Transfer got = read_records(into);
  if (wire_->read_bytes_left == 0) unread_ = true;
  return got;
}

Transfer TlsStream::read_records(std::span<char> into) noexcept {
  if (end_ == End::to_say) say_end();
  if (const Status status = shake_hands(read_needs_); status != Status::done) return {status, 0};
  unread_ = false;
  std::size_t filled = 0;
  while (filled < into.size()) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result =
        SSL_read_ex(session_.get(), into.data() + filled, into.size() - filled, &got);
    filled += got;
    if (result > 0) continue;
    const Status status = explain(result, read_needs_);
    if (filled == 0) return {status, 0};
    unread_ = status != Status::blocked;  // The next read says what this one may not.
    return {Status::done, filled};
  }
  unread_ = SSL_has_pending(session_.get()) != 0;
  read_needs_ = Ready::read;
  return {Status::done, filled};
}

Transfer TlsStream::write(std::string_view bytes) noexcept {
  if (end_ != End::open) return {Status::broken, 0};
  wire_->read_bytes_left = kReadAheadBytes;
  if (const Status status = shake_hands(write_needs_); status != Status::done) return {status, 0};
  if (bytes.empty()) return {Status::done, 0};
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent);
  if (result > 0) {
    write_needs_ = Ready::write;
    return {Status::done, sent};
  }
  const Status status = explain(result, write_needs_);
  return {status == Status::ended ? Status::broken : status, 0};
}

/// The handshake, as far as it gets. By itself, so that who leaves right behind it did not leave in it.
Status TlsStream::shake_hands(unsigned& needs) noexcept {
  if (broken_) return Status::broken;
  if (established_) return Status::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  established_ = result == 1;
  if (established_) {
    unread_ = SSL_has_pending(session_.get()) != 0;  // It may be a write that got here.
    return Status::done;
  }
  const Status status = explain(result, needs);
  return status == Status::ended ? Status::broken : status;
}

/// What a call came to that moved nothing, and the readiness that would change it.
Status TlsStream::explain(int result, unsigned& needs) noexcept {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      needs = Ready::read;
      return Status::blocked;
    case SSL_ERROR_WANT_WRITE:
      needs = Ready::write;
      return Status::blocked;
    case SSL_ERROR_ZERO_RETURN:
      if (established_) return Status::ended;
      break;
    default:
      break;
  }
  broken_ = true;
  if (!established_) note_failure();
  return Status::broken;
}

/// A connection that came and went without a byte is no failure: something looked whether the port is open.
void TlsStream::note_failure() noexcept {
  const BIO* bio = SSL_get_rbio(session_.get());
  if (BIO_number_read(const_cast<BIO*>(bio)) == 0) return;
  const auto reason = ERR_peek_error();
  const bool left = reason == 0 || ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (left) {
    failure_ = "the peer left in the middle of the handshake";
  } else if (const long verdict = SSL_get_verify_result(session_.get()); verdict != X509_V_OK) {
    failure_ =
        std::string("the certificate of the peer: ") + X509_verify_cert_error_string(verdict);
  } else {
    failure_ = take_tls_words();
  }
}

void TlsStream::finish_writing() noexcept {
  if (end_ != End::open || broken_ || !established_) return;
  end_ = End::to_say;
  say_end();
}

void TlsStream::say_end() noexcept {
  if (end_ != End::to_say || broken_) return;
  ERR_clear_error();
  if (SSL_shutdown(session_.get()) < 0) return;
  end_ = End::said;
  wire_->stream->finish_writing();
}

/// An estimate: OpenSSL counts nothing for us, and gives back its buffers whenever they are empty.
std::size_t TlsStream::memory_bytes() const noexcept {
  return established_ ? base::limits::kTlsSessionBytes : base::limits::kTlsHandshakeBytes;
}

}  // namespace larder::net
