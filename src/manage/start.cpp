// A start: what is wished for against what is there, then server by server, each up before the next.
#include "manage/start.hpp"

#include <algorithm>

#include "base/units.hpp"
#include "manage/conf_file.hpp"
#include "manage/info_text.hpp"
#include "manage/refusal.hpp"

namespace larder::manage {
namespace {

constexpr const char* kPasswordVariable = "REDIS_PASSWORD";
constexpr std::uint16_t kFirstPort = 7000, kFirstSentinelPort = 26379, kSinglePort = 6379;
constexpr int kPortTries = 20;
constexpr base::Millis kAnswerTime{30'000}, kLoadTime{600'000}, kAnswerPause{10};
constexpr base::Millis kGiveUpTime{10'000};
constexpr std::size_t kLogTailBytes = 2'000;

/// The last lines that say what went wrong, as one.
std::string last_words(std::string_view log) {
  constexpr std::size_t kBytesMax = 400;
  while (log.ends_with('\n')) log.remove_suffix(1);
  if (log.size() > kBytesMax) log.remove_prefix(log.find('\n', log.size() - kBytesMax) + 1);
  std::string words(log);
  std::replace(words.begin(), words.end(), '\n', '|');
  return words;
}

bool is_port_taken(std::string_view log) {
  return log.find("Address already in use") != std::string_view::npos;
}

}  // namespace

Result<Setup> LocalRedis::start(const Wish& wish) {
  auto held = lock();
  if (!held) return held.error();
  Starter starter(*this, host_, wish);
  auto started = starter.run();
  if (!started) starter.take_back();
  return started;
}

Result<Setup> Starter::run() {
  if (auto begun = begin(); !begun) return begun.error();
  for (std::size_t i = 0; i < setup_.nodes.size(); ++i) {
    if (setup_.nodes[i].sentinel && i == data_nodes()) {
      if (auto joined = join(); !joined) return joined.error();
    }
    if (auto up = bring_up(i); !up) return up.error();
  }
  if (setup_.mode == Mode::sentinel) {
    if (auto joined = join_sentinels(); !joined) return joined.error();
  } else if (auto joined = join(); !joined) {
    return joined.error();
  }
  if (auto saved = all_.save(setup_); !saved) return saved.error();
  return setup_;
}

void Starter::take_back() {
  for (const std::size_t index : started_) {
    Node& node = setup_.nodes[index];
    if (all_.runs(setup_, node)) (void)all_.end(setup_, node, base::Signal::terminate, kGiveUpTime);
    node.process = {};
  }
  if (fresh_) {
    (void)host_.remove(all_.folder_ + "/state");
    (void)host_.remove(all_.password_file());
  } else if (!started_.empty()) {
    (void)all_.save(setup_);
  }
}

Result<void> Starter::begin() {
  auto before = all_.load();
  if (!before) return before.error();
  auto secret = all_.password();
  if (!secret) return secret.error();
  password_ = *secret;
  if (*before) return begin_again(std::move(**before));
  auto setup = lay_out(wish_);
  if (!setup) return setup.error();
  setup_ = std::move(*setup);
  setup_.boot = host_.boot_name();
  fresh_ = true;
  conf_anew_ = true;
  if (auto settled = settle_password(false); !settled) return settled;
  return find_server();
}

Result<void> Starter::begin_again(Setup&& before) {
  all_.find_lost(before, password_);
  setup_ = std::move(before);
  const bool something_runs = std::any_of(setup_.nodes.begin(), setup_.nodes.end(),
                                          [&](const Node& n) { return all_.runs(setup_, n); });
  if (const auto what = differs(wish_, setup_); !what.empty()) {
    if (auto changed = change_layout(what, something_runs); !changed) return changed;
  }
  if (!something_runs) setup_.boot = host_.boot_name();
  if (auto settled = settle_password(something_runs); !settled) return settled;
  if (auto settled = settle_settings(something_runs); !settled) return settled;
  return find_server();
}

Result<void> Starter::change_layout(const std::string& what, bool something_runs) {
  const auto here = std::string(to_string(setup_.mode)) + " of " + std::to_string(data_nodes()) +
                    " in " + all_.folder_;
  Wish but_nodes = wish_;
  but_nodes.nodes.reset();
  const bool only_grows = setup_.mode == Mode::ring && wish_.nodes.value_or(0) > data_nodes() &&
                          differs(but_nodes, setup_).empty();
  if (something_runs && !only_grows) {
    return refusal(what + ": a " + here +
                   " runs already; `larder redis stop` ends it, --dir FOLDER keeps another");
  }
  const bool may_change = setup_.mode == Mode::single || setup_.mode == Mode::ring;
  if (wish_.mode.value_or(setup_.mode) != setup_.mode || !may_change) {
    return refusal(
        what + ": the data of a " + here +
        " is here; --dir FOLDER keeps another, `larder redis stop --erase` gives this up");
  }
  Wish merged = wish_;
  merged.mode = setup_.mode;
  if (!wish_.nodes) merged.nodes = data_nodes();
  auto laid = lay_out(merged);
  if (!laid) return laid.error();
  // Places in a ring are remembered by port.
  for (std::size_t i = 0; i < laid->nodes.size() && i < setup_.nodes.size(); ++i) {
    if (only_grows || !wish_.port) laid->nodes[i] = setup_.nodes[i];
  }
  laid->server = setup_.server;
  laid->aof = setup_.aof;
  laid->maxmemory = setup_.maxmemory;
  laid->policy = setup_.policy;
  laid->boot = setup_.boot;
  if (!wish_.conf) laid->conf = setup_.conf;
  setup_ = std::move(*laid);
  conf_anew_ = true;
  return {};
}

Result<void> Starter::settle_password(bool something_runs) {
  if (!wish_.password || *wish_.password == password_) return {};
  if (something_runs) {
    return refusal("that is another password than the one it runs with (" + all_.password_file() +
                   "); `larder redis stop`, then start with the new one");
  }
  password_ = *wish_.password;
  password_anew_ = true;
  return host_.write(all_.password_file(), password_ + "\n");
}

Result<void> Starter::settle_settings(bool something_runs) {
  auto wanted =
      lay_out({.no_aof = wish_.no_aof, .maxmemory = wish_.maxmemory, .policy = wish_.policy});
  if (!wanted) return wanted.error();
  const bool no_aof = wish_.no_aof && setup_.aof;
  const bool maxmemory = wish_.maxmemory && wanted->maxmemory != setup_.maxmemory;
  const bool policy = wish_.policy && wanted->policy != setup_.policy;
  if (!no_aof && !maxmemory && !policy) return {};
  if (something_runs) {
    return refusal(std::string(no_aof      ? "--no-aof"
                               : maxmemory ? "--maxmemory"
                                           : "--policy") +
                   ": it runs with another setting already; `larder redis stop`, then start again" +
                   (policy ? ", or `larder redis policy " + *wish_.policy + "`" : ""));
  }
  if (no_aof) setup_.aof = false;
  if (maxmemory) setup_.maxmemory = wanted->maxmemory;
  if (policy) setup_.policy = wanted->policy;
  conf_anew_ = true;
  return {};
}

Result<void> Starter::find_server() {
  if (wish_.server) setup_.server = *wish_.server;
  if (!setup_.server.empty() && !wish_.server && host_.find_program(setup_.server).empty()) {
    setup_.server.clear();  // It was taken off the machine since.
  }
  if (!setup_.server.empty()) return {};
  for (const char* const name : {"redis-server", "valkey-server"}) {
    setup_.server = host_.find_program(name);
    if (!setup_.server.empty()) return {};
  }
  return Error{Errc::unsupported, Effect::refused,
               "neither redis-server nor valkey-server is in PATH; install one "
               "(Debian: apt-get install redis-server), or name it with --server PROGRAM"};
}

unsigned Starter::data_nodes() const {
  return static_cast<unsigned>(std::count_if(setup_.nodes.begin(), setup_.nodes.end(),
                                             [](const Node& node) { return !node.sentinel; }));
}

// ---- one server -------------------------------------------------------------------------------------

bool Starter::port_serves(std::uint16_t port) const {
  const bool used = std::any_of(setup_.nodes.begin(), setup_.nodes.end(),
                                [&](const Node& node) { return node.port == port; });
  if (used || !host_.port_is_free(port)) return false;
  if (setup_.mode != Mode::cluster) return true;
  const unsigned bus = port + unsigned{kClusterBusOffset};
  return bus <= 65'535 && host_.port_is_free(static_cast<std::uint16_t>(bus));
}

Result<void> Starter::choose_port(std::size_t index, std::uint16_t not_below) {
  Node& node = setup_.nodes[index];
  node.port = 0;
  for (std::uint32_t port = not_below; port <= 65'535; ++port) {
    if (!port_serves(static_cast<std::uint16_t>(port))) continue;
    node.port = static_cast<std::uint16_t>(port);
    return {};
  }
  return Error{Errc::unreachable, Effect::not_sent,
               "no free port from " + std::to_string(not_below) + " on; --port names one"};
}

Result<void> Starter::bring_up(std::size_t index) {
  Node& node = setup_.nodes[index];
  if (all_.runs(setup_, node)) return {};
  const unsigned first = node.sentinel                 ? 0
                         : wish_.port                  ? *wish_.port
                         : setup_.mode == Mode::single ? kSinglePort
                                                       : 0;
  const bool chooses = node.port == 0 && first == 0;
  if (chooses) {
    const auto from = node.sentinel ? kFirstSentinelPort : kFirstPort;
    if (auto chosen = choose_port(index, from); !chosen) return chosen;
  } else if (node.port == 0 && first + index > 65'535) {
    return refusal("--port " + std::to_string(first) + ": there are no ports beyond 65535");
  } else if (node.port == 0) {
    node.port = static_cast<std::uint16_t>(first + index);
  }
  for (int tries = 0; tries < kPortTries; ++tries) {
    auto up = launch(index);
    if (up || !chooses || up.error().code != Errc::unreachable) return up;
    // Somebody was faster than we: the next one.
    const auto next = static_cast<std::uint16_t>(node.port + 1);
    if (auto chosen = choose_port(index, next); !chosen) return chosen;
  }
  return Error{Errc::unreachable, Effect::not_sent, "every port tried was taken; --port names one"};
}

Result<void> Starter::launch(std::size_t index) {
  Node& node = setup_.nodes[index];
  const auto taken = [&] {
    return Error{
        Errc::unreachable, Effect::not_sent,
        node.name + ": port " + std::to_string(node.port) + " on " + kHost +
            " is in use by another program; --port N names another, --port 0 takes a free one"};
  };
  if (!host_.port_is_free(node.port)) return taken();
  if (auto made = host_.make_folder(all_.folder_of(node)); !made) return made;
  if (auto written = write_conf(node); !written) return written;
  const auto log_before = host_.tail(all_.log_of(node), kLogTailBytes);
  base::Launch launch{.program = setup_.server,
                      .arguments = {all_.conf_of(node)},
                      .folder = all_.folder_of(node),
                      .log = all_.log_of(node),
                      .without = {kPasswordVariable}};
  if (node.sentinel) launch.arguments.push_back("--sentinel");
  // The state before the process: whatever ends us between the two, the next command knows where to look.
  if (auto saved = all_.save(setup_); !saved) return saved;
  auto mark = host_.start(launch);
  if (!mark) return mark.error();
  node.process = *mark;
  started_.push_back(index);
  if (auto saved = all_.save(setup_); !saved) return saved;
  auto answers = wait_until_it_answers(node);
  if (answers || all_.runs(setup_, node)) return answers;
  const auto log = host_.tail(all_.log_of(node), kLogTailBytes);
  const auto news = log.starts_with(log_before) ? log.substr(log_before.size()) : log;
  return is_port_taken(news) ? taken() : answers;
}

Result<void> Starter::write_conf(const Node& node) {
  const auto file = all_.conf_of(node);
  auto before = host_.read(file);
  if (!before) return before.error();
  const auto primary = node.sentinel       ? setup_.nodes.front().port
                       : node.primary == 0 ? std::uint16_t{0}
                                           : setup_.nodes[node.primary - 1].port;
  const ConfPlace place{all_.folder_of(node), node.port, primary, password_};
  const bool keeps_notes = setup_.mode == Mode::sentinel || setup_.mode == Mode::cluster;
  // What a start that failed has left of another cluster.
  if (fresh_ && setup_.mode == Mode::cluster) {
    if (auto gone = host_.remove(all_.folder_of(node) + "/nodes.conf"); !gone) return gone;
  }
  if (!*before || fresh_ || (conf_anew_ && !keeps_notes)) {
    return host_.write(file, conf_text(setup_, node, place));
  }
  if (!conf_anew_ && !password_anew_) return {};
  std::string conf = **before;
  if (password_anew_ && node.sentinel) {
    const auto name = std::string("sentinel auth-pass ") + kSentinelName;
    conf = with_setting(conf, name, conf_quoted(password_));
  } else if (password_anew_) {
    // Where the server rewrote the file, the old password stands in it a second time.
    conf = without_setting(conf, "user default");
    conf = with_setting(conf, "requirepass", conf_quoted(password_));
    conf = with_setting(conf, "masterauth", conf_quoted(password_));
  }
  if (conf_anew_ && !node.sentinel) {
    if (!setup_.aof) conf = with_setting(conf, "appendonly", "no");
    if (!setup_.maxmemory.empty()) conf = with_setting(conf, "maxmemory", setup_.maxmemory);
    if (!setup_.policy.empty()) conf = with_setting(conf, "maxmemory-policy", setup_.policy);
  }
  return host_.write(file, conf);
}

Error Starter::end_of(const Node& node) {
  return {Errc::io, Effect::refused,
          node.name + ": " + setup_.server +
              " ended at once: " + last_words(host_.tail(all_.log_of(node), kLogTailBytes)) +
              "; all of it is in " + all_.log_of(node)};
}

Result<void> Starter::wait_until_it_answers(const Node& node) {
  const auto begun = host_.now();
  bool loading = false;
  std::string last;
  while (host_.now() - begun < (loading ? kLoadTime : kAnswerTime)) {
    if (!all_.runs(setup_, node)) return end_of(node);
    const auto info = ask(node, {"INFO", "server"});
    if (info) {
      // Else another server has the port, and ours is about to notice.
      if (info_number(*info, "process_id") == static_cast<unsigned>(node.process.id)) {
        const auto ping = ask(node, {"PING"});
        if (ping) return {};
        loading = ping.error().detail.find("LOADING") != std::string::npos;
        last = ping.error().detail;
      }
    } else {
      last = info.error().detail;
      if (info.error().code == Errc::unauthorized) {
        return refusal(node.name + " does not take the password: " + last +
                       "; a password goes to --password-file or REDIS_PASSWORD, not into --conf");
      }
    }
    host_.sleep(kAnswerPause);
  }
  return Error{Errc::timeout, Effect::maybe_executed,
               node.name + " does not answer (" + last + "); see " + all_.log_of(node)};
}

Result<std::string> Starter::ask(const Node& node, const std::vector<std::string>& words) {
  return host_.ask(node.port, node.sentinel ? std::string() : password_, words);
}

}  // namespace larder::manage
