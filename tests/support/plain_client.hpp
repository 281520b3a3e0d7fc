// A TCP client that sends what it is told and hears all until the server hangs up. Blocking, with plain sockets: light to include.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "net/socket.hpp"

namespace larder::test {

class PlainClient {
 public:
  /// To 127.0.0.1. Throws std::runtime_error when nobody listens there.
  explicit PlainClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }

  PlainClient& say(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the server hung up on a client that was speaking");
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }

  std::string hear_all() {
    std::string heard;
    char room[4096];
    for (ssize_t got = 0; (got = ::recv(socket_.fd(), room, sizeof room, 0)) > 0;)
      heard.append(room, static_cast<std::size_t>(got));
    return heard;
  }

 private:
  net::Socket socket_;
};

}  // namespace larder::test
