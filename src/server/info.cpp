// INFO: sections of `name:value` lines, with the names that clients and dashboards read.
#include <array>
#include <string>

#include "base/text.hpp"
#include "base/units.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/version.hpp"

namespace larder::server {
namespace {

/// A section being written.
class Lines {
 public:
  void title(std::string_view text) {
    if (!text_.empty()) text_ += "\r\n";
    text_.append("# ").append(text).append("\r\n");
  }
  void line(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  template <std::integral T>
  void line(std::string_view name, T value) {
    line(name, std::to_string(value));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void server_section(Call& call, Lines& out) {
  const auto up =
      std::chrono::floor<std::chrono::seconds>(call.now() - call.context.host.started());
  out.line("redis_version", kRedisVersion);
  out.line("server_name", "larder");
  out.line("redis_mode", "standalone");
  out.line("os", "Linux");
  out.line("arch_bits", sizeof(void*) * 8);
  out.line("multiplexing_api", "epoll");
  out.line("tcp_port", call.context.host.port());
  out.line("server_time_usec", call.context.clock.wall().time_since_epoch().count() * 1'000);
  out.line("uptime_in_seconds", up.count());
  out.line("uptime_in_days", up.count() / 86'400);
  out.line("io_threads_active", call.context.options.threads > 1 ? 1 : 0);
}

void clients_section(Call& call, Lines& out) {
  out.line("connected_clients", call.context.host.stats().connections_now);
  out.line("maxclients", call.context.options.clients_max);
  out.line("blocked_clients", call.context.host.stats().connections_held);
  out.line("tracking_clients", 0);
}

void memory_section(Call& call, Lines& out) {
  const auto stats = call.node().stats();
  out.line("used_memory", stats.bytes_used);
  out.line("used_memory_human", base::size_text(stats.bytes_used));
  out.line("used_memory_dataset", stats.bytes_data);
  out.line("used_memory_overhead", stats.bytes_used - stats.bytes_data);
  out.line("maxmemory", stats.bytes_max);
  out.line("maxmemory_human", base::size_text(stats.bytes_max));
  out.line("maxmemory_policy", policy::to_string(call.node().eviction()));
}

void persistence_section(Call&, Lines& out) {
  out.line("loading", 0);
  out.line("async_loading", 0);
  out.line("rdb_bgsave_in_progress", 0);
  out.line("aof_enabled", 0);
  out.line("aof_rewrite_in_progress", 0);
}

void stats_section(Call& call, Lines& out) {
  const ServerStats server = call.context.host.stats();
  const auto node = call.node().stats();
  out.line("total_connections_received", server.connections_accepted);
  out.line("total_commands_processed", server.commands);
  out.line("total_net_input_bytes", server.bytes_in);
  out.line("total_net_output_bytes", server.bytes_out);
  out.line("rejected_connections", server.connections_rejected);
  out.line("connections_cut", server.connections_cut);
  out.line("expired_keys", node.expired);
  out.line("evicted_keys", node.evicted);
  out.line("keyspace_hits", node.hits);
  out.line("keyspace_misses", node.misses);
  out.line("total_error_replies", server.errors);
}

void replication_section(Call&, Lines& out) {
  out.line("role", "master");
  out.line("connected_slaves", 0);
  out.line("master_repl_offset", 0);
}

void commandstats_section(Call& call, Lines& out) {
  for (std::size_t i = 0; i < commands().size(); ++i) {
    const std::uint64_t calls = call.context.host.calls(i);
    if (calls == 0) continue;
    out.line("cmdstat_" + std::string(commands()[i].name), "calls=" + std::to_string(calls));
  }
}

void cluster_section(Call&, Lines& out) { out.line("cluster_enabled", 0); }

void keyspace_section(Call& call, Lines& out) {
  for (unsigned db = 0; db < call.node().databases(); ++db) {
    const auto stats = call.node().database(db);
    if (stats.entries == 0) continue;
    out.line("db" + std::to_string(db),
             "keys=" + std::to_string(stats.entries) +
                 ",expires=" + std::to_string(stats.entries_with_deadline) + ",avg_ttl=0");
  }
}

struct Section {
  std::string_view name;
  std::string_view title;
  bool by_default;
  void (*write)(Call& call, Lines& out);
};

constexpr Section kSections[] = {
    {"server", "Server", true, &server_section},
    {"clients", "Clients", true, &clients_section},
    {"memory", "Memory", true, &memory_section},
    {"persistence", "Persistence", true, &persistence_section},
    {"stats", "Stats", true, &stats_section},
    {"replication", "Replication", true, &replication_section},
    {"commandstats", "Commandstats", false, &commandstats_section},
    {"cluster", "Cluster", true, &cluster_section},
    {"keyspace", "Keyspace", true, &keyspace_section},
};

bool wanted(Args words, const Section& section) {
  if (words.empty()) return section.by_default;
  for (const std::string_view word : words) {
    if (base::same_word(word, "all") || base::same_word(word, "everything")) return true;
    if (base::same_word(word, "default") && section.by_default) return true;
    if (base::same_word(word, section.name)) return true;
  }
  return false;
}

}  // namespace

void info(Call& call) {
  Lines out;
  for (const Section& section : kSections) {
    if (!wanted(call.args.subspan(1), section)) continue;
    out.title(section.title);
    section.write(call, out);
  }
  call.reply.verbatim("txt", out.text());
}

}  // namespace larder::server
