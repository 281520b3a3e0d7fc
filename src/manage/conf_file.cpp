#include "manage/conf_file.hpp"

#include "base/text.hpp"

namespace larder::manage {
namespace {

// A local Sentinel or Cluster is there to be tried out: it notices soon, yet not every hiccup of a busy machine.
constexpr const char* kSentinelDownAfter = "2000";
constexpr const char* kSentinelFailoverTimeout = "10000";
constexpr const char* kClusterNodeTimeout = "5000";

class Lines {
 public:
  Lines& note(std::string_view words) { return line("#", words); }
  Lines& line(std::string_view name, std::string_view value) {
    text_.append(name).append(" ").append(value).append("\n");
    return *this;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

/// `bind`, `port` and the rest that every server of ours needs so that we find it again.
void add_place(Lines& lines, const ConfPlace& place) {
  lines.line("bind", kHost)
      .line("port", std::to_string(place.port))
      .line("dir", conf_quoted(place.folder))
      .line("pidfile", conf_quoted(place.folder + "/pid"))
      .line("daemonize", "no")
      .line("logfile", "\"\"");
}

std::string sentinel_conf(const ConfPlace& place) {
  const std::string name = kSentinelName;
  Lines lines;
  lines.note("Written by larder; the sentinel adds what it learns.");
  add_place(lines, place);
  lines.line("sentinel monitor", name + " " + kHost + " " + std::to_string(place.primary_port) +
                                     " " + std::to_string(kSentinels / 2 + 1));
  if (!place.password.empty()) {
    lines.line("sentinel auth-pass", name + " " + conf_quoted(place.password));
  }
  lines.line("sentinel down-after-milliseconds", name + " " + kSentinelDownAfter)
      .line("sentinel failover-timeout", name + " " + kSentinelFailoverTimeout)
      .line("sentinel parallel-syncs", name + " 1");
  return std::move(lines).text();
}

void add_bounds(Lines& lines, const Setup& setup) {
  if (!setup.maxmemory.empty()) lines.line("maxmemory", setup.maxmemory);
  if (!setup.policy.empty()) lines.line("maxmemory-policy", setup.policy);
}

}  // namespace

std::string conf_quoted(std::string_view text) { return base::quoted(text, text.size() * 4 + 2); }

std::string conf_text(const Setup& setup, const Node& node, const ConfPlace& place) {
  if (node.sentinel) return sentinel_conf(place);
  Lines lines;
  lines.note("Written by larder when this server was first started; later changes are kept.");
  lines.line("appendonly", setup.aof ? "yes" : "no").line("save", "\"\"");
  if (!setup.conf.empty()) lines.line("include", conf_quoted(setup.conf));
  add_bounds(lines, setup);
  if (!setup.aof) lines.line("appendonly", "no");
  add_place(lines, place);
  if (!place.password.empty()) {
    lines.line("requirepass", conf_quoted(place.password))
        .line("masterauth", conf_quoted(place.password));
  }
  // A replica that is new need not wait for others to come with it.
  if (setup.mode == Mode::cluster || setup.mode == Mode::sentinel) {
    lines.line("repl-diskless-sync-delay", "0");
  }
  if (setup.mode == Mode::cluster) {
    lines.line("cluster-enabled", "yes")
        .line("cluster-config-file", "nodes.conf")
        .line("cluster-node-timeout", kClusterNodeTimeout);
  } else if (place.primary_port != 0) {
    lines.line("replicaof", std::string(kHost) + " " + std::to_string(place.primary_port));
  }
  return std::move(lines).text();
}

std::string without_setting(std::string_view conf, std::string_view name) {
  std::string out;
  while (!conf.empty()) {
    const auto line = conf.substr(0, conf.find('\n'));
    conf.remove_prefix(std::min(conf.size(), line.size() + 1));
    const bool is_it = line.size() > name.size() && line[name.size()] == ' ' &&
                       base::same_word(line.substr(0, name.size()), name);
    if (!is_it) out.append(line).append("\n");
  }
  return out;
}

std::string with_setting(std::string_view conf, std::string_view name, std::string_view value) {
  return without_setting(conf, name) + std::string(name) + " " + std::string(value) + "\n";
}

}  // namespace larder::manage
