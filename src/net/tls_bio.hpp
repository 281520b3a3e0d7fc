// A stream as OpenSSL reads and writes one (a BIO), with a bound on what one call may take from it.
#pragma once

#include <cstddef>
#include <memory>

#include "net/stream.hpp"

struct bio_st;

namespace larder::net {

/// What is below TLS.
struct TlsWire {
  std::unique_ptr<Stream> stream;
  /// No more is read until this is raised, as if nothing were there. Without it, a peer that sends records which bring
  /// no bytes (new keys, say) as fast as they are read would never let go of the thread.
  std::size_t read_bytes_left = 0;
};

/// Bytes go to and come from `wire`, which outlives it. Null: no memory.
bio_st* tls_bio_over(TlsWire& wire) noexcept;

}  // namespace larder::net
