#include "support/fake_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace larder::test {

FakePeer::~FakePeer() { ::close(fd_); }

std::string FakePeer::read_until(std::string_view end) {
  for (;;) {
    if (const auto at = rest_.find(end); at != rest_.npos) {
      const std::string text = rest_.substr(0, at + end.size());
      rest_.erase(0, text.size());
      return text;
    }
    char buffer[4096];
    const auto bytes = ::recv(fd_, buffer, sizeof buffer, 0);
    if (bytes <= 0) return std::exchange(rest_, {});
    rest_.append(buffer, static_cast<std::size_t>(bytes));
  }
}

void FakePeer::greet() {
  read_until("SETNAME\r\n$6\r\nlarder\r\n");
  write("%1\r\n$5\r\nproto\r\n:3\r\n");
}

void FakePeer::greet_store(std::string_view known) {
  greet();
  read_until("LARDER.BUMP\r\n");
  write(known);
}

bool FakePeer::write(std::string_view bytes) {
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

void FakePeer::wait_for_end() {
  char buffer[4096];
  while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
  }
}

FakeServer::FakeServer(std::function<void(FakePeer& peer, int connection)> script)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, raw, length) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, raw, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "FakeServer");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this, script = std::move(script)] {
    for (int connection = 0; !stopping_; ++connection) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      current_ = fd;
      FakePeer peer{fd};
      if (!stopping_) script(peer, connection);
      current_ = -1;
    }
  }};
}

FakeServer::~FakeServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int fd = current_; fd >= 0) ::shutdown(fd, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

}  // namespace larder::test
