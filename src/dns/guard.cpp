#include "dns/guard.hpp"

#include "dns/types.hpp"

namespace larder::dns {
namespace {

/// A crowd of forged addresses must not become memory.
constexpr const char* kRatesUrl = "memory:?max_bytes=16MiB&eviction=allkeys-lru";

}  // namespace

Guard::Guard(GuardOptions options, const base::Clock& clock)
    : options_(std::move(options)), cookies_(clock) {
  if (options_.client_rate != 0) rates_ = Store::open(kRatesUrl).value();
}

Guard::Verdict Guard::look(const Query& query, const net::SocketAddress& peer, bool over_udp) {
  Verdict verdict;
  (over_udp ? counters_.udp : counters_.tcp).add();
  if (query.drop) {
    counters_.dropped.add();
    verdict.drop = true;
    return verdict;
  }
  const auto host = net::host_bytes(peer);
  const bool local = net::is_loopback(peer);
  verdict.is_known = !over_udp || local || cookies_.is_known(query.cookie, host);
  if (!options_.acl.allows(host)) {
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
  if (over_udp && rates_ && is_over_rate(host)) {
    counters_.limited.add();
    verdict.only_truncated = true;
  }
  return verdict;
}

bool Guard::is_loop(const net::SocketAddress& peer) {
  if (!options_.is_ours || !options_.is_ours(peer)) return false;
  counters_.loops.add();
  return true;
}

bool Guard::is_over_rate(std::string_view host) {
  const auto taken = rates_->limit_take(host, Limit{options_.client_rate, Millis(1'000)});
  return taken && !taken->allowed;
}

}  // namespace larder::dns
