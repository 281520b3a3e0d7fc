// A client over a real socket that waits for its answers.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "net/socket.hpp"
#include "net/stream.hpp"

namespace larder::server::test {

/// A client that waits for its answers.
class Caller {
 public:
  explicit Caller(std::uint16_t port, const std::string& host = "127.0.0.1")
      : stream(net::connect_tcp({host, port}, std::chrono::seconds(5)).value()) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = stream.write(bytes);
      ASSERT_NE(sent.status, net::Transfer::Status::broken);
      bytes.remove_prefix(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked) wait(POLLOUT);
    }
  }
  /// Reads until `count` bytes came or the server closed.
  std::string read(std::size_t count) {
    std::string text;
    std::array<char, 4096> room{};
    while (text.size() < count) {
      const auto got = stream.read({room.data(), std::min(room.size(), count - text.size())});
      if (got.status == net::Transfer::Status::blocked && !wait(POLLIN)) break;
      if (got.status == net::Transfer::Status::ended) break;
      if (got.status == net::Transfer::Status::broken) break;
      text.append(room.data(), got.bytes);
    }
    return text;
  }
  std::string ask(std::string_view line, std::size_t reply_bytes) {
    send(std::string(line) + "\r\n");
    return read(reply_bytes);
  }
  std::string read_to_end() { return read(1U << 30U); }

  net::TcpStream stream;

 private:
  bool wait(short events) {
    pollfd waiting{stream.descriptor(), events, 0};
    return ::poll(&waiting, 1, 10'000) > 0;
  }
};

}  // namespace larder::server::test
