// A server for tests of a load generator: GET, SET, DEL and AUTH over a map, on a thread of its
// own, with faults that a test can order.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/event_loop.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"

namespace larder::lab {

class TinyServer {
 public:
  struct Faults {
    bool spoil_values = false;                  ///< GET answers with the last byte changed.
    bool forget = false;                        ///< SET answers OK and writes nothing.
    bool refuse_sets = false;                   ///< SET answers an error.
    std::size_t close_after = ~std::size_t{0};  ///< Requests until every connection is closed.
    std::string password = {};
  };

  explicit TinyServer(Faults faults) : faults_(std::move(faults)) {
    listener_ = net::listen_tcp({"127.0.0.1", 0}).value();
    port_ = net::local_port(listener_).value();
    loop_.watch(listener_.fd(), net::Ready::read, door_).value();
    thread_ = std::thread([this] { loop_.run(); });
  }
  TinyServer() : TinyServer(Faults{}) {}
  ~TinyServer() {
    loop_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::size_t requests() const { return requests_; }
  std::size_t largest() const { return largest_; }
  /// How many keys are left.
  std::size_t keys() const { return keys_; }

 private:
  struct Session : net::Watcher {
    Session(TinyServer& s, net::Socket socket) : server(s), stream(std::move(socket)) {}
    ~Session() override { server.loop_.unwatch(stream.descriptor(), *this); }
    void ready(unsigned) override { server.serve(*this); }
    TinyServer& server;
    net::TcpStream stream;
    std::string in;
    bool closed = false;
  };
  struct Door : net::Watcher {
    explicit Door(TinyServer& s) : server(s) {}
    void ready(unsigned) override {
      auto socket = net::accept_tcp(server.listener_).value();
      if (!socket) return;
      auto session = std::make_unique<Session>(server, std::move(socket));
      server.loop_.watch(session->stream.descriptor(), net::Ready::read, *session).value();
      server.sessions_.push_back(std::move(session));
    }
    TinyServer& server;
  };

  void serve(Session& session) {
    char buffer[64 * 1024];
    const auto got = session.stream.read(buffer);
    if (got.status != net::Transfer::Status::done) return close(session);
    session.in.append(buffer, got.bytes);
    std::string out;
    std::size_t at = 0;
    std::vector<std::string> words;
    std::size_t batch = 0;
    while (take(session.in, at, words)) {
      ++batch;
      if (++requests_ > faults_.close_after) return close(session);
      out += reply(words);
    }
    session.in.erase(0, at);
    if (batch > largest_) largest_ = batch;
    // Small enough for a socket's buffer: a test that outgrows it fails loudly here.
    if (session.stream.write(out).bytes != out.size()) close(session);
  }

  /// One request from `at` on.
  static bool take(const std::string& in, std::size_t& at, std::vector<std::string>& words) {
    words.clear();
    std::size_t p = at;
    const auto number = [&]() -> long {
      const std::size_t end = in.find("\r\n", p);
      if (end == in.npos) return -1;
      const long value = std::stol(in.substr(p + 1, end - p - 1));
      p = end + 2;
      return value;
    };
    for (long left = number(); left > 0; --left) {
      const long size = number();
      if (size < 0 || in.size() < p + static_cast<std::size_t>(size) + 2) return false;
      words.push_back(in.substr(p, static_cast<std::size_t>(size)));
      p += static_cast<std::size_t>(size) + 2;
    }
    if (!words.empty()) at = p;
    return !words.empty();
  }

  std::string reply(const std::vector<std::string>& words) {
    if (words[0] == "AUTH") {
      return words.back() == faults_.password ? "+OK\r\n" : "-WRONGPASS invalid password\r\n";
    }
    if (words[0] == "SET") {
      if (faults_.refuse_sets) return "-OOM command not allowed\r\n";
      if (!faults_.forget) values_[words[1]] = words[2];
      keys_ = values_.size();
      return "+OK\r\n";
    }
    const auto found = values_.find(words[1]);
    if (words[0] == "DEL") {
      const bool had = found != values_.end();
      if (had) values_.erase(found);
      keys_ = values_.size();
      return had ? ":1\r\n" : ":0\r\n";
    }
    if (found == values_.end()) return "$-1\r\n";
    std::string value = found->second;
    if (faults_.spoil_values) value.back() = '!';
    return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  }

  void close(Session& session) {
    if (std::exchange(session.closed, true)) return;
    loop_.post([this, &session] {
      std::erase_if(sessions_, [&](const auto& each) { return each.get() == &session; });
    });
  }

  Faults faults_;
  net::Socket listener_;
  std::uint16_t port_ = 0;
  net::EventLoop loop_;
  Door door_{*this};
  std::vector<std::unique_ptr<Session>> sessions_;
  std::map<std::string, std::string> values_;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> largest_{0};
  std::atomic<std::size_t> keys_{0};
  std::thread thread_;
};

}  // namespace larder::lab
