// larder redis start, stop and status.
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/redis_place.hpp"
#include "apps/report.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/units.hpp"

namespace larder::apps {
namespace {

// ---- start ------------------------------------------------------------------------------------------

struct Start {
  std::string mode, password_file, maxmemory, policy, conf, server;
  unsigned nodes = 0, replicas = 0;
  std::uint16_t port = 0;
  bool no_aof = false, json = false;
  CLI::Option *nodes_given = nullptr, *replicas_given = nullptr, *port_given = nullptr;
};

template <class T>
std::optional<T> if_given(const CLI::Option* option, const T& value) {
  return option->count() > 0 ? std::optional<T>(value) : std::nullopt;
}

std::optional<std::string> if_any(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<std::string> wished_password(const Start& options) {
  if (!options.password_file.empty())
    return password_of(Target{.password_file = options.password_file});
  return if_any(base::environment("REDIS_PASSWORD"));
}

std::optional<std::string> wished_conf(const std::string& file) {
  if (file.empty()) return std::nullopt;
  constexpr std::uint64_t kConfBytesMax = 1024 * 1024;
  value_or_bad_input(base::read_file(file, kConfBytesMax), "--conf takes a redis.conf");
  std::error_code error;
  return std::filesystem::absolute(file, error).lexically_normal().string();
}

manage::Wish wish_of(const Start& options) {
  manage::Wish wish;
  if (!options.mode.empty()) wish.mode = manage::mode_of(options.mode);
  wish.nodes = if_given(options.nodes_given, options.nodes);
  wish.replicas = if_given(options.replicas_given, options.replicas);
  wish.port = if_given(options.port_given, options.port);
  wish.password = wished_password(options);
  wish.no_aof = options.no_aof;
  wish.maxmemory = if_any(options.maxmemory);
  wish.policy = if_any(options.policy);
  wish.conf = wished_conf(options.conf);
  wish.server = if_any(options.server);
  return wish;
}

int start(const Start& options, const RedisPlace& place) {
  const auto wish = wish_of(options);
  RedisHere here(place);
  const auto setup = value_or_bad_input(here.redis.start(wish));
  const auto url = manage::url_of(setup);
  const bool locked = !value_or_bad_input(here.redis.password()).empty();
  if (options.json) {
    Json json;
    json.text("url", url).text("mode", manage::to_string(setup.mode));
    locked ? json.text("password_file", here.redis.password_file()) : json.null("password_file");
    std::vector<Json> nodes;
    for (const auto& node : setup.nodes) {
      nodes.push_back(Json{}
                          .text("name", node.name)
                          .number("port", std::int64_t{node.port})
                          .number("pid", std::int64_t{node.process.id}));
    }
    print_line(json.list("nodes", nodes).str());
    return kYes;
  }
  for (const auto& node : setup.nodes) {
    std::fprintf(stderr, "larder: %s on %s:%u, process %d\n", node.name.c_str(), manage::kHost,
                 unsigned{node.port}, node.process.id);
  }
  if (locked)
    std::fprintf(stderr, "larder: the password is in %s\n", here.redis.password_file().c_str());
  print_line(url);
  return kYes;
}

// ---- stop -------------------------------------------------------------------------------------------

struct Stop {
  bool kill = false, erase = false, yes = false, json = false;
};

void ask_before_erase(const std::string& what) {
  if (!base::is_terminal(base::Standard::input)) {
    throw BadInput("nobody is here to be asked; --yes erases without a question");
  }
  std::fprintf(stderr, "Erase all data of %s? Type yes: ", what.c_str());
  char line[16] = "";
  if (std::fgets(line, sizeof line, stdin) == nullptr || std::string_view{line} != "yes\n") {
    throw Negative("nothing was erased, and nothing stopped");
  }
}

int stop(const Stop& options, const RedisPlace& place) {
  RedisHere here(place);
  const auto setup = value_or_bad_input(here.redis.known());
  if (options.erase && !options.yes) ask_before_erase(manage::url_of(setup));
  const auto ended = value_or_bad_input(here.redis.stop(options.kill));
  if (options.erase) value_or_bad_input(here.redis.erase());
  if (options.json) {
    print_line(Json{}
                   .number("stopped", static_cast<std::int64_t>(ended))
                   .boolean("erased", options.erase)
                   .str());
  } else {
    print_line(ended == 0
                   ? "nothing ran"
                   : "stopped " + std::to_string(ended) + (ended == 1 ? " server" : " servers"));
  }
  return kYes;
}

// ---- status -----------------------------------------------------------------------------------------

Json json_of(const manage::NodeStatus& node) {
  Json json;
  json.text("name", node.name)
      .number("port", std::int64_t{node.port})
      .boolean("running", node.process != 0);
  if (node.process != 0) json.number("pid", std::int64_t{node.process});
  if (!node.role.empty()) {
    json.text("role", node.role)
        .text("version", node.version)
        .number("memory_bytes", static_cast<std::int64_t>(node.memory_bytes))
        .number("keys", static_cast<std::int64_t>(node.keys))
        .number("uptime_seconds", static_cast<std::int64_t>(node.uptime_seconds))
        .text("aof", node.aof)
        .text("policy", node.policy);
  }
  return node.problem.empty() ? json.null("problem") : json.text("problem", node.problem);
}

std::string table_line(const manage::NodeStatus& node) {
  char line[160];
  if (node.role.empty()) {
    std::snprintf(line, sizeof line, "%-12s %5u  ", node.name.c_str(), unsigned{node.port});
    return line + node.problem;
  }
  const auto uptime = node.uptime_seconds == 0
                          ? std::string("0 s")
                          : base::duration_text(std::chrono::seconds(node.uptime_seconds));
  const bool holds_data = node.role != "sentinel";
  std::snprintf(line, sizeof line, "%-12s %5u %8d  %-8s %10s %12s %12s  %-4s", node.name.c_str(),
                unsigned{node.port}, node.process, node.role.c_str(),
                holds_data ? base::size_text(node.memory_bytes).c_str() : "",
                holds_data ? base::count_text(node.keys).c_str() : "", uptime.c_str(),
                node.aof.c_str());
  return node.problem.empty() ? line : std::string(line) + "  " + node.problem;
}

int print_status(const manage::Status& status, const std::string& folder, bool json) {
  const auto url = manage::url_of(status.setup);
  if (json) {
    Json all;
    all.text("url", url)
        .text("mode", manage::to_string(status.setup.mode))
        .boolean("running", status.running());
    all.boolean("well", status.well()).text("dir", folder);
    std::vector<Json> nodes;
    for (const auto& node : status.nodes) nodes.push_back(json_of(node));
    print_line(all.list("nodes", nodes).str());
  } else {
    print_line(url);
    print_line("node          port      pid  role         memory         keys       uptime  aof");
    for (const auto& node : status.nodes) print_line(table_line(node));
    if (!status.problem.empty()) print_line(status.problem);
  }
  return status.well() ? kYes : kNo;
}

int status(bool json, const RedisPlace& place) {
  RedisHere here(place);
  const auto status = value_or_bad_input(here.redis.status());
  if (status) return print_status(*status, here.redis.folder(), json);
  if (json) {
    print_line(Json{}
                   .null("url")
                   .boolean("running", false)
                   .boolean("well", false)
                   .text("dir", here.redis.folder())
                   .str());
    return kNo;
  }
  throw Negative("no Redis was started in " + here.redis.folder() +
                 "; `larder redis start` starts one");
}

}  // namespace

void declare_redis_start(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand(
      "start", "Start Redis or Valkey on this machine, and print the URL to open");
  auto options = std::make_shared<Start>();
  command
      .add_option("--mode", options->mode,
                  "One server, a ring of independent ones, Sentinel, or Cluster")
      ->check(CLI::IsMember({"single", "ring", "sentinel", "cluster"}).description(""))
      ->type_name("single|ring|sentinel|cluster");
  options->nodes_given =
      command
          .add_option("--nodes", options->nodes, "How many servers in all, sentinels not counted")
          ->type_name("N");
  options->replicas_given =
      command.add_option("--replicas", options->replicas, "Of each primary of a cluster")
          ->type_name("N");
  options->port_given =
      command
          .add_option("--port", options->port,
                      "The first one's port, the others follow; 0 takes free ones. A single server "
                      "has 6379, others free ones from 7000 on")
          ->type_name("PORT");
  command
      .add_option("--password-file", options->password_file,
                  "Its first line is the password; without it, REDIS_PASSWORD is")
      ->type_name("FILE");
  command.add_flag("--no-aof", options->no_aof,
                   "Keep no log of writes: a server that ends forgets");
  command.add_option("--maxmemory", options->maxmemory, "Bound for each server, such as 100mb")
      ->type_name("SIZE");
  command.add_option("--policy", options->policy, "What to evict at that bound")
      ->type_name(manage::policy_names("|"));
  command.add_option("--conf", options->conf, "A redis.conf of your own besides")
      ->type_name("FILE");
  command
      .add_option("--server", options->server,
                  "The server program; without it, redis-server or valkey-server from PATH")
      ->type_name("FILE");
  command.add_flag("--json", options->json, "Print a JSON object");
  command.footer(
      "Examples:\n"
      "  larder redis start\n"
      "  larder redis start --nodes 4 --mode ring\n"
      "  larder redis start --mode cluster --nodes 6 --replicas 1 --dir /tmp/cluster\n"
      "  export LARDER_URL=$(larder redis start --maxmemory 100mb --policy allkeys-lru)\n");
  actions.emplace_back(
      &command, [options, place = declare_place(command)] { return start(*options, *place); });
}

void declare_redis_stop(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand("stop", "Stop what was started; the data stays");
  auto options = std::make_shared<Stop>();
  command.add_flag("--kill", options->kill, "Kill a server that does not end within 5 s");
  auto* erase = command.add_flag("--erase", options->erase,
                                 "Give up its data, logs and settings too; asks first");
  command.add_flag("--yes", options->yes, "Do not ask")->needs(erase);
  command.add_flag("--json", options->json, "Print a JSON object");
  command.footer("Examples:\n  larder redis stop\n  larder redis stop --erase --yes\n");
  actions.emplace_back(
      &command, [options, place = declare_place(command)] { return stop(*options, *place); });
}

void declare_redis_status(CLI::App& redis, RedisActions& actions) {
  auto& command = *redis.add_subcommand(
      "status", "Tell what runs, server by server; the status is 0 where all is well");
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print a JSON object");
  command.footer("Examples:\n  larder redis status\n  larder redis status --json\n");
  actions.emplace_back(&command,
                       [json, place = declare_place(command)] { return status(*json, *place); });
}

}  // namespace larder::apps
