// larder redis cli, flush, logs, info and policy: to servers that run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/keep_whole.hpp"
#include "apps/redis_place.hpp"
#include "apps/report.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "manage/info_text.hpp"

namespace larder::apps {
namespace {

// ---- cli --------------------------------------------------------------------------------------------

/// redis-cli beside the server it came with, or the one in PATH.
std::string find_cli(manage::Host& host, const std::string& server) {
  const auto slash = server.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : server.substr(0, slash + 1);
  for (const char* const name : {"redis-cli", "valkey-cli"}) {
    for (const auto& path : {folder + name, std::string(name)}) {
      if (auto found = host.find_program(path); !found.empty()) return found;
    }
  }
  throw BadInput(
      "neither redis-cli nor valkey-cli is in PATH; install one (Debian: apt-get install "
      "redis-tools)");
}

/// The first data node, or under Sentinel the primary of the moment.
const manage::Node& node_to_ask(RedisHere& here, const manage::Setup& setup,
                                const std::string& wanted) {
  if (!wanted.empty()) return node_of(setup, wanted);
  if (setup.mode == manage::Mode::sentinel) {
    const auto password = value_or_bad_input(here.redis.password());
    for (const auto& node : setup.nodes) {
      if (node.sentinel) continue;
      const auto info = here.host->ask(node.port, password, {"INFO", "replication"});
      if (info && manage::info_field(*info, "role") == "master") return node;
    }
  }
  return setup.nodes.front();
}

int cli(const std::string& wanted, std::vector<std::string> rest, const RedisPlace& place) {
  RedisHere here(place);
  const auto setup = value_or_bad_input(here.redis.running());
  const auto& node = node_to_ask(here, setup, wanted);
  std::vector<std::string> arguments{"-h", manage::kHost, "-p", std::to_string(node.port)};
  if (setup.mode == manage::Mode::cluster) arguments.emplace_back("-c");
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  std::vector<std::pair<std::string, std::string>> variables;
  if (const auto password = value_or_bad_input(here.redis.password());
      !password.empty() && !node.sentinel) {
    variables.emplace_back("REDISCLI_AUTH", password);
  }
  throw BadInput(base::become(find_cli(*here.host, setup.server), arguments, variables).detail);
}

// ---- flush ------------------------------------------------------------------------------------------

void ask_before_flush(std::uint64_t keys, const std::string& url) {
  if (!base::is_terminal(base::Standard::input)) {
    throw BadInput("nobody is here to be asked; --yes flushes without a question");
  }
  std::fprintf(stderr, "Erase %s of %s, all databases? Type yes: ",
               (base::count_text(keys) + (keys == 1 ? " key" : " keys")).c_str(), url.c_str());
  char line[16] = "";
  if (std::fgets(line, sizeof line, stdin) == nullptr || std::string_view{line} != "yes\n") {
    throw Negative("nothing was erased");
  }
}

int flush(bool yes, bool json, const RedisPlace& place) {
  RedisHere here(place);
  std::uint64_t keys = 0;
  for (const auto& [node, info] :
       value_or_bad_input(here.redis.ask_each({"INFO", "keyspace"}, true))) {
    keys += manage::info_keys(info);
  }
  if (!yes) ask_before_flush(keys, manage::url_of(value_or_bad_input(here.redis.running())));
  const auto flushed = value_or_bad_input(here.redis.ask_each({"FLUSHALL"}, true)).size();
  if (json) {
    print_line(Json{}
                   .number("erased", static_cast<std::int64_t>(keys))
                   .number("servers", static_cast<std::int64_t>(flushed))
                   .str());
  } else {
    print_line("erased " + base::count_text(keys) + (keys == 1 ? " key" : " keys"));
  }
  return kYes;
}

// ---- logs -------------------------------------------------------------------------------------------

struct Logs {
  std::string node;
  std::size_t lines = 20;
  bool follow = false;
};

constexpr std::size_t kLogBytesMax = 1024 * 1024;

std::string last_lines(const std::string& text, std::size_t lines) {
  std::size_t from = text.size();
  while (from > 0 && lines > 0) {
    const auto before = text.rfind('\n', from - 1 == 0 ? 0 : from - 2);
    from = before == std::string::npos || from < 2 ? 0 : before + 1;
    --lines;
  }
  return text.substr(from);
}

void print_log(const std::string& name, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    print_line(name.empty() ? std::string(line) : name + ": " + std::string(line));
  }
}

/// A log that grows, read on from where it was.
struct Followed {
  std::string name, path;
  std::uint64_t at = 0;
};

void follow(std::vector<Followed>& logs) {
  constexpr std::chrono::milliseconds kEvery{200};
  for (;;) {
    for (auto& log : logs) {
      auto news = base::read_from(log.path, log.at, kLogBytesMax);
      if (!news) continue;
      const auto whole = news->rfind('\n');
      if (whole == std::string::npos) continue;  // Half a line waits for its other half.
      log.at += whole + 1;
      print_log(log.name, std::string_view(*news).substr(0, whole + 1));
    }
    if (std::fflush(stdout) != 0) return;
    std::this_thread::sleep_for(kEvery);
  }
}

int logs(const Logs& options, const RedisPlace& place) {
  RedisHere here(place);
  const auto setup = value_or_bad_input(here.redis.known());
  std::vector<Followed> all;
  for (const auto& node : setup.nodes) {
    if (!options.node.empty() && &node != &node_of(setup, options.node)) continue;
    all.push_back({node.name, here.redis.log_of(node)});
  }
  if (all.size() == 1) all.front().name.clear();
  for (auto& log : all) {
    log.at = base::file_size(log.path);
    const auto from = log.at - std::min<std::uint64_t>(log.at, kLogBytesMax);
    if (const auto text = base::read_from(log.path, from, log.at - from)) {
      print_log(log.name, last_lines(*text, options.lines));
    }
  }
  if (options.follow) follow(all);
  return kYes;
}

// ---- info and policy --------------------------------------------------------------------------------

struct Info {
  std::string section, node;
  bool json = false;
};

int info(const Info& options, const RedisPlace& place) {
  RedisHere here(place);
  const auto setup = value_or_bad_input(here.redis.running());
  std::vector<std::string> words{"INFO"};
  if (!options.section.empty()) words.push_back(options.section);
  const auto replies = value_or_bad_input(here.redis.ask_each(words, false));
  const auto wanted = options.node.empty() ? std::string() : node_of(setup, options.node).name;
  std::vector<Json> nodes;
  for (const auto& [node, text] : replies) {
    if (!wanted.empty() && node.name != wanted) continue;
    if (options.json) {
      nodes.push_back(Json{}
                          .text("name", node.name)
                          .number("port", std::int64_t{node.port})
                          .object("info", info_as_json(text)));
      continue;
    }
    std::string plain = text;
    std::erase(plain, '\r');
    while (plain.ends_with('\n')) plain.pop_back();
    if (plain.empty()) throw BadInput("no section " + options.section + " in INFO");
    if (setup.nodes.size() > 1)
      print_line((nodes.empty() && &node == &replies.front().first ? "" : "\n") +
                 ("## " + node.name));
    print_line(plain);
  }
  if (options.json) print_line(Json{}.list("nodes", nodes).str());
  return kYes;
}

int policy(const std::string& name, bool json, const RedisPlace& place) {
  RedisHere here(place);
  if (!name.empty()) value_or_bad_input(here.redis.set_policy(name));
  std::vector<Json> nodes;
  for (const auto& [node, text] :
       value_or_bad_input(here.redis.ask_each({"INFO", "memory"}, false))) {
    const auto now = std::string(manage::info_field(text, "maxmemory_policy"));
    if (!name.empty() && now != name) throw Negative(node.name + " has " + now + " still");
    nodes.push_back(Json{}.text("name", node.name).text("policy", now));
    if (!json) print_line(node.name + ": " + now);
  }
  if (json) print_line(Json{}.list("nodes", nodes).str());
  return kYes;
}

void declare_node(CLI::App& command, std::string& node) {
  command.add_option("--node", node, "Only this server: its number, or its name such as ring-2")
      ->type_name("NODE");
}

}  // namespace

