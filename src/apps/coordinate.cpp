// lock, limit: coordination for shell scripts, across machines.
#include <larder/limiter.hpp>
#include <larder/lock.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/keep_whole.hpp"
#include "apps/report.hpp"
#include "base/foreground.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::apps {
namespace {

// As env(1) and the shells say it.
constexpr int kCannotRun = 126, kNotFound = 127;
/// The lock was lost and the command ended for it: EX_TEMPFAIL, try again later.
constexpr int kLost = 75;

struct LockFlags {
  std::string name, wait = "0", ttl = "30s";
  std::vector<std::string> words;
};

/// Waits as the library does, and ends as this process is asked to; then what it got in that moment is given back.
std::optional<HeldLock> acquire(const LockFlags& flags, const Target& target,
                                const LockOptions& options, const base::PassedSignals& signals) {
  constexpr Millis kLook{50};
  const Store store = open(target);
  std::stop_source asked_to_end;
  const std::stop_token stop = asked_to_end.get_token();
  std::jthread look([&](const std::stop_token& over) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock{mutex};
    while (!over.stop_requested() && !signals.pending())
      never.wait_for(lock, over, kLook, [] { return false; });
    if (!over.stop_requested()) asked_to_end.request_stop();
  });
  auto held = Lock{store, flags.name, options}.acquire({.stop = &stop});
  look.request_stop();
  look.join();
  if (signals.pending()) {
    if (held) held->reset();
    signals.obey();
  }
  if (!held) end_with(held.error());
  return std::move(*held);
}

