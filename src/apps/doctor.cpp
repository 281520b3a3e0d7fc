// larder doctor: is that store well, and what to do if it is not.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/findings.hpp"
#include "apps/report.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"
#include "store/redis/url.hpp"

namespace larder::apps {
namespace {

constexpr int kRoundTrips = 21;
constexpr std::chrono::seconds kProbeLife{10};

base::Instant now() { return base::SystemClock::instance().now(); }

/// `cure` is for a server that answers. One that does not needs another.
Finding failed(std::string about, const Error& error, std::string cure) {
  if (error.code == Errc::unreachable || error.code == Errc::disconnected) {
    cure =
        "start that server (`larder redis status` tells what runs here), or take it out of the URL";
  }
  return {Health::bad, std::move(about), error.detail.empty() ? to_string(error) : error.detail,
          std::move(cure)};
}

Finding check_latency(const Store& store) {
  std::vector<base::Nanos> round_trips;
  for (int i = 0; i < kRoundTrips; ++i) {
    const auto begun = now();
    if (const auto answer = store.ping(); !answer) {
      return failed("latency", answer.error(), "see whether the server is overloaded");
    }
    round_trips.push_back(now() - begun);
  }
  return finding_of_latency(std::move(round_trips));
}

/// Writes, reads and erases a key of its own, which a crash of ours leaves for ten seconds.
Finding check_writing(const Store& store) {
  const auto key = "larder-doctor-" + std::to_string(base::system_entropy());
  const auto cure =
      "see the user's rights (ACL GETUSER), and whether it is a replica or out of memory";
  const auto set = store.set(key, "well", {.ttl = kProbeLife});
  if (!set) return failed("writes", set.error(), cure);
  const auto got = store.at_primary().get(key);
  if (!got) return failed("reads", got.error(), cure);
  const bool same = got->has_value() && **got == Bytes("well");
  const auto erased = store.erase(key);
  if (!erased) return failed("writes", erased.error(), cure);
  if (same) return {Health::good, "writes", "a key was written, read and erased"};
  return {Health::bad, "writes", "what was written was not there to be read",
          "is it at its memory bound, evicting what is newest?"};
}

/// What Larder's own operations run on there: its native commands, or scripts. A look at a limit leaves nothing.
Finding check_steps(const Store& store) {
  const auto key = "larder-doctor-" + std::to_string(base::system_entropy());
  const auto peeked = store.limit_peek(key, {.max = 1, .window = kProbeLife});
  if (!peeked) {
    return failed(
        "steps", peeked.error(),
        "locks, limits and fills need scripts (EVAL, EVALSHA) or larder serve's own commands");
  }
  return {Health::good, "steps", "locks, limits and guarded fills can be used"};
}

/// How far that kind of store is to be relied on.
Finding promises_of(const Store& store) {
  std::string exact, best_effort;
  for (const Capability& one : store.capabilities()) {
    if (one.grade == Capability::Grade::absent) continue;
    std::string& words = one.grade == Capability::Grade::exact ? exact : best_effort;
    words.append(words.empty() ? "" : "; ").append(one.what);
    if (one.grade == Capability::Grade::best_effort) words.append(" (").append(one.how).append(")");
  }
  if (exact.empty()) exact = "nothing";
  return {Health::good, "promises", "exact: " + exact + ". Best effort: " + best_effort};
}

std::vector<store::RedisUrl> servers_of(const std::string& url) {
  if (auto one = store::read_redis_url(url)) return {std::move(*one)};
  if (auto several = store::read_servers_url(url)) return std::move(several->servers);
  return {};
}

/// Of the first server that others can reach: who else gets in, and who can listen.
std::optional<Finding> check_openness(const Target& target) {
  for (const auto& server : servers_of(target.url)) {
    if (!server.socket_path.empty() || net::is_loopback(server.host)) continue;
    if (server.password.empty() && password_of(target).empty() && !server.tls) {
      return Finding{Health::bad, "access",
                     "anybody who reaches " + server.host + " gets in without a password",
                     "set requirepass, or let it listen on 127.0.0.1 only"};
    }
    if (!server.tls) {
      return Finding{Health::note, "access",
                     "password and values go to " + server.host + " for all on the way to read",
                     "rediss:// where the server has TLS, else a network that is yours alone"};
    }
  }
  return std::nullopt;
}

const char* word_of(Health health) {
  return health == Health::good ? "ok" : health == Health::note ? "note" : "BAD";
}

int tell(const std::vector<Finding>& findings, const std::string& url, bool json) {
  const bool well = std::none_of(findings.begin(), findings.end(),
                                 [](const Finding& f) { return f.health == Health::bad; });
  std::vector<Json> rows;
  for (const auto& finding : findings) {
    if (!json) {
      char head[32];
      std::snprintf(head, sizeof head, "%-5s %-9s ", word_of(finding.health),
                    finding.about.c_str());
      print_line(head + finding.words);
      if (!finding.cure.empty()) print_line("                -> " + finding.cure);
      continue;
    }
    Json row;
    row.text("health", base::lower(word_of(finding.health)))
        .text("about", finding.about)
        .text("words", finding.words);
    finding.cure.empty() ? row.null("cure") : row.text("cure", finding.cure);
    rows.push_back(std::move(row));
  }
  if (json) print_line(Json{}.text("url", url).boolean("well", well).list("findings", rows).str());
  return well ? kYes : kNo;
}

int doctor(bool json, const Target& target) {
  const auto begun = now();
  const auto store = open(target);  // Ends the command with the cure where nobody answers.
  const std::string url{store.url()};
  std::vector<Finding> all{
      {Health::good, "reach", url + " answered after " + base::duration_text(now() - begun)}};
  if (auto open_to_all = check_openness(target)) all.push_back(std::move(*open_to_all));
  all.push_back(check_latency(store));
  const auto info = store.info();
  if (!info) {
    all.push_back(failed("server", info.error(), "INFO is refused: see the user's rights"));
  } else {
    for (auto& finding : findings_of_info(*info)) all.push_back(std::move(finding));
  }
  all.push_back(check_writing(store));
  all.push_back(check_steps(store));
  all.push_back(promises_of(store));
  return tell(all, url, json);
}

}  // namespace

Action declare_doctor(CLI::App& command) {
  auto target = std::make_shared<Target>();
  auto json = std::make_shared<bool>(false);
  declare_url(command, *target);
  command.add_option("URL", target->url, "The store, in place of --url")->type_name("");
  command.add_option("--timeout", target->timeout, "How long one call may take")
      ->type_name("TIME")
      ->capture_default_str()
      ->group("Connection");
  command.add_flag("--json", *json, "Print a JSON object");
  return [target, json] { return doctor(*json, *target); };
}

}  // namespace larder::apps
