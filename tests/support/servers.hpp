// Servers for tests: each on a free loopback port, in a folder of its own, gone with its owner.
#pragma once

#include <string>
#include <vector>

#include "support/process.hpp"

namespace larder::test {

/// A server of one kind. Starting throws with the server's own words when it does not come up.
class ServerFixture {
 public:
  std::uint16_t port() const noexcept { return port_; }
  /// redis://127.0.0.1:port
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  Process& process() noexcept { return process_; }
  std::string log() const;
  std::string folder() const { return folder_.path().string(); }
  /// Starts again on the same port after process().stop(…): what was in memory is gone.
  void restart();

 protected:
  ServerFixture() = default;
  ~ServerFixture() = default;
  /// `argv` and `input` may contain @PORT@ and @FOLDER@, which are filled in.
  void start(std::vector<std::string> argv, std::string input);
  /// Written into @FOLDER@ before each start, with the same filled in.
  void write_file(std::string name, std::string text) {
    files_.emplace_back(std::move(name), std::move(text));
  }

 private:
  void launch();
  bool is_up();

  TempFolder folder_;
  std::vector<std::string> argv_;
  std::string input_;
  std::vector<std::pair<std::string, std::string>> files_;
  std::uint16_t port_ = 0;
  Process process_;

 protected:
  std::uint16_t port_max_ = 65'535;
  std::string socket_path_;  ///< Empty, or where it listens too.
};

/// redis-server (or the program named by LARDER_REDIS_SERVER, such as valkey-server), nothing kept
/// on disk.
class RedisServer : public ServerFixture {
 public:
  /// Each setting is a line of redis.conf: "requirepass secret". They travel by pipe, never in
  /// argv.
  explicit RedisServer(const std::vector<std::string>& settings = {});
  /// Where a line `unixsocket @FOLDER@/socket` made one.
  const std::string& socket_path() const noexcept { return socket_path_; }
};

/// redis-sentinel that watches 127.0.0.1:port as "mymaster": two must agree, and a second of silence is death.
class RedisSentinel : public ServerFixture {
 public:
  explicit RedisSentinel(std::uint16_t primary);
};

/// `binary serve`, nothing kept on disk; LARDER_PROGRAM names another binary. Tests that link larder_test_program have
/// this build's as LARDER_BINARY.
class LarderServer : public ServerFixture {
 public:
  explicit LarderServer(const std::string& binary, const std::vector<std::string>& arguments = {});
};

}  // namespace larder::test
