// A stream as OpenSSL reads and writes one (a BIO).
#pragma once

#include "net/stream.hpp"

struct bio_st;

namespace larder::net {

/// Bytes go to and come from `stream`, which outlives it. Null: no memory.
bio_st* tls_bio_over(Stream& stream) noexcept;

}  // namespace larder::net
