// larder dns experiment: partitions, schemes and policies compared on real Redis servers.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <thread>
#include <type_traits>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/dns_study.hpp"
#include "apps/dns_tools.hpp"
#include "apps/report.hpp"
#include "base/disk.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "lab/domains.hpp"
#include "lab/study_report.hpp"
#include "manage/plan.hpp"

namespace larder::apps {
namespace {

struct ExperimentFlags {
  std::string csv, column, delimiter, replay, out = "dns-experiment";
  bool header = false, no_header = false, quick = false, fresh = false, no_check = false;
  std::string names = "50k", requests = "75k", memory = "2MiB", ttl = "1h", stub_delay = "0";
  std::uint64_t seed = 7;
  std::vector<unsigned> partitions{1, 2, 4, 8};
  std::vector<std::string> schemes{"hash", "range", "ring"},
      policies{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-ttl"}, laws{"zipf:1.0"};
  unsigned concurrency = 4, repeat = 1;
};

template <class T>
T experiment_value(Result<T> result, const char* flag) {
  if (!result) throw BadInput(std::string(flag) + ": " + result.error().detail);
  return std::move(*result);
}

std::size_t count_flag(const std::string& text, const char* flag, std::uint64_t most) {
  const auto count = experiment_value(base::parse_count(text), flag);
  if (count == 0 || count > most)
    throw BadInput(std::string(flag) + ": from 1 to " + base::count_text(most));
  return static_cast<std::size_t>(count);
}

/// A smaller matrix that is done in about half a minute.
void make_quick(ExperimentFlags& flags) {
  flags.names = "20k";
  flags.requests = "20k";
  flags.memory = "512KiB";
  flags.partitions = {1, 4};
  flags.schemes = {"hash", "ring"};
  flags.policies = {"allkeys-lru", "allkeys-random"};
}

char delimiter_of(const std::string& text) {
  if (text.empty()) return 0;
  if (text == "\\t" || text == "tab") return '\t';
  if (text.size() != 1 || text == "\"" || text == "\n")
    throw BadInput("--delimiter: expected one character, or tab");
  return text[0];
}

/// The names, and where they come from.
struct ExperimentNames {
  std::vector<std::string> names;
  std::vector<std::uint32_t> replay;  ///< The requests, where they are given.
  std::string told;
};

ExperimentNames names_of(const ExperimentFlags& flags) {
  const auto wanted = count_flag(flags.names, "--names", lab::kDomainsMax);
  if (flags.header && flags.no_header) throw BadInput("--header excludes --no-header");
  lab::DomainsOptions options{.delimiter = delimiter_of(flags.delimiter),
                              .column = flags.column,
                              .sample = wanted,
                              .seed = flags.seed};
  if (flags.header || flags.no_header) options.header = flags.header;
  if (!flags.replay.empty()) {
    auto replay = experiment_value(lab::replay_domains(flags.replay, options), "--replay");
    const auto told = base::count_text(replay.order.size()) + " requests for " +
                      base::count_text(replay.names.size()) + " names as " + flags.replay +
                      " has them";
    return {std::move(replay.names), std::move(replay.order), told};
  }
  if (flags.csv.empty())
    return {lab::synthetic_domains(wanted, flags.seed),
            {},
            base::count_text(wanted) + " made-up names"};
  auto domains = experiment_value(lab::sample_domains(flags.csv, options), "--csv");
  std::string told = base::count_text(domains.names.size()) + " names of " + flags.csv + " (" +
                     domains.column + "), by chance out of " +
                     base::count_text(domains.rows - domains.not_names);
  if (domains.not_names > 0) {
    std::fprintf(stderr,
                 "larder dns experiment: %s of %s records hold no name of a domain, the first in "
                 "line %llu; they are left out\n",
                 base::count_text(domains.not_names).c_str(),
                 base::count_text(domains.rows).c_str(),
                 static_cast<unsigned long long>(domains.first_not_name));
  }
  return {std::move(domains.names), {}, std::move(told)};
}

void check_words(const ExperimentFlags& flags) {
  for (const auto& policy : flags.policies) {
    if (!manage::is_policy(policy))
      throw BadInput("--policies: no policy '" + policy + "'; Redis has " + manage::policy_names());
    if (policy == "noeviction")
      std::fprintf(stderr,
                   "larder dns experiment: noeviction: once full, the cache takes nothing new\n");
  }
  std::string known;
  for (const auto& scheme : study_schemes())
    known += std::string(known.empty() ? "" : ", ") + scheme.name;
  for (const auto& name : flags.schemes) {
    const auto& all = study_schemes();
    if (std::none_of(all.begin(), all.end(), [&](const StudyScheme& s) { return name == s.name; }))
      throw BadInput("--schemes: no scheme '" + name + "'; there are " + known);
  }
  for (const unsigned count : flags.partitions) {
    if (count == 0 || count > 16) throw BadInput("--partitions: from 1 to 16 servers");
  }
}

std::vector<lab::StudyCell> cells_of(const ExperimentFlags& flags,
                                     const std::vector<std::string>& laws) {
  std::vector<lab::StudyCell> cells;
  const auto memory = experiment_value(base::parse_size(flags.memory), "--memory");
  // First what theory knows the answer to: whoever doubts the rest looks here.
  if (!flags.no_check && flags.replay.empty())
    cells.push_back({.law = "uniform",
                     .partitions = flags.partitions.back() > 1 ? 4U : 1U,
                     .scheme = flags.schemes[0],
                     .policy = flags.policies[0],
                     .memory_bytes = 0});
  for (const unsigned partitions : flags.partitions) {
    for (const auto& law : laws) {
      for (const auto& scheme : flags.schemes) {
        if (partitions == 1 && scheme != flags.schemes[0])
          continue;  // One server is one, whatever the scheme.
        for (const auto& policy : flags.policies) {
          for (unsigned repeat = 1; repeat <= flags.repeat; ++repeat)
            cells.push_back({law, partitions, scheme, policy, memory, repeat});
        }
      }
    }
  }
  return cells;
}

/// Ctrl-C, as something to look at.
class StopWatch {
 public:
  StopWatch()
      : thread_([this] {
          signals_.wait();
          stopped_ = true;
        }) {}
  ~StopWatch() {
    base::StopSignals::request();
    thread_.join();
  }
  bool stopped() const noexcept { return stopped_; }

