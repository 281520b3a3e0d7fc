#include "http/server.hpp"

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "http/connection.hpp"
#include "net/event_loop.hpp"
#include "net/listener.hpp"
#include "net/socket.hpp"

namespace larder::http {
namespace {

/// "::1" of a socket bound to "[::1]:80".
std::string host_of(const net::Socket& listener) {
  std::string name = net::local_name(listener);
  name.resize(std::min(name.rfind(':'), name.size()));
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return name;
}

}  // namespace

class Server::Impl {
 public:
  Impl(const Options& options, Handler handler, net::Socket listener)
      : options_(options),
        handler_(std::move(handler)),
        loop_(std::make_shared<net::EventLoop>()),
        host_(host_of(listener)),
        port_(net::local_port(listener).value()),
        context_{loop_, options_, handler_,
                 net::is_loopback(options_.bind) || net::is_loopback(host_),
                 [this](const void* connection) { connections_.erase(connection); }},
        listener_(*loop_, std::move(listener),
                  [this](net::Socket socket) { accepted(std::move(socket)); }) {}

  ~Impl() {
    loop_->stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> start() {
    if (auto started = listener_.start(); !started) return started;
    thread_ = std::thread{[this] { loop_->run(); }};
    return {};
  }

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const {
    return (options_.tls ? "https://" : "http://") + net::to_string({host_, port_});
  }

  void use_tls(net::TlsContext::Pointer tls) {
    loop_->post([this, tls = std::move(tls)] { tls_ = tls; });
  }

 private:
  void accepted(net::Socket socket) {
    if (connections_.size() >= options_.connections_max) return;  // Closed as it goes out of scope.
    net::set_no_delay(socket);
    std::unique_ptr<net::Stream> stream = std::make_unique<net::TcpStream>(std::move(socket));
    if (tls_) stream = tls_->accept(std::move(stream));
    if (!stream) return;
    const auto connection = std::make_shared<Connection>(context_, std::move(stream));
    connections_.emplace(connection.get(), connection);
    connection->start();
  }

  const Options options_;
  const Handler handler_;
  const std::shared_ptr<net::EventLoop> loop_;
  const std::string host_;
  const std::uint16_t port_;
  const ConnectionContext context_;
  net::TlsContext::Pointer tls_ = options_.tls;  ///< Of the loop's thread.
  std::unordered_map<const void*, std::shared_ptr<Connection>> connections_;
  net::Listener listener_;
  std::thread thread_;
};

Result<std::unique_ptr<Server>> Server::start(const Options& options, Handler handler) {
  auto listener = net::listen_tcp({.host = options.bind, .port = options.port});
  if (!listener) return listener.error();
  auto impl = std::make_unique<Impl>(options, std::move(handler), std::move(*listener));
  if (auto started = impl->start(); !started) return started.error();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->port(); }
std::string Server::url() const { return impl_->url(); }
void Server::use_tls(net::TlsContext::Pointer tls) { impl_->use_tls(std::move(tls)); }

}  // namespace larder::http
