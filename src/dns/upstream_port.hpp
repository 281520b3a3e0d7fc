// UpstreamPort: one UDP socket to one upstream, from a random port, with the attempts that left through it.
//
// Not a socket for each question, which would cost three system calls; nor one for all, whose port would be known soon. A socket
// serves kUses questions, kOpenMax at once, and goes.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "dns/query_out.hpp"
#include "dns/upstream.hpp"
#include "net/event_loop.hpp"
#include "net/udp.hpp"

namespace larder::dns {

/// One question on its way.
struct Asking {
  Question question;
  base::Instant deadline;
  Source::Done done;
  unsigned attempts = 0;    ///< Made so far.
  unsigned failed = 0;      ///< Of them, those that ended without an answer.
  std::vector<bool> tried;  ///< Upstreams whose answer was no answer, or who kept silent.
  std::size_t last_server = 0;
  bool finished = false;
  Error last{Errc::timeout, Effect::maybe_executed, {}};
};

class UpstreamPort final : public net::Watcher {
 public:
  static constexpr std::size_t kOpenMax = 64;
  static constexpr unsigned kUses = 256;
  static constexpr std::size_t kPortsMin =
      4;  ///< Of one upstream, so that the choice among them is one.
  static constexpr std::size_t kPortsMax = 128;  ///< 8,192 attempts at once.

  UpstreamPort(Upstream& upstream, std::size_t server, net::Socket socket);
  ~UpstreamPort() override;

  Result<void> start();
  /// False: it could not be sent.
  bool send(const std::shared_ptr<Asking>& asking);
  bool is_spent() const noexcept { return uses_ >= kUses; }
  bool has_room() const noexcept { return !is_spent() && open_.size() < kOpenMax; }
  bool is_idle() const noexcept { return open_.empty(); }
  void ready(unsigned events) override;

  /// Attempts whose question ended otherwise leave a place each: they are taken away when room is needed.
  void forget_finished();

 private:
  struct Attempt {
    std::shared_ptr<Asking> asking;
    std::string name;
    base::Instant sent;
  };
  void received(std::string_view reply);
  void refused();

  Upstream& upstream_;
  const std::size_t server_;
  net::Socket socket_;
  const net::SocketAddress local_;
  std::unordered_map<std::uint16_t, Attempt> open_;
  unsigned uses_ = 0;
  bool watching_ = false;
};

}  // namespace larder::dns
