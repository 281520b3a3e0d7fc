// INFO: sections of `name:value` lines, with the names that clients and dashboards read.
#include <concepts>
#include <cstdio>
#include <string>

#include "base/process.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "node/durability.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/policy_alarm.hpp"
#include "server/pub_sub.hpp"
#include "server/rates.hpp"
#include "server/settings.hpp"
#include "server/timings.hpp"
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

/// A figure with so many digits behind the point.
std::string decimal(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// How large the part is, in percent.
std::string percent(std::size_t part, std::size_t whole) {
  return decimal(whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole),
                 2) +
         "%";
}

void server_section(Call& call, Lines& out) {
  const auto up =
      std::chrono::floor<std::chrono::seconds>(call.now() - call.context.host.started());
  out.line("redis_version", kRedisVersion);
  out.line("redis_git_sha1", "00000000");
  out.line("redis_git_dirty", 0);
  out.line("server_name", "larder");
  out.line("redis_mode", "standalone");
  out.line("os", "Linux");
  out.line("arch_bits", sizeof(void*) * 8);
  out.line("multiplexing_api", "epoll");
  out.line("process_id", base::process_id());
  out.line("run_id", call.context.host.run_id());
  const Host& host = call.context.host;
  out.line("tcp_port", host.port() != 0 ? host.port() : host.tls_port());
  out.line("server_time_usec", call.context.clock.wall().time_since_epoch().count() * 1'000);
  out.line("uptime_in_seconds", up.count());
  out.line("uptime_in_days", up.count() / 86'400);
  out.line("hz", 10);
  out.line("configured_hz", 10);
  out.line("config_file", call.context.options.config_file);
  out.line("io_threads_active", call.context.options.threads > 1 ? 1 : 0);
  int listener = 0;
  for (const auto& [name, port] :
       {std::pair{"tcp", host.port()}, std::pair{"tls", host.tls_port()}}) {
    if (port == 0) continue;
    out.line("listener" + std::to_string(listener++), std::string("name=") + name +
                                                          ",bind=" + call.context.options.bind +
                                                          ",port=" + std::to_string(port));
  }
}

void clients_section(Call& call, Lines& out) {
  const ServerStats server = call.context.host.stats();
  out.line("connected_clients", server.connections_now);
  out.line("cluster_connections", 0);
  out.line("maxclients", call.context.settings.clients_max.get());
  out.line("blocked_clients", server.connections_held);
  out.line("tracking_clients", 0);
  if (call.context.host.tls_port() != 0) out.line("tls_clients", server.connections_tls);
  out.line("clients_in_timeout_table", 0);
}

void memory_section(Call& call, Lines& out) {
  const auto stats = call.node().stats();
  const auto bytes = [&](const std::string& name, std::size_t value) {
    out.line(name, value);
    out.line(name + "_human", base::size_text(value));
  };
  const std::size_t resident = call.context.host.usage().memory_bytes;
  const std::size_t overhead = stats.bytes_used - stats.bytes_data;
  bytes("used_memory", stats.bytes_used);
  bytes("used_memory_rss", resident);
  const std::size_t peak = std::max(call.context.host.memory_peak(), stats.bytes_used);
  bytes("used_memory_peak", peak);
  out.line("used_memory_peak_perc", percent(stats.bytes_used, peak));
  out.line("used_memory_overhead", overhead);
  out.line("used_memory_dataset", stats.bytes_data);
  out.line("used_memory_dataset_perc", percent(stats.bytes_data, stats.bytes_used));
  out.line("used_memory_index", stats.bytes_index);
  out.line("used_memory_dead", stats.bytes_dead);
  out.line("allocator_resident", stats.bytes_resident);
  bytes("maxmemory", stats.bytes_max);
  out.line("maxmemory_policy", policy::to_string(call.node().eviction()));
  if (stats.nothing_evictable) out.line("maxmemory_policy_note", node::kNothingEvictable);
  out.line("mem_fragmentation_ratio", decimal(stats.fragmentation(), 2));
  out.line("mem_clients_normal", call.context.host.stats().buffered_bytes);
  out.line("mem_clients_slaves", 0);
}

std::int64_t unix_time(base::WallTime at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::int64_t seconds_of(base::Nanos time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

/// The log of operations is what others call AOF, a snapshot what they call RDB.
void persistence_section(Call& call, Lines& out) {
  const node::Durability* const durability = call.durability();
  const node::DurabilityStats kept =
      durability != nullptr ? durability->stats() : node::DurabilityStats{};
  const auto yes = [](bool is) { return is ? 1 : 0; };
  const auto good = [](bool is) { return is ? "ok" : "err"; };
  out.line("loading", 0);
  out.line("async_loading", 0);
  out.line("rdb_changes_since_last_save", kept.changes);
  out.line("rdb_bgsave_in_progress", yes(kept.saving));
  if (durability == nullptr) {
    out.line("aof_enabled", 0);
    out.line("aof_rewrite_in_progress", 0);
    out.line("aof_rewrite_scheduled", 0);
    return;
  }
  out.line("rdb_last_save_time", unix_time(kept.last_save));
  out.line("rdb_last_bgsave_status", good(kept.last_save_good));
  if (!kept.last_save_good) out.line("rdb_last_bgsave_error", kept.last_save_error);
  out.line("rdb_last_bgsave_time_sec", kept.saves == 0 ? -1 : seconds_of(kept.last_save_took));
  out.line("rdb_current_bgsave_time_sec", kept.saving ? seconds_of(kept.saving_for) : -1);
  out.line("rdb_saves", kept.saves);
  out.line("rdb_last_load_keys_loaded", durability->recovered().operations);
  out.line("rdb_last_bgsave_bytes", kept.snapshot_bytes);
  out.line("aof_enabled", 1);
  out.line("aof_fsync", to_string(durability->fsync()));
  out.line("aof_rewrite_in_progress", yes(kept.saving));
  out.line("aof_rewrite_scheduled", 0);
  out.line("aof_last_bgrewrite_status", good(kept.last_save_good));
  out.line("aof_last_write_status", good(kept.log.last_write_good));
  if (!kept.log.trouble.empty()) out.line("aof_last_write_error", kept.log.trouble);
  out.line("aof_current_size", kept.log_bytes);
  out.line("aof_base_size", kept.snapshot_bytes);
  out.line("aof_buffer_length", kept.log.buffered_bytes);
  out.line("aof_generation", kept.log.generation);
  out.line("aof_fsyncs", kept.log.syncs);
  out.line("aof_write_failures", kept.log.write_failures);
  out.line("aof_fsync_failures", kept.log.sync_failures);
}

void stats_section(Call& call, Lines& out) {
  const ServerStats server = call.context.host.stats();
  const auto node = call.node().stats();
  const Rates::PerSecond rates = call.context.host.rates().now();
  out.line("total_connections_received", server.connections_accepted);
  out.line("total_commands_processed", server.commands);
  out.line("instantaneous_ops_per_sec", static_cast<std::uint64_t>(rates.commands));
  out.line("total_net_input_bytes", server.bytes_in);
  out.line("total_net_output_bytes", server.bytes_out);
  out.line("instantaneous_input_kbps", decimal(rates.bytes_in / 1024, 2));
  out.line("instantaneous_output_kbps", decimal(rates.bytes_out / 1024, 2));
  out.line("rejected_connections", server.connections_rejected);
  out.line("connections_cut", server.connections_cut);
  out.line("sync_full", 0);
  out.line("sync_partial_ok", 0);
  out.line("sync_partial_err", 0);
  out.line("expired_keys", node.expired);
  out.line("expired_keys_on_access", node.expired_on_access);
  out.line("evicted_keys", node.evicted);
  out.line("evicted_keys_by_upkeep", node.evicted_by_upkeep);
  out.line("evicted_clients", server.connections_evicted);
  out.line("moved_clients", server.connections_moved);
  out.line("keyspace_hits", node.hits);
  out.line("keyspace_misses", node.misses);
  out.line("hit_ratio", decimal(node.hit_ratio(), 2));
  const PubSub& pub_sub = call.context.pub_sub;
  out.line("pubsub_channels", pub_sub.topics(TopicKind::channel));
  out.line("pubsub_patterns", pub_sub.topics(TopicKind::pattern));
  out.line("pubsubshard_channels", pub_sub.topics(TopicKind::shard));
  out.line("latest_fork_usec", 0);
  out.line("total_error_replies", server.errors);
  out.line("acl_access_denied_auth", server.logins_failed);
  if (call.context.host.tls_port() == 0) return;
  out.line("tls_handshakes_failed", server.tls_handshakes_failed);
  out.line("tls_certificate_expires", server.tls_expires_unix);
}

void replication_section(Call& call, Lines& out) {
  out.line("role", "master");
  out.line("connected_slaves", 0);
  out.line("master_failover_state", "no-failover");
  out.line("master_replid", call.context.host.run_id());
  out.line("master_replid2", std::string(40, '0'));
  out.line("master_repl_offset", 0);
  out.line("second_repl_offset", -1);
  out.line("repl_backlog_active", 0);
  out.line("repl_backlog_size", 0);
}

void cpu_section(Call& call, Lines& out) {
  const base::Usage usage = call.context.host.usage();
  out.line("used_cpu_sys", decimal(usage.cpu_system_seconds, 6));
  out.line("used_cpu_user", decimal(usage.cpu_seconds - usage.cpu_system_seconds, 6));
  out.line("used_cpu_sys_children", decimal(0, 6));
  out.line("used_cpu_user_children", decimal(0, 6));
}

void modules_section(Call&, Lines&) {}

void commandstats_section(Call& call, Lines& out) {
  const Host& host = call.context.host;
  for (std::size_t i = 0; i < commands().size(); ++i) {
    const std::uint64_t calls = host.calls(i);
    if (calls == 0) continue;
    const TimingSum timing = host.timing(i);
    const double micros = static_cast<double>(timing.nanos) / 1'000;
    const double each = timing.calls == 0 ? 0 : micros / static_cast<double>(timing.calls);
    out.line("cmdstat_" + std::string(commands()[i].name),
             "calls=" + std::to_string(calls) + ",usec=" + decimal(micros, 0) + ",usec_per_call=" +
                 decimal(each, 2) + ",rejected_calls=" + std::to_string(host.refused(i)) +
                 ",failed_calls=" + std::to_string(host.failed(i)));
  }
}

void errorstats_section(Call& call, Lines& out) {
  for (const auto& [kind, count] : call.context.host.errors_by_kind())
    out.line("errorstat_" + kind, "count=" + std::to_string(count));
}

/// Where the bucket ends that so many percent of the calls do not exceed.
std::string percentile(const TimingSum& timing, double percent) {
  const auto wanted = static_cast<double>(timing.calls) * percent / 100;
  std::uint64_t so_far = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < timing.buckets.size(); ++bucket) {
    so_far += timing.buckets[bucket];
    if (static_cast<double>(so_far) >= wanted) break;
  }
  return decimal(static_cast<double>(std::uint64_t{1024} << bucket) / 1'000, 3);
}

void latencystats_section(Call& call, Lines& out) {
  for (std::size_t i = 0; i < commands().size(); ++i) {
    const TimingSum timing = call.context.host.timing(i);
    if (timing.calls == 0) continue;
    out.line("latency_percentiles_usec_" + std::string(commands()[i].name),
             "p50=" + percentile(timing, 50) + ",p99=" + percentile(timing, 99) +
                 ",p99.9=" + percentile(timing, 99.9));
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
    {"cpu", "CPU", true, &cpu_section},
    {"modules", "Modules", true, &modules_section},
    {"commandstats", "Commandstats", false, &commandstats_section},
    {"errorstats", "Errorstats", true, &errorstats_section},
    {"latencystats", "Latencystats", false, &latencystats_section},
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
