// UpstreamTcp: one connection to one upstream, opened when it is needed and closed when it idles, with questions after each other
// on it and answers in any order (RFC 7766).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "dns/upstream.hpp"
#include "net/event_loop.hpp"
#include "net/stream.hpp"

namespace larder::dns {

class UpstreamTcp final : public net::Watcher {
 public:
  UpstreamTcp(Upstream& upstream, std::size_t server) : upstream_(upstream), server_(server) {}
  ~UpstreamTcp() override { close(); }

  void send(const std::shared_ptr<Asking>& asking);
  void ready(unsigned events) override;

 private:
  struct Attempt {
    std::shared_ptr<Asking> asking;
    base::Instant sent;
  };
  bool open();
  bool connected();
  bool write();
  bool read();
  void received(std::string_view reply);
  void interest(unsigned wanted);
  /// All that wait on it are told; they try elsewhere or again.
  void broken(const std::string& why);
  void close();

  Upstream& upstream_;
  const std::size_t server_;
  net::Endpoint where_;
  std::unique_ptr<net::TcpStream> stream_;
  net::Socket connecting_;
  int fd_ = -1;
  unsigned interest_ = 0;
  std::string in_, out_;
  std::unordered_map<std::uint16_t, Attempt> open_;
};

}  // namespace larder::dns
