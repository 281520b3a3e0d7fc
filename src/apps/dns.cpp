// larder dns: the DNS cache, brought up, kept up and brought down.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "apps/dns_options.hpp"
#include "apps/dns_partitions.hpp"
#include "apps/dns_redis.hpp"
#include "apps/dns_tools.hpp"
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

int run_dns(DnsFlags flags) {
  base::StopSignals signals;
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
    const DnsFaces faces(flags.faces, service);
    print_dns_welcome(flags, service, faces);
    const auto why = signals.wait();
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

/// A row for each flag that is a word or a number with a unit.
struct TextFlag {
  const char* name;
  std::string DnsFlags::*into;
  const char* type;
  const char* help;
};

constexpr TextFlag kTextFlags[] = {
    {"--store", &DnsFlags::store, "URL",
     "Share answers with other processes through this store, such as redis://127.0.0.1:6379"},
    {"--store-password-file", &DnsFlags::store_password_file, "FILE",
     "Its first line is the store's password"},
    {"--store-wait", &DnsFlags::read_deadline, "DURATION",
     "How long an answer waits for the store before it goes on without"},
    {"--lease-wait", &DnsFlags::lease_wait, "DURATION",
     "How long to wait for another process that fetches the same answer; 0: fetch it too"},
    {"--key-prefix", &DnsFlags::key_prefix, "TEXT", "What the store's keys begin with"},
    {"--near-bytes", &DnsFlags::near_bytes, "SIZE", "Memory for answers in this process"},
    {"--near-policy", &DnsFlags::near_policy, "POLICY",
     "What goes when that is full: adaptive, allkeys-lru, ..."},
    {"--min-ttl", &DnsFlags::ttl_min, "DURATION", "Shorter times to live are raised to it"},
    {"--max-ttl", &DnsFlags::ttl_max, "DURATION", "Longer ones are cut to it"},
    {"--negative-ttl", &DnsFlags::ttl_negative_max, "DURATION",
     "The longest time that \"there is none\" is believed"},
    {"--failure-ttl", &DnsFlags::failure_time, "DURATION",
     "How long upstream is spared a question that failed"},
    {"--stale", &DnsFlags::stale_max, "DURATION",
     "How long after its time an answer may stand in; 0: never"},
    {"--stale-wait", &DnsFlags::stale_wait, "DURATION",
     "How long upstream has before it does; 0: it does at once"},
    {"--stale-ttl", &DnsFlags::stale_ttl, "DURATION", "The time to live of such an answer"},
    {"--timeout", &DnsFlags::timeout, "DURATION",
     "The longest wait for one upstream before the next is asked"},
    {"--stub-ttl", &DnsFlags::stub_ttl, "DURATION", "The stub's time to live"},
    {"--stub-delay", &DnsFlags::stub_delay, "DURATION", "How long the stub takes"},
    {"--stub-nxdomain-match", &DnsFlags::stub_nxdomain_match, "GLOB",
     "Names that do not exist there, as in '*.missing.'"},
};

}  // namespace

Action declare_dns(CLI::App& command) {
  auto flags = std::make_shared<DnsFlags>();
  const auto list = [&](const char* name, std::vector<std::string>& into, const char* type,
                        const char* help) {
    command.add_option(name, into, help)->type_name(type)->delimiter(',')->capture_default_str();
  };
  list("--listen", flags->listen, "ADDR:PORT,...",
       "Where to answer DNS over UDP and TCP; port 0 takes a free one");
  list("--upstream", flags->upstream, "HOST:PORT,...|system",
       "Whom to ask; system: whoever /etc/resolv.conf names");
  command.add_flag("--stub", flags->stub, "Ask nobody: made-up answers, for tests and experiments");
  list("--allow", flags->allow, "NETWORK,...",
       "Who may ask besides this machine, such as 192.0.2.0/24");
  for (const TextFlag& flag : kTextFlags) {
    command.add_option(flag.name, (*flags).*flag.into, flag.help)
        ->type_name(flag.type)
        ->capture_default_str();
  }
  const auto number = [&](const char* name, auto& into, const char* help) {
    command.add_option(name, into, help)->type_name("N")->capture_default_str();
  };
  number("--stub-nxdomain", flags->stub_nxdomain_share,
         "The share of names, 0 to 1, that do not exist there");
  number("--threads", flags->threads, "Threads that answer");
  number("--attempts", flags->attempts, "How often upstreams are asked in all for one question");
  number("--prefetch", flags->prefetch_percent,
         "Asked for in the last N % of its life, an answer is fetched anew; 0: never");
  number("--amplification", flags->amplification,
         "A UDP answer's bytes for each of the question's, beyond which TCP is asked for; 0: no "
         "bound");
  number("--client-rate", flags->client_rate,
         "Questions a second over UDP from one address before it is told to use TCP; 0: any");
  number("--inflight", flags->inflight_max, "Questions under way at once on one thread");
  command.add_flag("--no-0x20", flags->no_random_case,
                   "Ask in lower case: for an upstream that does not keep a question's case");
  command.add_flag("--upstream-tcp", flags->tcp_only, "Ask over TCP only");
  command.add_flag("--no-private", flags->no_private,
                   "Take addresses of private networks out of answers");
  command
      .add_option("--redis", flags->own_redis,
                  "Start so many Redis servers of this machine as shared partitions, and end them "
                  "with the service")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  declare_dns_faces(command, flags->faces);
  auto tools = std::make_shared<DnsTools>();
  declare_dns_experiment(command, *tools);
  declare_dns_status(command, *tools);
  command.require_subcommand(0, 1);
  return [flags, tools] {
    for (const auto& [tool, action] : *tools) {
      if (tool->parsed()) return action();
    }
    return run_dns(*flags);
  };
}

}  // namespace larder::apps
