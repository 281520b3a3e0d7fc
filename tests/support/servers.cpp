#include "support/servers.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace larder::test {
namespace {

constexpr std::chrono::seconds kStartTime{20};

std::string filled(std::string text, const std::string& name, const std::string& value) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

}  // namespace

std::string ServerFixture::log() const {
  std::ifstream file{folder_.path() / "log"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void ServerFixture::launch() {
  const auto fill = [this](const std::string& text) {
    return filled(filled(text, "@PORT@", std::to_string(port_)), "@FOLDER@",
                  folder_.path().string());
  };
  for (const auto& [name, text] : files_) std::ofstream{folder_.path() / name} << fill(text);
  std::vector<std::string> argv;
  for (const auto& word : argv_) argv.push_back(fill(word));
  process_ = Process{argv, folder_.path() / "log", fill(input_)};
}

bool ServerFixture::is_up() {
  if (!wait_for_port(process_, port_, kStartTime)) return false;
  return socket_path_.empty() || wait_for_socket(process_, socket_path_, kStartTime);
}

void ServerFixture::start(std::vector<std::string> argv, std::string input) {
  argv_ = std::move(argv);
  input_ = std::move(input);
  // Another program may take the port between our look and the server's bind.
  for (int attempt = 0; attempt < 6; ++attempt) {
    do {
      port_ = free_port();
    } while (port_ > port_max_);
    launch();
    if (is_up()) return;
  }
  throw std::runtime_error(argv_[0] + " did not start: " + log());
}

void ServerFixture::restart() {
  launch();
  if (!is_up()) throw std::runtime_error("no restart: " + log());
}

RedisServer::RedisServer(const std::vector<std::string>& settings) {
  const char* program = std::getenv("LARDER_REDIS_SERVER");
  std::string config =
      "bind 127.0.0.1\nport @PORT@\ndir @FOLDER@\nsave \"\"\nappendonly no\nenable-debug-command "
      "yes\n";
  for (const auto& line : settings) {
    config += line + "\n";
    // The bus of a cluster listens 10,000 ports further up.
    if (line == "cluster-enabled yes") port_max_ = 55'535;
    if (line == "unixsocket @FOLDER@/socket") socket_path_ = folder() + "/socket";
  }
  start({program ? program : "redis-server", "-"}, std::move(config));
}

RedisSentinel::RedisSentinel(std::uint16_t primary) {
  const char* program = std::getenv("LARDER_REDIS_SERVER");
  // It writes its state into its configuration, so that must be a file.
  write_file("sentinel.conf",
             "bind 127.0.0.1\nport @PORT@\ndir @FOLDER@\nsentinel monitor mymaster 127.0.0.1 " +
                 std::to_string(primary) +
                 " 2\nsentinel down-after-milliseconds mymaster 1000\n"
                 "sentinel failover-timeout mymaster 3000\n");
  start({program ? program : "redis-server", "@FOLDER@/sentinel.conf", "--sentinel"}, {});
}

LarderServer::LarderServer(const std::string& binary, const std::vector<std::string>& arguments) {
  const char* program = std::getenv("LARDER_PROGRAM");
  std::vector<std::string> argv{
      program ? program : binary, "serve", "--bind", "127.0.0.1", "--port", "@PORT@"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  start(std::move(argv), {});
}

}  // namespace larder::test
