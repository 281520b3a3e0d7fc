// bench, replay, tour: flags for what the lab does.
#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "base/numbers.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "lab/bench.hpp"
#include "lab/distribution.hpp"
#include "lab/policy_replay.hpp"
#include "lab/replay.hpp"
#include "lab/tour.hpp"
#include "store/redis/url.hpp"

namespace larder::apps {
namespace {

lab::Output standard_output() { return {.progress = base::is_terminal(base::Standard::error)}; }

/// Names the flag in front of what a parser says of its text.
template <class T>
T flag_value(Result<T> result, std::string_view flag) {
  if (!result) throw BadInput(std::string{flag} + ": " + result.error().detail);
  return std::move(*result);
}

std::uint64_t count_of(std::string_view text, std::string_view flag) {
  return flag_value(base::parse_count(text), flag);
}

/// "9:1" is nine GETs for each SET.
double get_share_of(std::string_view ratio) {
  const auto colon = ratio.find(':');
  const auto gets = base::parse_unsigned(ratio.substr(0, colon));
  const auto sets = colon == std::string_view::npos ? std::nullopt
                                                    : base::parse_unsigned(ratio.substr(colon + 1));
  if (!gets || !sets || *gets + *sets == 0) {
    throw BadInput("--ratio: expected GETS:SETS such as 9:1, found \"" + std::string{ratio} + "\"");
  }
  return static_cast<double>(*gets) / (static_cast<double>(*gets) + static_cast<double>(*sets));
}

/// Checked here, so that a slip is told before anything is written.
void check_distribution(const std::string& text, std::string_view flag) {
  flag_value(lab::Distribution::parse(text), flag);
}

struct Bench {
  lab::BenchOptions lab;
  Target target;
  std::string keys = "100k", requests, duration = "5s", warm_up = "500ms", value = "64",
              ratio = "9:1", rate;
  bool no_preload = false;
  bool no_verify = false;
};

int bench(Bench& flags) {
  auto& lab = flags.lab;
  if (flags.target.url.starts_with("memory:")) {
    throw BadInput("--url: bench measures a server; `larder replay` takes memory: too");
  }
  lab.keys = count_of(flags.keys, "--keys");
  lab.get_share = get_share_of(flags.ratio);
  lab.value = flag_value(lab::parse_size_range(flags.value), "--value-size");
  lab.duration = duration_or_bad_input(flags.duration, "--duration");
  lab.warm_up = duration_or_bad_input(flags.warm_up, "--warm-up");
  lab.preload = !flags.no_preload;
  if (!flags.requests.empty()) lab.requests = count_of(flags.requests, "--requests");
  if (!flags.rate.empty()) lab.rate = static_cast<double>(count_of(flags.rate, "--rate"));
  if (lab.keys == 0) throw BadInput("--keys: at least 1");
  check_distribution(lab.distribution, "--distribution");
  lab.verify = !flags.no_verify;
  const auto url = value_or_bad_input(store::read_redis_url(url_that_answers(flags.target)));
  if (url.tls || !url.socket_path.empty()) {
    throw BadInput("--url: bench speaks to redis://host[:port] only, without TLS");
  }
  if (url.database != 0) throw BadInput("--url: bench uses database 0 only");
  lab.host = url.host;
  lab.port = url.port;
  lab.user = url.user;
  lab.password = url.password;
  return lab::bench(lab, standard_output());
}

struct Replay {
  lab::ReplayOptions lab;
  Target target{.url = "memory:"};
  std::string keys = "100k", requests, size = "64";
  std::string policies, sizes = "1%,5%,10%,25%", by = "count", rate = "100";
};

/// Through the engine's eviction, a cell for each policy and size, instead of through a store.
int compare_policies(const Replay& flags) {
  // LARDER_URL may be set for other commands.
  const std::string& url = flags.target.url;
  if (url != "memory:" && base::environment(kUrlVariable) != url) {
    throw BadInput("--url excludes --policies: they are compared in the engine, not in a store");
  }
  lab::PolicyReplayOptions lab{
      .source = flags.lab.source,
      .policies = flag_value(lab::parse_policies(flags.policies), "--policies"),
      .by = flags.by == "bytes" ? lab::By::bytes : lab::By::count,
      .requests_per_second = count_of(flags.rate, "--rate"),
      .ttl = flags.lab.ttl,
      .threads = flags.lab.threads,
      .json = flags.lab.json};
  lab.sizes = flag_value(lab::parse_capacities(flags.sizes, lab.by), "--sizes");
  if (lab.requests_per_second == 0 || lab.requests_per_second > 1'000'000'000) {
    throw BadInput("--rate: from 1 to 1G requests a second");
  }
  return lab::policy_replay(lab, standard_output());
}

int replay(Replay& flags) {
  auto& lab = flags.lab;
  auto& source = lab.source;
  if (source.trace.empty() == source.generate.empty()) {
    throw BadInput("either a trace, or --generate zipf:1.0 to make one up");
  }
  source.keys = count_of(flags.keys, "--keys");
  source.size = flag_value(lab::parse_size_range(flags.size), "--size");
  if (!flags.requests.empty()) source.requests = count_of(flags.requests, "--requests");
  if (!source.generate.empty()) check_distribution(source.generate, "--generate");
  if (source.keys == 0) throw BadInput("--keys: at least 1");
  if (!flags.policies.empty()) return compare_policies(flags);
  lab.url = url_that_answers(flags.target);
  return lab::replay(lab, standard_output());
}

/// Flags of a comparison of policies; returns the one that asks for it.
CLI::Option* declare_comparison(CLI::App& command, Replay& flags) {
  auto* policies =
      command
          .add_option("--policies", flags.policies,
                      "Compare these in the engine itself, no store: adaptive,allkeys-lru, or all")
          ->type_name("LIST");
  const auto text = [&](const char* name, std::string& into, const char* type, const char* help) {
    return command.add_option(name, into, help)
        ->type_name(type)
        ->capture_default_str()
        ->needs(policies);
  };
  text("--sizes", flags.sizes, "LIST",
       "Sizes to compare at: shares of all keys, or 5000, or 64MiB");
  text("--by", flags.by, "count|bytes", "What a size counts: keys, or bytes of keys and values")
      ->check(CLI::IsMember({"count", "bytes"}).description(""));
  text("--rate", flags.rate, "N", "Requests a second of the trace's own time");
  return policies;
}

}  // namespace

Action declare_bench(CLI::App& command) {
  auto flags = std::make_shared<Bench>();
  auto& lab = flags->lab;
  const auto text = [&](const char* name, std::string& into, const char* type, const char* help) {
    return command.add_option(name, into, help)->type_name(type)->capture_default_str();
  };
  command.add_option("--connections", lab.connections, "Connections at once")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--pipeline", lab.pipeline, "Requests written together on a connection")
      ->type_name("N")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command.add_option("--threads", lab.threads, "Threads that make the load")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  auto* duration = text("--duration", flags->duration, "TIME", "How long to measure");
  command.add_option("--requests", flags->requests, "Stop after so many instead: 100k, 1M")
      ->type_name("N")
      ->excludes(duration);
  text("--warm-up", flags->warm_up, "TIME", "Load that is not measured, before");
  text("--keys", flags->keys, "N", "Distinct keys");
  text("--distribution", lab.distribution, "LAW", "uniform, zipf:1.0, hotspot:0.2,0.8 or scan");
  text("--value-size", flags->value, "SIZE", "Bytes of a value, or a range: 16-1024");
  text("--ratio", flags->ratio, "GETS:SETS", "The mix of commands");
  command
      .add_option("--rate", flags->rate, "Requests a second in all; without it, as fast as they go")
      ->type_name("N");
  command.add_option("--seed", lab.seed, "The same seed asks for the same keys")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--no-preload", flags->no_preload, "Do not write every key first");
  command.add_flag("--no-verify", flags->no_verify,
                   "Check a value's length, not its bytes: for servers without a store");
  command.add_flag("--keep", lab.keep, "Leave the keys (bench:*) in the server");
  command.add_flag("--json", lab.json, "Print a JSON object");
  declare_url(command, flags->target);
  return [flags] { return bench(*flags); };
}

Action declare_replay(CLI::App& command) {
  auto flags = std::make_shared<Replay>();
  auto& lab = flags->lab;
  auto& source = lab.source;
  command.add_option("TRACE", source.trace, "A file, plain or .zst; - is standard input");
  command
      .add_option("--generate", source.generate,
                  "Make requests up instead: zipf:1.0, uniform, hotspot:0.2,0.8, scan")
      ->type_name("LAW");
  command.add_option("--keys", flags->keys, "Distinct keys of a generated trace")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--size", flags->size,
                  "Bytes of key and value of a generated trace, or a range: 16-1024")
      ->type_name("SIZE")
      ->capture_default_str();
  command
      .add_option("--seed", source.seed, "The same seed makes the same trace and the same chance")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--requests", flags->requests, "Stop after so many: 100k, 1M")->type_name("N");
  command
      .add_option("--threads", lab.threads,
                  "Threads that send, or that play cells; the hits are the same for any number")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_flag("--ttl", lab.ttl,
                   "Let entries expire after the trace's third column, in seconds");
  auto* keep = command.add_flag("--keep", lab.keep, "Leave the entries in the store");
  command.add_flag("--json", lab.json, "Print a JSON object");
  declare_url(command, flags->target);
  auto* policies = declare_comparison(command, *flags);
  policies->excludes(keep);
  return [flags] { return replay(*flags); };
}

Action declare_tour(CLI::App& command) {
  auto target = std::make_shared<Target>(Target{.url = "memory:"});
  auto fast = std::make_shared<bool>(false);
  auto json = std::make_shared<bool>(false);
  command.add_flag("--fast", *fast, "Shorter lives and shorter waits");
  command.add_flag("--json", *json, "Print a JSON object; the tour itself goes to standard error");
  declare_url(command, *target);
  return [target, fast, json] {
    return lab::tour({.url = url_that_answers(*target), .fast = *fast, .json = *json},
                     standard_output());
  };
}

}  // namespace larder::apps
