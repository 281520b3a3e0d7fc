#include "apps/dns_options.hpp"

#include "apps/command.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "dns/resolv_conf.hpp"
#include "dns/service.hpp"
#include "policy/eviction.hpp"

namespace larder::apps {
namespace {

constexpr const char* kNearPolicies =
    "adaptive, noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, "
    "volatile-random, volatile-ttl";
constexpr const char* kResolvConf = "/etc/resolv.conf";

template <class T>
T of_flag(const char* flag, Result<T> result) {
  if (!result) throw BadInput(std::string(flag) + ": " + result.error().detail);
  return std::move(*result);
}

void of_flag(const char* flag, const Result<void>& result) {
  if (!result) throw BadInput(std::string(flag) + ": " + result.error().detail);
}

base::Millis duration_of(const char* flag, const std::string& text) {
  return of_flag(flag, base::parse_duration(text));
}

std::uint32_t seconds_of(const char* flag, const std::string& text) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(duration_of(flag, text)).count();
  if (seconds < 0 || seconds > 0x7FFF'FFFF)
    throw BadInput(std::string(flag) + " " + text + ": 0 to 68 years");
  return static_cast<std::uint32_t>(seconds);
}

template <class Number>
void in_range(const char* flag, Number value, Number low, Number high) {
  if (value < low || value > high)
    throw BadInput(std::string(flag) + " " + std::to_string(value) + ": from " +
                   std::to_string(low) + " to " + std::to_string(high));
}

std::vector<net::Endpoint> system_servers() {
  const auto text = base::read_file(kResolvConf, 1024 * 1024);
  if (!text) throw BadInput("--upstream system: " + text.error().detail);
  auto servers = dns::read_resolv_conf(*text);
  if (servers.empty())
    throw BadInput(std::string("--upstream system: ") + kResolvConf +
                   " names no nameserver; name one, as in --upstream 192.0.2.1");
  return servers;
}

std::vector<net::SocketAddress> upstream_servers(const DnsFlags& flags,
                                                 const std::vector<net::Endpoint>& listening) {
  std::vector<net::SocketAddress> servers;
  const auto add = [&](const net::Endpoint& endpoint) {
    for (const net::Endpoint& own : listening) {
      if (own.port == endpoint.port && own.host == endpoint.host && own.port != 0) {
        throw BadInput("--upstream " + net::to_string(endpoint) +
                       ": is where this service listens: questions would go in a circle");
      }
    }
    servers.push_back(of_flag("--upstream", net::find_address(endpoint)));
  };
  for (const std::string& text : flags.upstream) {
    if (text == "system") {
      for (const auto& endpoint : system_servers()) add(endpoint);
    } else {
      add(of_flag("--upstream", dns::read_server(text)));
    }
  }
  return servers;
}

dns::StubOptions stub_options(const DnsFlags& flags) {
  if (flags.stub_nxdomain_share < 0 || flags.stub_nxdomain_share > 1)
    throw BadInput("--stub-nxdomain: a share from 0 to 1");
  return {.ttl_s = seconds_of("--stub-ttl", flags.stub_ttl),
          .nxdomain_share = flags.stub_nxdomain_share,
          .nxdomain_match = flags.stub_nxdomain_match,
          .delay = duration_of("--stub-delay", flags.stub_delay)};
}

dns::CacheOptions cache_options(const DnsFlags& flags) {
  dns::CacheOptions cache;
  cache.ttl = {.min_s = seconds_of("--min-ttl", flags.ttl_min),
               .max_s = seconds_of("--max-ttl", flags.ttl_max),
               .negative_max_s = seconds_of("--negative-ttl", flags.ttl_negative_max),
               .drop_private = flags.no_private};
  if (cache.ttl.min_s > cache.ttl.max_s)
    throw BadInput("--min-ttl " + flags.ttl_min + ": is more than --max-ttl " + flags.ttl_max);
  cache.failure_time = duration_of("--failure-ttl", flags.failure_time);
  if (cache.failure_time < base::Millis(1'000) || cache.failure_time > base::Millis(300'000)) {
    throw BadInput("--failure-ttl " + flags.failure_time + ": 1 s to 5 min (RFC 9520)");
  }
  cache.stale_max = std::chrono::seconds(seconds_of("--stale", flags.stale_max));
  cache.stale_wait = duration_of("--stale-wait", flags.stale_wait);
  cache.stale_ttl_s = seconds_of("--stale-ttl", flags.stale_ttl);
  in_range("--prefetch", flags.prefetch_percent, 0U, 100U);
  cache.prefetch_percent = flags.prefetch_percent;
  cache.shared_read = duration_of("--store-wait", flags.read_deadline);
  if (cache.shared_read < base::Millis(1))
    throw BadInput("--store-wait " + flags.read_deadline + ": at least 1ms");
  cache.lease_wait = duration_of("--lease-wait", flags.lease_wait);
  cache.flights_max = flags.inflight_max;
  cache.key_prefix = flags.key_prefix;
  return cache;
}

dns::GuardOptions guard_options(const DnsFlags& flags) {
  dns::GuardOptions guard;
  for (const std::string& network : flags.allow) of_flag("--allow", guard.acl.allow(network));
  guard.amplification = flags.amplification;
  guard.client_rate = flags.client_rate;
  return guard;
}

dns::UpstreamOptions upstream_options(const DnsFlags& flags,
                                      const std::vector<net::Endpoint>& listening) {
  dns::UpstreamOptions upstream;
  upstream.servers = upstream_servers(flags, listening);
  upstream.timeout = duration_of("--timeout", flags.timeout);
  if (upstream.timeout < base::Millis(1))
    throw BadInput("--timeout " + flags.timeout + ": at least 1ms");
  in_range("--attempts", flags.attempts, 1U, 100U);
  upstream.attempts = flags.attempts;
  upstream.random_case = !flags.no_random_case;
  upstream.only_tcp = flags.tcp_only;
  return upstream;
}

std::uint64_t near_bytes(const DnsFlags& flags) {
  const auto bytes = of_flag("--near-bytes", base::parse_size(flags.near_bytes));
  if (bytes < 1024 * 1024) throw BadInput("--near-bytes " + flags.near_bytes + ": at least 1MiB");
  return bytes;
}

void check_near_policy(const DnsFlags& flags) {
  if (!policy::eviction_from(flags.near_policy))
    throw BadInput("--near-policy: no policy " + base::quoted(flags.near_policy) + "; there are " +
                   kNearPolicies);
}

std::vector<net::Endpoint> listen_places(const DnsFlags& flags) {
  std::vector<net::Endpoint> places;
  for (const std::string& text : flags.listen)
    places.push_back(of_flag("--listen", dns::read_server(text)));
  return places;
}

std::optional<Store> shared_store(const DnsFlags& flags) {
  if (flags.store.empty()) return std::nullopt;
  auto opened = Store::open(flags.store, dns_store_options(flags));
  if (!opened) throw BadInput("--store: " + to_string(opened.error()));
  return std::move(*opened);
}

}  // namespace

StoreOptions dns_store_options(const DnsFlags& flags) {
  StoreOptions options;
  options.client_name = "larder-dns";
  if (!flags.store_password_file.empty())
    options.password = value_or_bad_input(base::read_secret(flags.store_password_file)).text;
  return options;
}

dns::ServiceOptions dns_service_options(const DnsFlags& flags) {
  const bool remote = !flags.faces.resolver.empty();
  if (remote && (flags.stub || !flags.upstream.empty()))
    throw BadInput("--resolver: asks another process, which has its own --upstream or --stub");
  if (flags.upstream.empty() && !flags.stub && !remote) {
    throw BadInput(
        "nobody to ask: give --upstream HOST:PORT,... (or --upstream system, which reads "
        "/etc/resolv.conf) to forward questions, or "
        "--stub for made-up answers; no question leaves this machine unless you say where to");
  }
  if (!flags.upstream.empty() && flags.stub)
    throw BadInput("--stub: answers by itself, and --upstream asks others; give one of them");
  dns::ServiceOptions options;
  options.listen = listen_places(flags);
  in_range("--threads", flags.threads, 1U, 256U);
  options.threads = flags.threads;
  options.near_bytes_max = near_bytes(flags);
  options.near_policy = flags.near_policy;
  check_near_policy(flags);
  if (flags.stub) options.stub = stub_options(flags);
  if (remote) options.source = remote_source(flags.faces);
  options.upstream = upstream_options(flags, options.listen);
  options.cache = cache_options(flags);
  options.guard = guard_options(flags);
  options.shared = shared_store(flags);
  return options;
}

dns::ServiceRules dns_service_rules(const DnsFlags& flags) {
  check_near_policy(flags);
  dns::ServiceRules rules{.cache = cache_options(flags),
                          .guard = guard_options(flags),
                          .near_bytes_max = near_bytes(flags)};
  if (!flags.upstream.empty()) rules.upstream = upstream_options(flags, listen_places(flags));
  return rules;
}

}  // namespace larder::apps
