// Upstream: asks other resolvers, over UDP, and over TCP where an answer does not fit.
//
// A question becomes up to `attempts` attempts at upstreams that UpstreamHealth picks. Each attempt leaves from a socket of the pool
// with a random port and id and its letters in random case; a reply to any attempt that is still open ends the question, a
// later one is dropped. Replies that do not match are counted and otherwise ignored: a forger's miss must not end the wait.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "dns/own_ports.hpp"
#include "dns/query_out.hpp"
#include "dns/source.hpp"
#include "dns/upstream_health.hpp"
#include "net/event_loop.hpp"
#include "net/udp.hpp"

namespace larder::dns {

struct UpstreamOptions {
  std::vector<net::SocketAddress> servers;  ///< At least one.
  base::Millis timeout{1'500};              ///< The longest wait of one attempt.
  unsigned attempts = 3;
  bool random_case = true;  ///< 0x20.
  bool only_tcp = false;
  Chance chance;  ///< None: the operating system's.
};

class UpstreamPort;
class UpstreamTcp;
struct Asking;

struct UpstreamCounters {
  base::Counter queries, failures, tcp, spoofs;
};

/// Threads  Of its loop's, but for what Source says. Lifetime: the loop and `ports` outlive it.
class Upstream final : public Source {
 public:
  Upstream(net::EventLoop& loop, UpstreamOptions options, OwnPorts& ports);
  ~Upstream() override;

  void ask(const Question& question, base::Instant deadline, Done done) override;
  Origin origin() const noexcept override { return Origin::upstream; }
  std::string trouble() const override;
  void count(DnsStats& stats) const override;

 private:
  friend class UpstreamPort;
  friend class UpstreamTcp;
  using AskingPtr = std::shared_ptr<Asking>;
  struct Due {
    base::Instant when;
    std::weak_ptr<Asking> asking;
    unsigned attempt;
    bool operator>(const Due& other) const noexcept { return when > other.when; }
  };

  void attempt(const AskingPtr& asking);
  base::Nanos patience_of(const Asking& asking, std::size_t server) const noexcept;
  void attempt_udp(const AskingPtr& asking, std::size_t server);
  void attempt_tcp(const AskingPtr& asking, std::size_t server);
  void again_by_tcp(const AskingPtr& asking, std::size_t server);
  /// A reply that matches: ends the question, or leads to TCP or to the next upstream.
  void replied(const AskingPtr& asking, std::size_t server, std::string_view reply,
               base::Instant sent, bool by_tcp);
  void attempt_failed(const AskingPtr& asking, std::size_t server, Error why);
  void finish(const AskingPtr& asking, Result<Message> result);
  void note_trouble();
  UpstreamPort* port_for(std::size_t server);
  void drop_retired();
  void arm(base::Instant when);
  void run_dues();

  net::EventLoop& loop_;
  const UpstreamOptions options_;
  const Chance chance_;
  OwnPorts& own_;
  UpstreamHealth health_;
  UpstreamCounters counters_;
  std::vector<std::vector<std::unique_ptr<UpstreamPort>>> ports_;  ///< By server.
  std::vector<std::unique_ptr<UpstreamPort>> retired_;
  std::vector<std::unique_ptr<UpstreamTcp>> tcp_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> dues_;
  std::optional<base::Instant> armed_;
  const std::shared_ptr<Upstream*> self_;
  mutable std::mutex trouble_mutex_;
  std::string trouble_;  // Guarded by trouble_mutex_.
};

}  // namespace larder::dns