 private:
  base::StopSignals signals_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

void write_results(base::Disk& disk, const std::vector<lab::StudyOutcome>& outcomes,
                   const lab::StudyFacts& facts, const std::vector<std::uint32_t>& order,
                   const std::vector<std::string>& names) {
  const auto put = [&](const std::string& file, std::string_view text) {
    value_or_bad_input(lab::put_file(disk, file, text));
  };
  const auto counts = lab::frequencies(order, names.size());
  put("runs.csv", lab::runs_csv(outcomes));
  put("report.md", lab::report_text(outcomes, facts));
  for (const auto& plot : lab::study_plots(outcomes, counts)) put(plot.file, plot.svg);
  std::vector<std::uint32_t> of_name(names.size());
  for (const auto index : order) ++of_name[index];
  std::string frequency = "name,requests\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (of_name[i] > 0) frequency += names[i] + "," + std::to_string(of_name[i]) + "\n";
  }
  put("frequency.csv", frequency);
}

int tell_results(const std::vector<lab::StudyOutcome>& outcomes, std::uint64_t names,
                 const std::string& folder) {
  bool good = true;
  for (const auto& check : lab::uniform_checks(outcomes, names)) {
    std::printf("closed form: measured %.2f %%, expected %.2f %%%s\n", check.measured * 100,
                check.expected * 100, check.holds() ? "" : ": MORE THAN A POINT APART");
    good = good && check.holds();
  }
  std::printf("%zu cells: %s/report.md, runs.csv and plots\n", outcomes.size(), folder.c_str());
  return good ? kYes : kNo;
}

template <class List>
std::string listed_flag(const char* flag, const List& values) {
  std::string text = std::string(" ") + flag;
  char before = ' ';
  for (const auto& value : values) {
    text += before;
    if constexpr (std::is_integral_v<std::decay_t<decltype(value)>>) {
      text += std::to_string(value);
    } else {
      text += value;
    }
    before = ',';
  }
  return text;
}

/// The command that does the same again, with nothing left to defaults.
std::string command_text(const ExperimentFlags& flags) {
  std::string text = "larder dns experiment";
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) text.append(" ").append(flag).append(" ").append(value);
  };
  if (!flags.replay.empty()) add("--replay", flags.replay);
  add("--csv", flags.csv);
  add("--column", flags.column);
  if (flags.replay.empty()) {
    add("--names", flags.names);
    add("--requests", flags.requests);
    for (const auto& law : flags.laws) add("--dist", law);
  }
  text += listed_flag("--partitions", flags.partitions) + listed_flag("--schemes", flags.schemes) +
          listed_flag("--policies", flags.policies);
  add("--memory", flags.memory);
  add("--ttl", flags.ttl);
  add("--stub-delay", flags.stub_delay);
  add("--concurrency", std::to_string(flags.concurrency));
  add("--repeat", std::to_string(flags.repeat));
  add("--seed", std::to_string(flags.seed));
  return text;
}

int run_experiment(ExperimentFlags flags) {
  if (flags.quick) make_quick(flags);
  check_words(flags);
  auto source = names_of(flags);
  const bool replayed = !source.replay.empty();
  const auto laws = replayed ? std::vector<std::string>{"replay"} : flags.laws;
  const auto requests =
      replayed ? source.replay.size() : count_flag(flags.requests, "--requests", 100'000'000);
  for (const auto& law : laws) {
    if (!replayed) experiment_value(lab::Distribution::parse(law), "--dist");
  }
  const auto order_of = [&](const std::string& law) {
    return law == "replay" ? source.replay
                           : lab::request_order(lab::Distribution::parse(law).value(),
                                                source.names.size(), requests, flags.seed);
  };
  const lab::StudyOptions options{.names = source.names,
                                  .requests = order_of,
                                  .cells = cells_of(flags, laws),
                                  .concurrency = flags.concurrency,
                                  .resume = !flags.fresh};
  const auto ttl =
      std::chrono::ceil<std::chrono::seconds>(duration_or_bad_input(flags.ttl, "--ttl")).count();
  const auto disk = value_or_bad_input(base::open_system_disk(flags.out));

  base::ignore_broken_pipes();
  std::vector<lab::StudyOutcome> outcomes;
  {
    const StopWatch watch;
    const auto subject =
        make_study_subject(source.names, static_cast<std::uint32_t>(ttl),
                           duration_or_bad_input(flags.stub_delay, "--stub-delay"));
    const lab::Output output{.progress = base::is_terminal(base::Standard::error)};
    auto ran = lab::run_study(options, *subject, *disk, base::SystemClock::instance(), output,
                              [&] { return watch.stopped(); });
    if (!ran && ran.error().code == Errc::cancelled) throw Negative(ran.error().detail);
    outcomes = value_or_bad_input(std::move(ran));
  }
  const lab::StudyFacts facts{
      .names = source.told,
      .command = command_text(flags),
      .name_count = source.names.size(),
      .request_count = requests,
      .seed = flags.seed,
      .concurrency = flags.concurrency,
      .notes = {"Each partition is a redis-server of its own on this machine; all of them together "
                "have the memory of the cell, beyond what an empty server needs.",
                "No near cache: every question asks a partition. Misses ask the built-in stub "
                "authority, whose records live " +
                    flags.ttl + ".",
                "Requests, hits, keys and evictions of a partition are its own figures (INFO)."}};
  write_results(*disk, outcomes, facts, order_of(laws[0]), source.names);
  return tell_results(outcomes, source.names.size(), flags.out);
}

}  // namespace

