// An HTTP/1.1 server for faces: requests in, replies out whenever they are ready. On a thread of its own.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "net/tls.hpp"

namespace larder::http {

/// The parts of a request that our answers depend on.
struct Request {
  std::string method = {};
  std::string target = {};  ///< As sent, with its query.
  std::string host = {};
  std::size_t host_count = 0;
  std::string content_type = {};
  std::string accept = {};
  std::string origin = {};  ///< Set by browsers on behalf of a page: which page it was.
  std::string authorization = {};
  std::string body = {};
  bool loopback_only =
      true;  ///< Only this machine reaches the server: refuse foreign Hosts, see names_loopback.
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  /// More headers; neither names nor values may hold line ends.
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool close = false;  ///< This was the connection's last answer.
};

/// Called at most once, from any thread, also after the server is gone.
using Reply = std::function<void(Response)>;
/// Called on the server's thread, which must not be held up: what takes time replies later. A request whose Reply goes
/// away unused is answered with 504 when its time is up. What it throws becomes a 500.
using Handler = std::function<void(Request, Reply)>;

struct Options {
  std::string bind = "127.0.0.1";  ///< A numeric address or a name.
  std::uint16_t port = 0;          ///< 0: a free one; see Server::port.

  /// From the first byte of a request, or from the last answer, to the end of the next request. A
  /// client that dribbles bytes (slow loris) holds one of few connections, never a thread.
  std::chrono::milliseconds deadline{10'000};
  std::chrono::milliseconds reply_deadline{10'000};  ///< For a Handler to reply.
  std::size_t connections_max = 64;                  ///< The rest are turned away at once.
  std::uint32_t header_bytes_max = base::limits::kHttpRequestBytesMax;
  std::uint64_t body_bytes_max = 4 * base::limits::kKiB;
  net::TlsContext::Pointer tls = {};  ///< None: in clear.
};

/// Serves for as long as it lives. GET, HEAD, POST, whatever the handler makes of them; no CORS.
///
/// Threads  One of its own; the handler is called on it.
class Server {
 public:
  /// Listens and starts. Errors: `unreachable`, in words: "port 9121 on 127.0.0.1 is in use".
  static Result<std::unique_ptr<Server>> start(const Options& options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;
  std::string url() const;  ///< "http://127.0.0.1:9121", with TLS "https://..."
  /// For connections from now on, where there was a context before.
  void use_tls(net::TlsContext::Pointer tls);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder::http
