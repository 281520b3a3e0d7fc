#include "apps/serve_metrics.hpp"

#include "base/process.hpp"
#include "node/durability.hpp"
#include "node/node.hpp"
#include "server/server.hpp"

namespace larder::apps {
namespace {

using Kind = base::Metrics::Kind;

/// One figure: a row here is all it takes.
template <class Stats>
struct Figure {
  Kind kind;
  const char* name;
  const char* help;
  double (*read)(const Stats& stats);
};

using node::NodeStats;
constexpr Figure<NodeStats> kNode[] = {
    {Kind::gauge, "larder_entries",
     "Entries, those past their deadline but not yet swept included.",
     [](const NodeStats& s) { return double(s.entries); }},
    {Kind::gauge, "larder_entries_with_deadline", "Entries that will expire.",
     [](const NodeStats& s) { return double(s.entries_with_deadline); }},
    {Kind::gauge, "larder_memory_used_bytes", "Memory held for entries, overhead included.",
     [](const NodeStats& s) { return double(s.bytes_used); }},
    {Kind::gauge, "larder_memory_data_bytes", "Of it, bytes of keys and values.",
     [](const NodeStats& s) { return double(s.bytes_data); }},
    {Kind::gauge, "larder_memory_index_bytes", "Of it, what finds entries by key.",
     [](const NodeStats& s) { return double(s.bytes_index); }},
    {Kind::gauge, "larder_memory_dead_bytes", "Of it, what was erased and is not yet reclaimed.",
     [](const NodeStats& s) { return double(s.bytes_dead); }},
    {Kind::gauge, "larder_memory_resident_bytes",
     "Memory had from the operating system for all of it.",
     [](const NodeStats& s) { return double(s.bytes_resident); }},
    {Kind::gauge, "larder_memory_max_bytes", "The bound on memory for entries; 0 is none.",
     [](const NodeStats& s) { return double(s.bytes_max); }},
    {Kind::counter, "larder_hits_total", "Reads that found a live entry.",
     [](const NodeStats& s) { return double(s.hits); }},
    {Kind::counter, "larder_misses_total", "Reads that found none.",
     [](const NodeStats& s) { return double(s.misses); }},
    {Kind::counter, "larder_expired_total", "Entries erased because their time had come.",
     [](const NodeStats& s) { return double(s.expired); }},
    {Kind::counter, "larder_expired_on_access_total", "Of them, those found by who asked for them.",
     [](const NodeStats& s) { return double(s.expired_on_access); }},
    {Kind::counter, "larder_evicted_total", "Entries erased because memory was needed.",
     [](const NodeStats& s) { return double(s.evicted); }},
    {Kind::counter, "larder_evicted_by_upkeep_total",
     "Of them, those erased because the bound was lowered.",
     [](const NodeStats& s) { return double(s.evicted_by_upkeep); }},
    {Kind::gauge, "larder_nothing_evictable",
     "1 while the policy evicts only what has a time to live, and nothing has one.",
     [](const NodeStats& s) { return double(s.nothing_evictable); }},
};

using server::ServerStats;
constexpr Figure<ServerStats> kServer[] = {
    {Kind::gauge, "larder_connections", "Clients connected now.",
     [](const ServerStats& s) { return double(s.connections_now); }},
    {Kind::counter, "larder_connections_accepted_total", "Clients that connected.",
     [](const ServerStats& s) { return double(s.connections_accepted); }},
    {Kind::counter, "larder_connections_rejected_total",
     "Clients turned away: there were too many.",
     [](const ServerStats& s) { return double(s.connections_rejected); }},
    {Kind::counter, "larder_connections_cut_total",
     "Clients cut off: over a limit, or silent too long.",
     [](const ServerStats& s) { return double(s.connections_cut); }},
    {Kind::gauge, "larder_tls_connections", "Of the clients connected now, those over TLS.",
     [](const ServerStats& s) { return double(s.connections_tls); }},
    {Kind::counter, "larder_tls_handshakes_failed_total",
     "Clients of the TLS port that did not get through its handshake.",
     [](const ServerStats& s) { return double(s.tls_handshakes_failed); }},
    {Kind::gauge, "larder_tls_certificate_expires_seconds",
     "When the certificate in use ends, in seconds since 1970; 0: there is none.",
     [](const ServerStats& s) { return double(s.tls_expires_unix); }},
    {Kind::counter, "larder_commands_total", "Commands executed.",
     [](const ServerStats& s) { return double(s.commands); }},
    {Kind::counter, "larder_received_bytes_total", "Bytes received from clients.",
     [](const ServerStats& s) { return double(s.bytes_in); }},
    {Kind::counter, "larder_sent_bytes_total", "Bytes sent to clients.",
     [](const ServerStats& s) { return double(s.bytes_out); }},
};

using node::DurabilityStats;
constexpr Figure<DurabilityStats> kDurability[] = {
    {Kind::gauge, "larder_log_refuses", "1 while writes are refused because the disk does.",
     [](const DurabilityStats& s) { return double(!s.log.last_write_good); }},
    {Kind::gauge, "larder_log_bytes", "Of the log since the last snapshot.",
     [](const DurabilityStats& s) { return double(s.log_bytes); }},
    {Kind::counter, "larder_log_written_bytes_total", "Written to the log.",
     [](const DurabilityStats& s) { return double(s.log.bytes); }},
    {Kind::counter, "larder_log_fsyncs_total", "Fsyncs of the log.",
     [](const DurabilityStats& s) { return double(s.log.syncs); }},
    {Kind::counter, "larder_log_write_failures_total", "Writes to the log that failed.",
     [](const DurabilityStats& s) { return double(s.log.write_failures); }},
    {Kind::counter, "larder_log_fsync_failures_total", "Fsyncs of the log that failed.",
     [](const DurabilityStats& s) { return double(s.log.sync_failures); }},
    {Kind::counter, "larder_snapshots_total", "Snapshots that were finished.",
     [](const DurabilityStats& s) { return double(s.saves); }},
    {Kind::gauge, "larder_snapshot_good", "0 if the last snapshot failed.",
     [](const DurabilityStats& s) { return double(s.last_save_good); }},
    {Kind::gauge, "larder_snapshot_bytes", "Of the last snapshot.",
     [](const DurabilityStats& s) { return double(s.snapshot_bytes); }},
    {Kind::gauge, "larder_snapshot_time_seconds", "When the last one was finished, as a Unix time.",
     [](const DurabilityStats& s) { return double(s.last_save.time_since_epoch().count()) / 1e3; }},
    {Kind::gauge, "larder_steps_since_snapshot",
     "Atomic steps that the last snapshot does not have.",
     [](const DurabilityStats& s) { return double(s.changes); }},
};

using base::Usage;
constexpr Figure<Usage> kProcess[] = {
    {Kind::gauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
     [](const Usage& u) { return double(u.memory_bytes); }},
    {Kind::counter, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
     [](const Usage& u) { return u.cpu_seconds; }},
    {Kind::gauge, "process_open_fds", "Number of open file descriptors.",
     [](const Usage& u) { return double(u.descriptors_open); }},
    {Kind::gauge, "process_max_fds", "Maximum number of open file descriptors.",
     [](const Usage& u) { return double(u.descriptors_max); }},
};

template <class Table, class Read>
void observe_all(base::Metrics& metrics, const Table& table, Read stats) {
  for (const auto& figure : table) {
    metrics.observe(figure.kind, figure.name, figure.help,
                    [read = figure.read, stats] { return read(stats()); });
  }
}

}  // namespace

void observe_serving(base::Metrics& metrics, const node::Node& node, const server::Server& server,
                     const node::Durability* durability) {
  observe_all(metrics, kNode, [&node] { return node.stats(); });
  observe_all(metrics, kServer, [&server] { return server.stats(); });
  server.observe_commands(metrics);
  if (durability != nullptr) {
    observe_all(metrics, kDurability, [durability] { return durability->stats(); });
  }
  observe_all(metrics, kProcess, [] { return base::process_usage(); });
  metrics.observe(Kind::gauge, "larder_build_info",
                  "Always 1; its label says which version this is.", [] { return 1.0; },
                  {{"version", LARDER_VERSION}});
}

}  // namespace larder::apps
