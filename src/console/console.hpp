// The console's HTTP face: a small server on a thread of its own, apart from the threads that serve
// the cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "console/page.hpp"

namespace larder::console {

struct Options {
  std::string bind = "127.0.0.1";  ///< An IP address. On a loopback address, only Hosts that name
                                   ///< this machine are served.
  std::uint16_t port = 0;          ///< 0: any free one; see Console::port.
  std::string title = "larder";

  /// A request's header must be complete by then, and the answer taken. A client that dribbles
  /// bytes (slow loris) holds one of few connections, never a thread.
  std::chrono::milliseconds deadline{10'000};
  std::size_t connections_max =
      64;  ///< A scraper and a few people; the rest are turned away at once.
  std::uint32_t header_bytes_max = 16 * 1024;  ///< What browsers send is under 8 KiB.
  std::uint64_t body_bytes_max = 4 * 1024;     ///< No request has use for a body.
};

/// Serves `pages` by HTTP/1.1 from construction to destruction: GET and HEAD, no CORS, nothing that
/// changes anything.
///
/// Errors   The constructor throws `boost::system::system_error`: a bad address, or a port that is
/// taken. Threads  One of its own; pages are shown on it, one at a time.
class Console {
 public:
  Console(const Options& options, std::vector<Page> pages);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:9121"
  std::string url() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace larder::console
