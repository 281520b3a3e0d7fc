// One GET over a connection of its own: for tools that ask now and then.
#pragma once

#include <larder/error.hpp>

#include <string>

#include "base/clock.hpp"
#include "net/tls.hpp"

namespace larder::http {

struct Fetched {
  unsigned status = 0;
  std::string body = {};
};

/// `url`: "http://HOST:PORT/path", or https. Without `tls`, the authorities of this system say whom to believe.
/// Errors: `bad_url`; `unreachable`, `timeout`, `protocol`, each naming the place; of TLS `bad_argument`.
Result<Fetched> fetch(const std::string& url, base::Millis at_most,
                      net::TlsContext::Pointer tls = {});

}  // namespace larder::http
