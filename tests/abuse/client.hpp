// Clients of the abuse tests: raw sockets, and one that behaves and keeps the time of its answers.
#pragma once

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/stream.hpp"

namespace larder::test {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

class RawClient {
 public:
  explicit RawClient(std::uint16_t port)
      : stream_(net::connect_tcp({"127.0.0.1", port}, 5s).value()) {}

  /// Sends as much as the server takes within the time; true: all of it.
  bool send(std::string_view bytes, std::chrono::milliseconds patience = 5s) {
    const auto until = Time::now() + patience;
    while (!bytes.empty()) {
      const auto sent = stream_.write(bytes);
      if (sent.status == net::Transfer::Status::broken) return false;
      bytes.remove_prefix(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked && !wait(POLLOUT, until)) return false;
    }
    return true;
  }
  /// Reads until `bytes` came, the server closed, or the time is up.
  std::string read(std::size_t bytes, std::chrono::milliseconds patience = 5s) {
    const auto until = Time::now() + patience;
    std::string text;
    std::array<char, 16 * 1024> room{};
    while (text.size() < bytes) {
      const auto got = stream_.read({room.data(), std::min(room.size(), bytes - text.size())});
      if (got.status == net::Transfer::Status::done)
        text.append(room.data(), got.bytes);
      else if (got.status != net::Transfer::Status::blocked || !wait(POLLIN, until))
        break;
    }
    return text;
  }
  bool is_closed(std::chrono::milliseconds patience = 5s) {
    const auto until = Time::now() + patience;
    std::array<char, 16 * 1024> room{};
    for (;;) {
      const auto got = stream_.read(room);
      if (got.status == net::Transfer::Status::ended || got.status == net::Transfer::Status::broken)
        return true;
      if (got.status == net::Transfer::Status::blocked && !wait(POLLIN, until)) return false;
    }
  }

 private:
  bool wait(short events, Time::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Time::now()).count();
    pollfd waiting{stream_.descriptor(), events, 0};
    return left > 0 && ::poll(&waiting, 1, static_cast<int>(left)) > 0;
  }
  net::TcpStream stream_;
};

/// Asks for a key again and again, one request at a time, on a thread of its own.
class GoodClient {
 public:
  explicit GoodClient(std::uint16_t port) : client_(port) {
    client_.send("SET good client\r\n");
    client_.read(5);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }
  /// Ends it and returns the 99th percentile of its answers' times; a wrong answer counts as an hour.
  std::chrono::microseconds stop_p99() {
    thread_.request_stop();
    thread_.join();
    std::sort(times_.begin(), times_.end());
    return times_.empty() ? std::chrono::hours(1) : times_[times_.size() * 99 / 100];
  }

 private:
  void run(const std::stop_token& stop) {
    // Enough answers for a percentile, however soon the test is over.
    while (!stop.stop_requested() || times_.size() < 500) {
      const auto start = Time::now();
      client_.send("GET good\r\n");
      const bool right = client_.read(12) == "$6\r\nclient\r\n";
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Time::now() - start);
      times_.push_back(right ? took : std::chrono::hours(1));
      if (!right) return;
    }
  }
  RawClient client_;
  std::vector<std::chrono::microseconds> times_;
  std::jthread thread_;
};

}  // namespace larder::test
