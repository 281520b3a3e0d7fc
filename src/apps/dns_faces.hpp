// The faces of `larder dns` beside DNS itself: HTTP and gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "dns/admin_token.hpp"
#include "net/event_loop.hpp"

namespace CLI {
class App;
}
namespace larder::http {
class Server;
}
namespace larder::dns {
class Service;
class RestApi;
class GrpcServer;
class Source;
}  // namespace larder::dns

namespace larder::apps {

struct DnsFaceFlags {
  std::string http;         ///< ADDR:PORT, or empty: none.
  std::string grpc;         ///< The same.
  std::string resolver;     ///< grpc://HOST:PORT of another process, in place of upstreams.
  std::string resolver_ca;  ///< A file of authorities that its certificate may lead to.
  std::string
      token_file;  ///< Its first line is the administrator's token; empty: the environment has it, or there is none.
  std::string tls_cert, tls_key;  ///< Files for TLS on both faces.
};
void declare_dns_faces(CLI::App& command, DnsFaceFlags& flags);

/// Serves while it lives; ended before the service is stopped. Throws BadInput.
class DnsFaces {
 public:
  DnsFaces(const DnsFaceFlags& flags, dns::Service& service);
  ~DnsFaces();

  /// The token and the certificate anew. Throws BadInput, and nothing was changed. gRPC keeps its certificate.
  void reload(const DnsFaceFlags& flags);

  /// "HTTP" and "http://127.0.0.1:8053", for the first screen.
  const std::vector<std::pair<std::string, std::string>>& places() const noexcept {
    return places_;
  }

 private:
  base::Metrics metrics_;
  dns::AdminToken token_;
  std::unique_ptr<dns::RestApi> rest_;
  std::unique_ptr<http::Server> http_;
#ifdef LARDER_GRPC
  std::unique_ptr<dns::GrpcServer> grpc_;
#endif
  std::vector<std::pair<std::string, std::string>> places_;
};

/// A source for each lane that asks --resolver. Throws BadInput.
std::function<std::unique_ptr<dns::Source>(net::EventLoop&)> remote_source(
    const DnsFaceFlags& flags);

}  // namespace larder::apps
