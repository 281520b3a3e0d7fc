// A server that does what a test tells it: reads what came, answers what the test wants, when it wants, or hangs up.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace larder::test {

/// One accepted connection, as the test's script sees it. Blocking; every call gives up when the server goes.
class FakePeer {
 public:
  explicit FakePeer(int fd) noexcept : fd_(fd) {}
  ~FakePeer();
  FakePeer(const FakePeer&) = delete;
  FakePeer& operator=(const FakePeer&) = delete;

  /// Bytes up to and including `end`; what came after it waits for the next call. Shorter: the client has gone.
  std::string read_until(std::string_view end);
  /// Answers a plain HELLO, as every connection begins.
  void greet();
  /// The same of a Store, which also asks for commands beyond Redis': `known` is the answer to that.
  void greet_store(std::string_view known = "-ERR unknown command 'COMMAND'\r\n");
  bool write(std::string_view bytes);
  /// Blocks until the client hangs up.
  void wait_for_end();

 private:
  int fd_;
  std::string rest_;
};

/// Listens on a free loopback port and plays `script(peer, n)` for the n-th connection, one after the other, from 0.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(FakePeer& peer, int connection)> script);
  ~FakeServer();

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_;
  std::uint16_t port_;
  std::atomic<int> current_{-1};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace larder::test