/// Until the command ends, or the lock is about to: then the command has the rest of the lock's time to stop in.
int run_under(HeldLock& lock, base::Child& child, Millis ttl) {
  const std::stop_token lost = lock.stop_token();
  const Millis look = std::clamp(ttl / 20, Millis{5}, Millis{100});
  std::optional<int> status;
  while (!(status = child.wait(look))) {
    if (!lost.stop_requested()) continue;
    child.ask_to_end();
    status = child.wait(lock.left());
    if (!status) child.end();
    while (!status) status = child.wait(Millis{1'000});
    std::fprintf(stderr, "larder lock: lock %s was lost; the command was ended (its status: %d)\n",
                 base::quoted(lock.name(), 64).c_str(), *status);
    return kLost;
  }
  const auto released = lock.release();
  if (!released && released.error().code == Errc::lock_lost)
    std::fprintf(stderr, "larder lock: lock %s was lost before the command ended\n",
                 base::quoted(lock.name(), 64).c_str());
  return *status;
}

int lock(LockFlags& flags, const Target& target) {
  take_whole(flags.words);
  const LockOptions options{.ttl = duration_or_bad_input(flags.ttl, "--ttl"),
                            .wait = duration_or_bad_input(flags.wait, "--wait"),
                            .renew = true};
  if (options.ttl < Millis{100}) throw BadInput("--ttl: at least 100ms, it is renewed each third");
  const base::PassedSignals signals;
  auto held = acquire(flags, target, options, signals);
  if (!held) throw Negative("lock " + base::quoted(flags.name, 64) + " is somebody else's");
  auto child = base::Child::start(flags.words);
  if (!child) {
    std::fprintf(stderr, "larder lock: %s: %s\n", base::quoted(flags.words.front(), 64).c_str(),
                 child.error().message().c_str());
    return child.error() == std::errc::no_such_file_or_directory ? kNotFound : kCannotRun;
  }
  return run_under(*held, *child, options.ttl);
}

struct LimitFlags {
  std::string key, rate, cost = "1", burst, algorithm = "sliding";
  bool peek = false;
  bool json = false;
};

std::uint32_t count_or_bad_input(const std::string& text, const char* flag) {
  const auto count = base::parse_count(text);
  if (!count) throw BadInput(std::string{flag} + ": " + count.error().detail);
  if (*count > base::limits::kLimitMax)
    throw BadInput(std::string{flag} + ": " + base::quoted(text, 64) + " is more than " +
                   std::to_string(base::limits::kLimitMax));
  return static_cast<std::uint32_t>(*count);
}

/// "100/1m", and "100/m" as people say it.
Rate rate_or_bad_input(const LimitFlags& flags) {
  const auto slash = flags.rate.find('/');
  if (slash == std::string::npos)
    throw BadInput("RATE: expected COUNT/TIME such as 100/1m, found \"" + flags.rate + "\"");
  const std::uint32_t max = count_or_bad_input(flags.rate.substr(0, slash), "RATE");
  std::string time = flags.rate.substr(slash + 1);
  if (!time.empty() && (time.front() < '0' || time.front() > '9')) time.insert(0, "1");
  const Millis window = duration_or_bad_input(time, "RATE");
  const bool bucket = flags.algorithm == "bucket";
  if (!flags.burst.empty() && !bucket) throw BadInput("--burst: only --algorithm bucket has one");
  if (bucket) {
    return Rate::token_bucket(max, window,
                              flags.burst.empty() ? 0 : count_or_bad_input(flags.burst, "--burst"));
  }
  if (flags.algorithm == "fixed") return Rate::fixed_window(max, window);
  if (flags.algorithm == "log") return Rate::sliding_log(max, window);
  return Rate::sliding_window(max, window);
}

int limit(const LimitFlags& flags, const Target& target) {
  const Limiter limiter(open(target), "", rate_or_bad_input(flags));
  const std::uint32_t cost = count_or_bad_input(flags.cost, "--cost");
  const Decision decision =
      value_or_end(flags.peek ? limiter.peek(flags.key, cost) : limiter.allow(flags.key, cost));
  if (flags.json) {
    print_line(Json{}
                   .boolean("allowed", decision.allowed)
                   .number("remaining", std::int64_t{decision.remaining})
                   .number("retry_after_ms", std::int64_t{decision.retry_after.count()})
                   .number("reset_after_ms", std::int64_t{decision.reset_after.count()})
                   .str());
  } else if (decision.allowed) {
    print_line("allowed, " + std::to_string(decision.remaining) + " left");
  } else {
    print_line("denied, " + std::to_string(decision.remaining) + " left, again in " +
               base::duration_text(decision.retry_after));
  }
  return decision.allowed ? kYes : kNo;
}

/// --store, as another name of --url: what is locked need not be a server's key in anybody's mind.
void declare_store(CLI::App& command, Target& target) {
  command.add_option("--store", target.url, "The same as --url")
      ->type_name("URL")
      ->group("Connection");
}

}  // namespace

Action declare_lock(CLI::App& command) {
  auto flags = std::make_shared<LockFlags>();
  command.add_option("NAME", flags->name, "The lock's name, an entry of the store")->required();
  command.add_option("COMMAND", flags->words, "What to run while it is held; -- in front of it")
      ->required()
      ->expected(-1);
  command.add_option("--wait", flags->wait, "How long to wait for another's lock")
      ->type_name("TIME")
      ->capture_default_str();
  command
      .add_option("--ttl", flags->ttl,
                  "How long others wait if this machine dies; renewed each third of it")
      ->type_name("TIME")
      ->capture_default_str();
  auto target = declare_target(command);
  declare_store(command, *target);
  return [flags, target] { return lock(*flags, *target); };
}

Action declare_limit(CLI::App& command) {
  auto flags = std::make_shared<LimitFlags>();
  command.add_option("NAME", flags->key, "Whose limit it is, an entry of the store")->required();
  command.add_option("RATE", flags->rate, "COUNT/TIME: 100/1m, 5/s, 10k/1d")->required();
  command.add_option("--cost", flags->cost, "How many to take, all or nothing")
      ->type_name("N")
      ->capture_default_str();
  command
      .add_option("--algorithm", flags->algorithm, "How it is counted; see docs/coordination.md")
      ->check(CLI::IsMember({"sliding", "fixed", "log", "bucket"}).description(""))
      ->type_name("sliding|fixed|log|bucket")
      ->capture_default_str();
  command.add_option("--burst", flags->burst, "Of a bucket: how many at once")->type_name("N");
  command.add_flag("--peek", flags->peek, "Only ask; take nothing");
  command.add_flag("--json", flags->json, "Print a JSON object");
  auto target = declare_target(command);
  declare_store(command, *target);
  return [flags, target] { return limit(*flags, *target); };
}

}  // namespace larder::apps
