#include "dns/grpc/server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <optional>

#include "dns/grpc/admin_service.hpp"
#include "dns/grpc/resolve_service.hpp"
#include "net/socket.hpp"

namespace larder::dns {

class GrpcServer::Impl {
 public:
  Impl(const GrpcParts& parts, bool changes) : resolve_(parts) {
    if (parts.admin) admin_.emplace(*parts.admin, changes, parts.token);
    if (parts.certificate_pem.empty()) return;
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({parts.key_pem, parts.certificate_pem});
    credentials_ = grpc::SslServerCredentials(tls);
  }
  ~Impl() {
    if (server_)
      server_->Shutdown(std::chrono::system_clock::time_point(base::SystemClock::instance().wall() +
                                                              std::chrono::seconds(2)));
  }

  /// The port; 0 if there is none to be had.
  int listen(const std::string& address) {
    static const bool reflection = [] {
      grpc::reflection::InitProtoReflectionServerBuilderPlugin();
      return true;
    }();
    static_cast<void>(reflection);
    grpc::ServerBuilder builder;
    int port = 0;
    // Two servers on one port would share the clients between them, unnoticed.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(address, credentials_, &port);
    builder.RegisterService(&resolve_);
    if (admin_) builder.RegisterService(&*admin_);
    server_ = builder.BuildAndStart();
    port_ = static_cast<std::uint16_t>(server_ ? port : 0);
    return port_;
  }
  std::uint16_t port() const noexcept { return port_; }

 private:
  ResolveService resolve_;
  std::optional<AdminService> admin_;
  std::uint16_t port_ = 0;
  std::shared_ptr<grpc::ServerCredentials> credentials_ = grpc::InsecureServerCredentials();
  std::unique_ptr<grpc::Server> server_;
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const std::string& bind, std::uint16_t port,
                                                      const GrpcParts& parts) {
  auto impl = std::make_unique<Impl>(parts, net::is_loopback(bind));
  // gRPC tells of a port in use on standard error only: ask first, in our own words.
  if (auto free = net::listen_tcp({.host = bind, .port = port}); !free) return free.error();
  if (impl->listen(net::to_string({bind, port})) == 0) {
    return Error{Errc::unreachable, Effect::not_sent,
                 "gRPC cannot listen on " + net::to_string({bind, port})};
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;
std::uint16_t GrpcServer::port() const noexcept { return impl_->port(); }

}  // namespace larder::dns
