// The faces of `larder dns` beside DNS itself: HTTP and gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
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
  std::string http;      ///< ADDR:PORT, or empty: none.
  std::string grpc;      ///< The same.
  std::string resolver;  ///< grpc://HOST:PORT of another process, in place of upstreams.
};
void declare_dns_faces(CLI::App& command, DnsFaceFlags& flags);

/// Serves while it lives; ended before the service is stopped. Throws BadInput.
class DnsFaces {
 public:
  DnsFaces(const DnsFaceFlags& flags, dns::Service& service);
  ~DnsFaces();

  /// "HTTP" and "http://127.0.0.1:8053", for the first screen.
  const std::vector<std::pair<std::string, std::string>>& places() const noexcept {
    return places_;
  }

 private:
  base::Metrics metrics_;
  std::unique_ptr<dns::RestApi> rest_;
  std::unique_ptr<http::Server> http_;
#ifdef LARDER_GRPC
  std::unique_ptr<dns::GrpcServer> grpc_;
#endif
  std::vector<std::pair<std::string, std::string>> places_;
};

/// A source for each lane that asks --resolver. Throws BadInput.
std::function<std::unique_ptr<dns::Source>(net::EventLoop&)> remote_source(
    const std::string& resolver);

}  // namespace larder::apps
