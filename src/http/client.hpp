// One GET over a connection of its own: for tools that ask now and then.
#pragma once

#include <larder/error.hpp>

#include <string>

#include "base/clock.hpp"

namespace larder::http {

struct Fetched {
  unsigned status = 0;
  std::string body = {};
};

/// `url`: "http://HOST:PORT/path". Errors: `bad_url`; `unreachable`, `timeout`, `protocol`, each naming the place.
Result<Fetched> fetch(const std::string& url, base::Millis at_most);

}  // namespace larder::http
