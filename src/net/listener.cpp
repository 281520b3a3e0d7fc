#include "net/listener.hpp"

#include <utility>

namespace larder::net {
namespace {

/// After running out of descriptors; asking again at once would only spin.
constexpr base::Millis kRetry{100};

}  // namespace

Listener::Listener(EventLoop& loop, Socket socket, Accepted accepted)
    : loop_(loop), socket_(std::move(socket)), accepted_(std::move(accepted)) {}

Listener::~Listener() { stop(); }

Result<void> Listener::start() { return loop_.watch(socket_.fd(), Ready::read, *this); }

void Listener::stop() {
  if (!socket_) return;
  if (retry_) loop_.cancel(*retry_);
  loop_.unwatch(socket_.fd(), *this);
  socket_.close();
}

void Listener::ready(unsigned) {
  for (int i = 0; i < kAcceptsPerTurn && socket_; ++i) {
    auto connection = accept_tcp(socket_);
    if (!connection) return pause();
    if (!*connection) return;
    accepted_(std::move(*connection));
  }
}

void Listener::pause() {
  loop_.rewatch(socket_.fd(), 0, *this);
  retry_ = loop_.after(kRetry, [this] { loop_.rewatch(socket_.fd(), Ready::read, *this); });
}

}  // namespace larder::net
