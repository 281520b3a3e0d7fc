// Guard: what is decided about a query before anybody looks for its answer, the same for every way it came in.
#pragma once

#include <larder/store.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/metrics.hpp"
#include "dns/acl.hpp"
#include "dns/cookies.hpp"
#include "dns/query.hpp"
#include "dns/reply.hpp"
#include "net/udp.hpp"

namespace larder::dns {

struct GuardOptions {
  Acl acl = Acl::loopback();
  unsigned amplification =
      4;  ///< A UDP reply's bytes for one of the query's, to who may be somebody else; 0: no bound.
  std::uint32_t client_rate =
      0;  ///< Questions a second that one client address may ask over UDP; 0: any number.
  /// Whether a peer is a socket that we ask upstream with: what comes from it went in a circle.
  std::function<bool(const net::SocketAddress&)> is_ours{};
};

/// Counted since the start.
struct GuardCounters {
  base::Counter udp, tcp, dropped, refused, form_errors, loops, limited, truncated;
};

/// Threads  Safe from any thread.
class Guard {
 public:
  Guard(GuardOptions options, const base::Clock& clock);

  struct Verdict {
    bool drop = false;
    std::uint16_t refusal = 0;  ///< An rcode, or 0: look for an answer.
    std::uint16_t ede = ede::kNone;
    bool only_truncated = false;  ///< Over its rate: it may come again by TCP.
    bool is_known = true;         ///< Is where it says it is.
  };
  /// Before a question is looked for in earnest: true if it went in a circle. Not for near hits, which end any.
  bool is_loop(const net::SocketAddress& peer);
  Verdict look(const Query& query, const net::SocketAddress& peer, bool over_udp);

  /// Other rules from now on; `is_ours` stays.
  void use(GuardOptions options);

  const Cookies& cookies() const noexcept { return cookies_; }
  unsigned amplification() const noexcept { return rules().options.amplification; }
  GuardCounters& counters() noexcept { return counters_; }

 private:
  struct Rules {
    GuardOptions options;
    std::optional<Store> rates;
  };
  const Rules& rules() const noexcept { return *rules_.load(std::memory_order_acquire); }
  static bool is_over_rate(const Rules& rules, std::string_view host);

  const std::function<bool(const net::SocketAddress&)> is_ours_;
  const Cookies cookies_;
  std::mutex kept_mutex_;
  /// All that ever held: who reads one does not lock. As many as there were reloads.
  std::vector<std::unique_ptr<const Rules>> kept_;  // Guarded by kept_mutex_.
  std::atomic<const Rules*> rules_{nullptr};
  GuardCounters counters_;
};

}  // namespace larder::dns
