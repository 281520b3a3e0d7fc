#include "dns/guard.hpp"

#include "dns/types.hpp"

namespace larder::dns {
namespace {

/// A crowd of forged addresses must not become memory.
constexpr const char* kRatesUrl = "memory:?max_bytes=16MiB&eviction=allkeys-lru";

}  // namespace

Guard::Guard(GuardOptions options, const base::Clock& clock)
    : is_ours_(options.is_ours), cookies_(clock) {
  use(std::move(options));
}

void Guard::use(GuardOptions options) {
  auto rules = std::make_unique<Rules>(Rules{std::move(options), std::nullopt});
  if (rules->options.client_rate != 0) rules->rates = Store::open(kRatesUrl).value();
  const std::lock_guard lock(kept_mutex_);
  kept_.push_back(std::move(rules));
  rules_.store(kept_.back().get(), std::memory_order_release);
}

Guard::Verdict Guard::look(const Query& query, const net::SocketAddress& peer, bool over_udp) {
  Verdict verdict;
  const Rules& now = rules();
  (over_udp ? counters_.udp : counters_.tcp).add();
  if (query.drop) {
    counters_.dropped.add();
    verdict.drop = true;
    return verdict;
  }
  const auto host = net::host_bytes(peer);
  const bool local = net::is_loopback(peer);
  verdict.is_known = !over_udp || local || cookies_.is_known(query.cookie, host);
  if (!now.options.acl.allows(host)) {
    counters_.refused.add();
    verdict.refusal = rcode::kRefused;
    verdict.ede = ede::kProhibited;
    return verdict;
  }
  if (query.refusal != 0) {
    counters_.form_errors.add();
    verdict.refusal = query.refusal;
    return verdict;
  }
  // To ask for everything is asking for the largest answer there is (RFC 8482).
  verdict.only_truncated = over_udp && query.type == type::kAny;
  if (over_udp && now.rates && is_over_rate(now, host)) {
    counters_.limited.add();
    verdict.only_truncated = true;
  }
  return verdict;
}

bool Guard::is_loop(const net::SocketAddress& peer) {
  if (!is_ours_ || !is_ours_(peer)) return false;
  counters_.loops.add();
  return true;
}

bool Guard::is_over_rate(const Rules& rules, std::string_view host) {
  const auto taken = rules.rates->limit_take(host, Limit{rules.options.client_rate, Millis(1'000)});
  return taken && !taken->allowed;
}

}  // namespace larder::dns
