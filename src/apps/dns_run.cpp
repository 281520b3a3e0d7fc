// larder dns: the DNS cache, brought up, told anew while it runs, and brought down.
#include <algorithm>
#include <cstdio>
#include <optional>

#include "apps/command.hpp"
#include "apps/dns_config.hpp"
#include "apps/dns_partitions.hpp"
#include "apps/dns_redis.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "dns/service.hpp"
#include "net/socket.hpp"

namespace larder::apps {
namespace {

constexpr std::size_t kDescriptorsWanted = 4'096;

std::string sources_text(const DnsFlags& flags) {
  if (flags.stub) return "the built-in stub, whose answers are made up";
  if (!flags.faces.resolver.empty()) return flags.faces.resolver;
  std::string text;
  for (const auto& server : flags.upstream) text += (text.empty() ? "" : ", ") + server;
  return text;
}

/// The one screen: where it listens, whom it asks, how to try it, how to stop it.
void print_dns_welcome(const DnsFlags& flags, const dns::Service& service, const DnsFaces& faces) {
  std::string places;
  for (const auto& where : service.listening())
    places += (places.empty() ? "" : ", ") + net::to_string(where);
  const auto& first = service.listening().front();
  const std::string host = first.host == "0.0.0.0" ? "127.0.0.1" : first.host;
  const std::string store =
      flags.store.empty() ? "none: what is near is all" : base::without_password(flags.store);
  std::string more;
  for (const auto& [what, url] : faces.places()) more += "  " + what + "       " + url + "\n";
  std::printf("larder dns " LARDER_VERSION
              " answers DNS on %s (UDP and TCP)\n%s\n"
              "  asks       %s\n"
              "  near       %s, %s\n"
              "  shared     %s\n\n"
              "  kdig       kdig @%s -p %u example.com\n\n"
              "Stop: Ctrl-C or SIGTERM; answers under way still leave.\n",
              places.c_str(), more.c_str(), sources_text(flags).c_str(), flags.near_bytes.c_str(),
              flags.near_policy.c_str(), store.c_str(), host.c_str(), first.port);
  std::fflush(stdout);
}

/// The store over Redis servers of its own, where those are asked for.
std::unique_ptr<OwnRedis> start_own_redis(DnsFlags& flags) {
  if (flags.own_redis == 0) return nullptr;
  if (!flags.store.empty())
    throw BadInput(
        "--redis: starts servers of its own, and --store names others; give one of them");
  auto redis = std::make_unique<OwnRedis>(flags.own_redis);
  flags.store = redis->url();
  return redis;
}

/// What a running service can be told anew; the rest takes a restart.
constexpr std::string_view kLive[] = {
    "allow",        "amplification",    "client-rate",   "upstream",    "timeout",
    "attempts",     "no-0x20",          "upstream-tcp",  "min-ttl",     "max-ttl",
    "negative-ttl", "failure-ttl",      "stale",         "stale-wait",  "stale-ttl",
    "prefetch",     "lease-wait",       "inflight",      "no-private",  "near-bytes",
    "near-policy",  "admin-token-file", "tls-cert-file", "tls-key-file"};

/// Words about a flag, with the line before them where a file has it.
std::string placed(const std::string& words, const DnsSettings& settings) {
  if (!words.starts_with("--")) return words;
  const auto name = words.substr(2, words.find_first_of(" :", 2) - 2);
  const auto found = settings.find(name);
  return found == settings.end() ? words : found->second.where + words;
}

/// On SIGHUP: reads the settings again and tells the service what changed. What is wrong with them changes nothing.
class Reload {
 public:
  Reload(const DnsSettings& given, dns::Service& service, DnsFaces& faces, base::Log& log)
      : given_(given),
        before_(with_config_file(given)),
        service_(service),
        faces_(faces),
        log_(log) {}

  void operator()() {
    DnsSettings fresh;
    try {
      fresh = with_config_file(given_);
      apply(fresh);
    } catch (const BadInput& wrong) {
      log_.error("dns_reload_failed", {{"why", placed(wrong.what(), fresh)}, {"now", "as before"}});
    }
  }

 private:
  void apply(const DnsSettings& fresh) {
    const DnsFlags flags = dns_flags_of(fresh);
    auto rules = dns_service_rules(flags);
    const auto changed = changed_settings(before_, fresh);
    const auto has = [&](std::string_view name) {
      return std::find(changed.begin(), changed.end(), name) != changed.end();
    };
    if (has("near-policy")) rules.near_policy = flags.near_policy;
    // A service that began with a stub or a resolver keeps it. Upstreams are new even where the setting reads the same: names are
    // looked up anew, and resolv.conf may be another.
    if (rules.upstream && rules.upstream->servers.empty()) rules.upstream.reset();
    faces_.reload(flags.faces);  // Throws before anything was changed.
    if (const auto used = service_.use(std::move(rules)); !used)
      throw BadInput(used.error().detail);
    before_ = fresh;
    std::string names;
    for (const auto& name : changed) {
      if (std::find(std::begin(kLive), std::end(kLive), name) == std::end(kLive)) {
        log_.warn("dns_reload_needs_restart", {{"setting", name}});
      } else {
        names += (names.empty() ? "" : ",") + name;
      }
    }
    log_.info("dns_reloaded", {{"changed", names.empty() ? "nothing" : names}});
  }

  const DnsSettings given_;
  DnsSettings before_;
  dns::Service& service_;
  DnsFaces& faces_;
  base::Log& log_;
};

int serve_dns(const DnsSettings& given, const DnsSettings& settings) {
  DnsFlags flags = dns_flags_of(settings);
  base::StopSignals signals(true);
  base::ignore_broken_pipes();
  (void)net::raise_descriptor_limit(kDescriptorsWanted);
  base::Log log{base::StderrSink::instance(), base::SystemClock::instance()};
  const auto redis = start_own_redis(flags);
  const DnsPartitions partitions(flags.store, dns_store_options(flags));
  auto options = dns_service_options(flags);
  options.cache.partitions = partitions.partitions();
  auto started = dns::Service::start(std::move(options), base::SystemClock::instance());
  if (!started) throw BadInput(started.error().detail + "; --listen ADDR:PORT picks another place");
  dns::Service& service = **started;
  {
    DnsFaces faces(flags.faces, service);
    print_dns_welcome(flags, service, faces);
    Reload reload(given, service, faces, log);
    const auto why = signals.wait([&] { reload(); });
    log.info("dns_stopping", {{"signal", why}});
  }
  service.stop();
  const auto stats = service.admin().stats();
  log.info("dns_stopped", {{"questions", stats.questions},
                           {"near_hits", stats.near_hits},
                           {"shared_hits", stats.shared_hits},
                           {"upstream_queries", stats.upstream_queries},
                           {"failures", stats.failures}});
  return kYes;
}

}  // namespace

int run_dns(const DnsSettings& given) {
  const auto settings = with_config_file(given);
  try {
    return serve_dns(given, settings);
  } catch (const BadInput& wrong) {
    throw BadInput(placed(wrong.what(), settings));
  }
}

}  // namespace larder::apps
