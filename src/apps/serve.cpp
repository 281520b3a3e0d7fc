// larder serve: the engine, the server and the metrics page, brought up, kept up and brought down.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "apps/serve_config.hpp"
#include "apps/serve_metrics.hpp"
#include "apps/serve_options.hpp"
#include "apps/welcome.hpp"
#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "console/console.hpp"
#include "net/socket.hpp"
#include "node/durability.hpp"
#include "node/node.hpp"
#include "server/server.hpp"

namespace larder::apps {
namespace {

// Beside the clients: listeners, event loops, the metrics page's connections, standard streams.
constexpr std::size_t kDescriptorsOfOurOwn = 128;

/// As many clients as descriptors allow; says so where that is fewer than usual.
std::size_t clients_that_fit() {
  const auto wanted = base::limits::kConnectionsMax;
  const auto allowed = net::raise_descriptor_limit(wanted + kDescriptorsOfOurOwn);
  if (allowed >= wanted + kDescriptorsOfOurOwn) return wanted;
  const auto fit =
      allowed > 2 * kDescriptorsOfOurOwn ? allowed - kDescriptorsOfOurOwn : allowed / 2;
  std::fprintf(stderr, "larder serve: room for %zu clients only; `ulimit -Hn %zu` makes it %zu\n",
               fit, wanted + kDescriptorsOfOurOwn, wanted);
  return fit;
}

/// A port in use is the commonest of all failures to start: the cure is another port.
[[noreturn]] void cannot_listen(const Error& error, const char* flag, std::uint16_t port) {
  const auto other = std::to_string(port == 65'535 ? port - 1 : port + 1);
  throw BadInput(error.detail + "; pick another with " + flag + " " + other +
                 (std::string_view{flag} == "--port" ? " (./run --port " + other + ")" : ""));
}

std::unique_ptr<console::Console> start_console(const ServeOptions& options, base::Metrics& metrics,
                                                const node::Durability* durability) {
  if (!options.metrics) return nullptr;
  std::vector<console::Page> pages{
      console::metrics_page([&metrics] { return metrics.text(); }),
      console::health_page(
          [durability] { return durability ? durability->trouble() : std::string{}; }),
  };
  auto started = console::Console::start({.bind = options.metrics_bind,
                                          .port = options.metrics_port,
                                          .title = "larder " LARDER_VERSION},
                                         std::move(pages));
  if (!started) cannot_listen(started.error(), "--metrics-port", options.metrics_port);
  return std::move(*started);
}

/// Whoever has the key can pose as this server.
void warn_of_readable_key(const ServeOptions& options) {
  std::string key;
  for (const auto& setting : options.settings) {
    if (setting.name == "tls-key-file") key = setting.value;
  }
  if (key.empty() || !options.tls_port) return;
  const auto privacy = base::privacy_of(key);
  if (!privacy || !privacy->others_can_read) return;
  std::fprintf(stderr, "larder serve: others can read the key in %s: chmod 600 %s\n", key.c_str(),
               key.c_str());
}

void start(server::Server& server, const ServeOptions& options) {
  const auto started = server.start();
  if (started) return;
  if (started.error().code != Errc::unreachable) throw BadInput(started.error().detail);
  const bool plain = options.port && server.port() == 0;  // Its port is bound before that of TLS.
  plain ? cannot_listen(started.error(), "--port", *options.port)
        : cannot_listen(started.error(), "--tls-port", *options.tls_port);
}

/// SIGHUP: after a renewal.
void reload_tls(server::Server& server, base::Log& log) {
  if (const auto loaded = server.reload_tls(); !loaded) {
    return log.error("tls_reload_failed",
                     {{"why", loaded.error().detail}, {"in_use", "what was before"}});
  }
  log.info("tls_reloaded", {{"expires_unix", server.stats().tls_expires_unix}});
}

/// Says how far loading has come, once a second.
void tell_progress(const node::Progress& progress) {
  static base::Instant next{};
  const base::Instant now = base::SystemClock::instance().now();
  if (next == base::Instant{}) next = now + std::chrono::seconds(1);
  if (now < next) return;
  next = now + std::chrono::seconds(1);
  const auto all = std::max<std::uint64_t>(progress.bytes_all, 1);
  std::fprintf(stderr, "larder: loading, %llu %% of %s, %s entries\n",
               static_cast<unsigned long long>(100 * std::min(progress.bytes, all) / all),
               base::size_text(all).c_str(), base::count_text(progress.operations).c_str());
}

/// Null where nothing is to be kept.
std::unique_ptr<node::Durability> open_folder(const ServeOptions& options, node::Node& node,
                                              node::LoadClock& clock, base::Log& log) {
  if (options.dir.empty()) return nullptr;
  auto disk = value_or_bad_input(base::open_system_disk(options.dir));
  const auto begun = base::SystemClock::instance().now();
  auto durability =
      value_or_bad_input(node::Durability::open(std::move(disk), node, clock,
                                                {.fsync = options.fsync,
                                                 .snapshot_every = options.snapshot_every,
                                                 .compression = options.snapshot_compression,
                                                 .log = &log,
                                                 .progress = &tell_progress}));
  const auto took = base::SystemClock::instance().now() - begun;
  std::fprintf(stderr, "larder: %s: %s entries in %s\n", options.dir.c_str(),
               base::count_text(node.stats().entries).c_str(), base::duration_text(took).c_str());
  return durability;
}

/// Everything on the disk, and a snapshot so that the next start is quick.
int close_folder(node::Durability* durability) {
  if (durability == nullptr) return kYes;
  const auto closed = durability->close(durability->saves_at_end());
  if (closed) return kYes;
  std::fprintf(stderr, "larder: %s\n", closed.error().detail.c_str());
  return kNo;
}

int serve(const ServeOptions& options) {
  base::StopSignals signals(options.tls_port.has_value());
  base::ignore_broken_pipes();
  base::give_back_large_memory();
  node::LoadClock load_clock{base::SystemClock::instance()};
  // Whom nothing is loaded for need not ask whether the clock stands still.
  const base::Clock& clock = options.dir.empty()
                                 ? static_cast<const base::Clock&>(base::SystemClock::instance())
                                 : load_clock;
  base::Log log{base::StderrSink::instance(), base::SystemClock::instance()};
  node::Node node{{.bytes_max = options.memory_bytes_max, .eviction = options.eviction}, clock};
  const auto durability = open_folder(options, node, load_clock, log);
  const server::ServerOptions serving{.bind = options.bind,
                                      .port = options.port,
                                      .tls_port = options.tls_port,
                                      .threads = options.threads,
                                      .password = options.password,
                                      .clients_max = clients_that_fit(),
                                      .config_file = options.config_file,
                                      .on_shutdown = &base::StopSignals::request,
                                      .durability = durability.get(),
                                      .log = &log};
  server::Server server{node, serving};
  for (const auto& setting : options.settings) {
    const auto set = server.configure(setting.name, setting.value);
    if (!set) throw BadInput(setting.place + set.error().detail);
  }
  warn_of_readable_key(options);
  start(server, options);
  base::Metrics metrics;
  observe_serving(metrics, node, server, durability.get());
  const auto console = start_console(options, metrics, durability.get());
  print_welcome({.options = options,
                 .port = server.port(),
                 .tls_port = server.tls_port(),
                 .metrics_url = console ? console->url() : ""});

  const auto why = signals.wait([&] { reload_tls(server, log); });
  std::fprintf(stderr, "larder: %s: clients get their last replies; once more ends at once\n",
               why.c_str());
  server.stop();
  return close_folder(durability.get());
}

}  // namespace

Action declare_serve(CLI::App& command) {
  auto flags = std::make_shared<ServeFlags>();
  const auto text = [&](const char* name, std::string& into, const char* type, const char* help) {
    return command.add_option(name, into, help)->type_name(type);
  };
  text("--bind", flags->bind, "ADDR",
       "The address to listen on; beyond this machine only with a password")
      ->capture_default_str();
  command.add_option("--port", flags->port, "The port to listen on; 0 takes a free one")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--tls-port", flags->tls_port, "The port for TLS; --port 0 leaves only it")
      ->type_name("N");
  for (const TlsFlag& flag : tls_flags()) {
    text(("--" + std::string(flag.name)).c_str(), flags->tls[flag.name], flag.type, flag.help);
  }
  text("--tls-key-file-pass-file", flags->tls_key_pass_file, "FILE",
       "Its first line is the key's pass phrase; without it, LARDER_TLS_KEY_FILE_PASS is");
  text("--config", flags->config_file, "FILE",
       "Settings as redis.conf writes them; flags come before it, CONFIG REWRITE writes to it");
  text("--requirepass-file", flags->password_file, "FILE",
       "Its first line is the password clients must give");
  command
      .add_option("--threads", flags->threads, "I/O threads; 0: one for each processor, 4 at most")
      ->type_name("N")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  text("--max-memory", flags->memory_max, "SIZE",
       "Memory for entries, such as 512mb or 2GiB; unbounded without");
  text("--eviction", flags->eviction, eviction_names("|").c_str(), "What goes when memory is full")
      ->capture_default_str();
  auto* metrics_port =
      command.add_option("--metrics-port", flags->metrics_port,
                         "Serve /metrics for Prometheus and /healthz here; 0 takes a free one");
  metrics_port->type_name("N");
  text("--metrics-bind", flags->metrics_bind, "ADDR",
       "The address of that page, which knows no password")
      ->capture_default_str();
  text("--dir", flags->dir, "FOLDER",
       "Keep the data here, in a log and snapshots; without, nothing survives a restart");
  text("--fsync", flags->fsync, "always|everysec|no",
       "When the log reaches the disk; everysec unless given");
  text("--snapshot-every", flags->snapshot_every, "DURATION",
       "How often a snapshot takes the place of the log, if anything changed; 60s unless given, 0 "
       "for never");
  text("--snapshot-compression", flags->snapshot_compression, "none|zstd",
       "How snapshots are packed; none unless given");
  return [flags, metrics_port, &command] {
    flags->metrics = metrics_port->count() > 0;
    if (!flags->config_file.empty()) {
      read_config_file(*flags, [&](std::string_view flag) {
        return command.get_option(std::string(flag))->count() > 0;
      });
    }
    return serve(checked(*flags));
  };
}

}  // namespace larder::apps
