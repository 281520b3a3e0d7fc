// A server that is filled through a pipeline: commands go out in batches, and each answer must be
// the expected one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "machine.hpp"
#include "target.hpp"

namespace larder::bench {
namespace {

// Answers are short: those of one batch fit into the socket's buffer, so writing it whole before
// reading cannot block for ever.
constexpr unsigned kBatch = 256;

int connected(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no server at port " + std::to_string(port));
  }
  return fd;
}

class ServerTarget : public Target {
 public:
  explicit ServerTarget(const Options& options)
      : pid_(options.text("pid")),
        fd_(connected(static_cast<std::uint16_t>(options.number("port", 0)))) {}
  ~ServerTarget() override { close(fd_); }

  void finish() override {
    send_all();
    receive_answers();
  }
  std::uint64_t resident() const override { return resident_bytes(pid_); }
  std::optional<std::uint64_t> accounted() const override { return std::nullopt; }

 protected:
  std::string& out() noexcept { return out_; }
  void sent() {
    if (++due_ == kBatch) finish();
  }
  virtual bool is_right(std::string_view answer) const = 0;

 private:
  void send_all() {
    for (std::size_t at = 0; at < out_.size();) {
      const auto n = send(fd_, out_.data() + at, out_.size() - at, MSG_NOSIGNAL);
      if (n <= 0) throw std::runtime_error("the server has gone");
      at += static_cast<std::size_t>(n);
    }
    out_.clear();
  }

  void receive_answers() {
    char buffer[16 * 1024];
    std::string rest;
    while (due_ > 0) {
      const auto n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) throw std::runtime_error("the server has gone");
      rest.append(buffer, static_cast<std::size_t>(n));
      std::size_t from = 0;
      for (std::size_t end; (end = rest.find("\r\n", from)) != rest.npos; from = end + 2, --due_) {
        const auto answer = std::string_view(rest).substr(from, end - from);
        if (!is_right(answer)) throw std::runtime_error("unexpected: " + std::string(answer));
      }
      rest.erase(0, from);
    }
  }

  std::string pid_;
  int fd_;
  std::string out_;
  unsigned due_ = 0;
};

class RedisTarget final : public ServerTarget {
 public:
  using ServerTarget::ServerTarget;

  void set(std::string_view key, std::string_view value, std::uint64_t ttl_ms) override {
    out().append(ttl_ms > 0 ? "*5\r\n" : "*3\r\n");
    word("SET");
    word(key);
    word(value);
    if (ttl_ms > 0) {
      word("PX");
      word(std::to_string(ttl_ms));
    }
    sent();
  }
  void erase(std::string_view key) override {
    out().append("*2\r\n");
    word("DEL");
    word(key);
    sent();
  }

 private:
  void word(std::string_view text) {
    out().append("$").append(std::to_string(text.size())).append("\r\n");
    out().append(text).append("\r\n");
  }
  bool is_right(std::string_view answer) const override {
    return answer == "+OK" || answer == ":1";
  }
};

class MemcachedTarget final : public ServerTarget {
 public:
  using ServerTarget::ServerTarget;

  void set(std::string_view key, std::string_view value, std::uint64_t ttl_ms) override {
    const std::uint64_t seconds = (ttl_ms + 999) / 1000;
    out().append("set ").append(key).append(" 0 ").append(std::to_string(seconds)).append(" ");
    out().append(std::to_string(value.size())).append("\r\n").append(value).append("\r\n");
    sent();
  }
  void erase(std::string_view key) override {
    out().append("delete ").append(key).append("\r\n");
    sent();
  }

 private:
  bool is_right(std::string_view answer) const override {
    return answer == "STORED" || answer == "DELETED";
  }
};

}  // namespace

std::unique_ptr<Target> make_server_target(const Options& options) {
  const std::string protocol = options.text("protocol");
  if (protocol == "redis") return std::make_unique<RedisTarget>(options);
  if (protocol == "memcached") return std::make_unique<MemcachedTarget>(options);
  throw std::runtime_error("--protocol redis or memcached, not " + protocol);
}

}  // namespace larder::bench