void declare_dns_experiment(CLI::App& dns, DnsTools& tools) {
  auto flags = std::make_shared<ExperimentFlags>();
  auto& command = *dns.add_subcommand(
      "experiment",
      "Compare partitions, schemes and policies on real Redis servers; writes a report with plots");
  command.get_option("--help")->description("Print this and end");
  const auto text = [&](const char* name, std::string& into, const char* type, const char* help) {
    command.add_option(name, into, help)->type_name(type)->capture_default_str();
  };
  const auto list = [&](const char* name, auto& into, const char* help) {
    command.add_option(name, into, help)->type_name("LIST")->delimiter(',')->capture_default_str();
  };
  text("--out", flags->out, "FOLDER",
       "Where the report goes, and from where a stopped run goes on");
  text("--csv", flags->csv, "FILE",
       "Names from a CSV, plain or .zst, sampled over the whole file; without, names are made up");
  text("--column", flags->column, "NAME|N",
       "Its column, by name or number from 1; found out unless given");
  text("--delimiter", flags->delimiter, "CHAR", "What parts its fields; found out unless given");
  command.add_flag("--header", flags->header, "Its first record names columns");
  command.add_flag("--no-header", flags->no_header, "It does not; found out unless given");
  text("--names", flags->names, "N", "How many names to sample or make up");
  text("--requests", flags->requests, "N", "Requests of a cell");
  command
      .add_option("--dist", flags->laws,
                  "uniform, zipf:1.0, hotspot:0.2,0.8 or scan; more than once for several")
      ->type_name("LAW")
      ->capture_default_str();
  text("--replay", flags->replay, "FILE", "Requests from a CSV instead, in its order");
  list("--partitions", flags->partitions, "Numbers of Redis servers");
  list("--schemes", flags->schemes, "hash, range, range-learnt, ring, rendezvous, jump");
  list("--policies", flags->policies, "Eviction policies of Redis");
  text("--memory", flags->memory, "SIZE", "Of all partitions together");
  text("--ttl", flags->ttl, "DURATION", "Of the stub's records");
  text("--stub-delay", flags->stub_delay, "DURATION", "How long the stub takes");
  command
      .add_option("--seed", flags->seed, "The same seed asks for the same names in the same order")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--concurrency", flags->concurrency, "Requests at once")
      ->type_name("N")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--repeat", flags->repeat, "Cells of each kind")
      ->type_name("N")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_flag("--quick", flags->quick, "A small matrix of its own, done in seconds");
  command.add_flag("--fresh", flags->fresh, "Run every cell again, also those that are in FOLDER");
  command.add_flag("--no-check", flags->no_check,
                   "Leave out the cell that is compared with its closed form");
  tools.emplace_back(&command, [flags] { return run_experiment(*flags); });
}

}  // namespace larder::apps
