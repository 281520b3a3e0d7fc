// The one screen that `larder serve` prints: where it listens, how to connect, what it keeps, how
// to stop it.
#pragma once

#include <cstdint>
#include <string>

#include "apps/serve_options.hpp"

namespace larder::apps {

struct Serving {
  ServeOptions options;
  std::uint16_t port = 0;      ///< 0: none.
  std::uint16_t tls_port = 0;  ///< Likewise.
  std::string metrics_url;     ///< Empty: none.
};

std::string welcome(const Serving& serving);
/// To standard output, at once, so that whoever waits for it in a pipe gets it.
void print_welcome(const Serving& serving);

}  // namespace larder::apps
