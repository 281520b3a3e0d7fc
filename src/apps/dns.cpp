// The flags of `larder dns`, and the file that may hold them.
#include <algorithm>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "apps/dns_config.hpp"
#include "apps/dns_tools.hpp"
#include "base/files.hpp"

namespace larder::apps {
namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;

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

void declare_dns_flags(CLI::App& command, DnsFlags& flags) {
  const auto list = [&](const char* name, std::vector<std::string>& into, const char* type,
                        const char* help) {
    command.add_option(name, into, help)->type_name(type)->delimiter(',')->capture_default_str();
  };
  list("--listen", flags.listen, "ADDR:PORT,...",
       "Where to answer DNS over UDP and TCP; port 0 takes a free one");
  list("--upstream", flags.upstream, "HOST:PORT,...|system",
       "Whom to ask; system: whoever /etc/resolv.conf names");
  command.add_flag("--stub", flags.stub, "Ask nobody: made-up answers, for tests and experiments");
  list("--allow", flags.allow, "NETWORK,...",
       "Who may ask besides this machine, such as 192.0.2.0/24");
  for (const TextFlag& flag : kTextFlags) {
    command.add_option(flag.name, flags.*flag.into, flag.help)
        ->type_name(flag.type)
        ->capture_default_str();
  }
  const auto number = [&](const char* name, auto& into, const char* help) {
    command.add_option(name, into, help)->type_name("N")->capture_default_str();
  };
  number("--stub-nxdomain", flags.stub_nxdomain_share,
         "The share of names, 0 to 1, that do not exist there");
  number("--threads", flags.threads, "Threads that answer");
  number("--attempts", flags.attempts, "How often upstreams are asked in all for one question");
  number("--prefetch", flags.prefetch_percent,
         "Asked for in the last N % of its life, an answer is fetched anew; 0: never");
  number("--amplification", flags.amplification,
         "A UDP answer's bytes for each of the question's, beyond which TCP is asked for; 0: no "
         "bound");
  number("--client-rate", flags.client_rate,
         "Questions a second over UDP from one address before it is told to use TCP; 0: any");
  number("--inflight", flags.inflight_max, "Questions under way at once on one thread");
  command.add_flag("--no-0x20", flags.no_random_case,
                   "Ask in lower case: for an upstream that does not keep a question's case");
  command.add_flag("--upstream-tcp", flags.tcp_only, "Ask over TCP only");
  command.add_flag("--no-private", flags.no_private,
                   "Take addresses of private networks out of answers");
  command
      .add_option("--redis", flags.own_redis,
                  "Start so many Redis servers of this machine as shared partitions, and end them "
                  "with the service")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  declare_dns_faces(command, flags.faces);
}

/// What was typed, each by its name without dashes, a list with commas between.
DnsSettings settings_given(const CLI::App& command) {
  DnsSettings given;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    std::string value;
    for (const auto& piece : option->results()) value += (value.empty() ? "" : ",") + piece;
    given[option->get_lnames().front()] = {value, ""};
  }
  return given;
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

}  // namespace

DnsSettings with_config_file(const DnsSettings& given) {
  const auto file = given.find("config");
  if (file == given.end()) return given;
  const std::string& path = file->second.value;
  const auto text = value_or_bad_input(base::read_file(path, kConfigBytesMax));
  DnsSettings all = given, seen;
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto line = trimmed(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto blank = line.find_first_of(" \t");
    const std::string name(line.substr(0, blank));
    const std::string where = path + ":" + std::to_string(number) + ": ";
    if (name.starts_with('-'))
      throw BadInput(where + "settings stand here without dashes: " +
                     name.substr(name.find_first_not_of('-')) + " VALUE");
    if (!seen.emplace(name, DnsSetting{}).second) throw BadInput(where + name + " stands twice");
    // What is typed stands before what is written.
    all.emplace(name, DnsSetting{std::string(blank == line.npos ? "" : trimmed(line.substr(blank))),
                                 where});
  }
  return all;
}

DnsFlags dns_flags_of(const DnsSettings& settings) {
  DnsFlags flags;
  CLI::App app;
  declare_dns_flags(app, flags);
  for (const auto& [name, setting] : settings) {
    if (name == "config") continue;
    if (app.get_option_no_throw("--" + name) == nullptr || name == "help")
      throw BadInput(setting.where + "no setting " + name +
                     "; `larder dns --help` lists them, here without dashes");
    try {
      app.parse(std::vector<std::string>{"--" + name +
                                         (setting.value.empty() ? "" : "=" + setting.value)});
    } catch (const CLI::ParseError& wrong) {
      throw BadInput(setting.where + wrong.what());
    }
  }
  return flags;
}

std::vector<std::string> changed_settings(const DnsSettings& before, const DnsSettings& after) {
  std::vector<std::string> names;
  const auto differs = [](const DnsSettings& in, const std::string& name,
                          const std::string& value) {
    const auto found = in.find(name);
    return found == in.end() || found->second.value != value;
  };
  for (const auto& [name, setting] : after) {
    if (differs(before, name, setting.value)) names.push_back(name);
  }
  for (const auto& [name, setting] : before) {
    if (!after.contains(name)) names.push_back(name);
  }
  return names;
}

Action declare_dns(CLI::App& command) {
  auto flags = std::make_shared<DnsFlags>();
  declare_dns_flags(command, *flags);
  command
      .add_option("--config", flags->config_file,
                  "Read settings from this file too, a flag's name and value a line; SIGHUP reads "
                  "it again")
      ->type_name("FILE");
  auto tools = std::make_shared<DnsTools>();
  declare_dns_experiment(command, *tools);
  declare_dns_status(command, *tools);
  command.require_subcommand(0, 1);
  return [flags, tools, &command] {
    for (const auto& [tool, action] : *tools) {
      if (tool->parsed()) return action();
    }
    return run_dns(settings_given(command));
  };
}

}  // namespace larder::apps