void declare_redis_cli(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand("cli", "Run redis-cli on it; what follows is redis-cli's");
  auto node = std::make_shared<std::string>();
  auto rest = std::make_shared<std::vector<std::string>>();
  declare_node(command, *node);
  command.add_option("WORD", *rest, "What redis-cli gets: a command, or its own flags")
      ->type_name("");
  command.footer(
      "Examples:\n"
      "  larder redis cli\n"
      "  larder redis cli SET greeting hello\n"
      "  larder redis cli --node 2 INFO memory\n"
      "  larder redis cli -n 1 --scan\n");
  actions.emplace_back(&command, [node, rest, place = declare_place(command)] {
    take_whole(*rest);
    return cli(*node, *rest, *place);
  });
}

void declare_redis_flush(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand("flush", "Erase every key of every server");
  auto yes = std::make_shared<bool>(false);
  auto json = std::make_shared<bool>(false);
  command.add_flag("--yes", *yes, "Do not ask");
  command.add_flag("--json", *json, "Print a JSON object");
  command.footer(
      "Examples:\n  larder redis flush                      # asks first\n  larder redis flush "
      "--yes\n");
  actions.emplace_back(
      &command, [yes, json, place = declare_place(command)] { return flush(*yes, *json, *place); });
}

void declare_redis_logs(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand("logs", "Print what the servers logged");
  auto options = std::make_shared<Logs>();
  command.add_flag("-f,--follow", options->follow,
                   "Go on with what they log from now on, until Ctrl-C");
  command.add_option("--lines", options->lines, "The last ones of each server")
      ->type_name("N")
      ->capture_default_str();
  declare_node(command, options->node);
  command.footer("Examples:\n  larder redis logs --lines 100\n  larder redis logs -f --node 2\n");
  actions.emplace_back(
      &command, [options, place = declare_place(command)] { return logs(*options, *place); });
}

void declare_redis_info(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand("info", "Print what the servers say of themselves");
  auto options = std::make_shared<Info>();
  command.add_option("SECTION", options->section, "Only this: server, memory, stats, …");
  declare_node(command, options->node);
  command.add_flag("--json", options->json, "Print a JSON object");
  command.footer("Examples:\n  larder redis info memory\n  larder redis info --json --node 1\n");
  actions.emplace_back(
      &command, [options, place = declare_place(command)] { return info(*options, *place); });
}

void declare_redis_policy(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand(
      "policy", "Set what is evicted at the memory bound, on every server, for good");
  auto name = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command.add_option("NAME", *name,
                     "The policy, such as allkeys-lru; without it, those in force are printed");
  command.add_flag("--json", *json, "Print a JSON object");
  command.footer("Examples:\n  larder redis policy allkeys-lfu\n  larder redis policy --json\n");
  actions.emplace_back(&command, [name, json, place = declare_place(command)] {
    return policy(*name, *json, *place);
  });
}

}  // namespace larder::apps
