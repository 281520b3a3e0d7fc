#include "net/tls_bio.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <memory>

namespace larder::net {
namespace {

TlsWire& wire_of(BIO* bio) noexcept { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

int read(BIO* bio, char* into, std::size_t room, std::size_t* bytes) noexcept {
  BIO_clear_retry_flags(bio);
  TlsWire& wire = wire_of(bio);
  Transfer got;
  room = std::min(room, wire.read_bytes_left);
  if (room > 0) got = wire.stream->read({into, room});
  wire.read_bytes_left -= got.bytes;
  *bytes = got.bytes;
  if (got.status == Transfer::Status::blocked) BIO_set_retry_read(bio);
  if (got.status == Transfer::Status::ended) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return got.status == Transfer::Status::done ? 1 : 0;
}

int write(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) noexcept {
  BIO_clear_retry_flags(bio);
  const Transfer sent = wire_of(bio).stream->write({from, size});
  *bytes = sent.bytes;
  if (sent.status == Transfer::Status::blocked) BIO_set_retry_write(bio);
  return sent.status == Transfer::Status::done ? 1 : 0;
}

long control(BIO* bio, int what, long, void*) noexcept {
  if (what == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return what == BIO_CTRL_FLUSH ? 1 : 0;  // Nothing is kept here.
}

using Method = std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>;

Method make_method() noexcept {
  Method method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "larder stream"),
                &BIO_meth_free);
  if (method != nullptr) {
    BIO_meth_set_read_ex(method.get(), &read);
    BIO_meth_set_write_ex(method.get(), &write);
    BIO_meth_set_ctrl(method.get(), &control);
  }
  return method;
}

}  // namespace

bio_st* tls_bio_over(TlsWire& wire) noexcept {
  static const Method method = make_method();
  BIO* bio = method != nullptr ? BIO_new(method.get()) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace larder::net
