// The console's HTTP face: a small server on a thread of its own, apart from those that serve the
// cache.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "console/page.hpp"

namespace larder::http {
class Server;
}

namespace larder::console {

struct Options {
  /// A numeric address or a name. Bound to a loopback address, only Hosts that name this machine
  /// are served: see http::names_loopback.
  std::string bind = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: a free one; see Console::port.
  std::string title = "larder";

  /// From the first byte of a request, or from the last answer, to the end of the next request. A
  /// client that dribbles bytes (slow loris) holds one of few connections, never a thread.
  std::chrono::milliseconds deadline{10'000};
  /// A scraper and a few people; the rest are turned away at once.
  std::size_t connections_max = 64;
  std::uint32_t header_bytes_max = base::limits::kHttpRequestBytesMax;
  std::uint64_t body_bytes_max = 4 * base::limits::kKiB;  ///< No request has use for a body.
};

/// Serves `pages` by HTTP/1.1 for as long as it lives: GET and HEAD, no CORS, nothing that changes
/// anything.
///
/// Threads  One of its own; pages are shown on it, one at a time.
class Console {
 public:
  /// Listens and starts. Errors: `unreachable`, in words: "port 9121 on 127.0.0.1 is in use".
  static Result<std::unique_ptr<Console>> start(const Options& options, std::vector<Page> pages);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:9121"
  std::string url() const;

 private:
  explicit Console(std::unique_ptr<http::Server> server) noexcept;
  std::unique_ptr<http::Server> server_;
};

}  // namespace larder::console
