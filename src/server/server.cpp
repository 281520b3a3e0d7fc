#include "server/server.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "base/random.hpp"
#include "net/listener.hpp"
#include "node/node.hpp"
#include "server/auth_guard.hpp"
#include "server/client_directory.hpp"
#include "server/command.hpp"
#include "server/config.hpp"
#include "server/errors.hpp"
#include "server/io_thread.hpp"
#include "server/latency.hpp"
#include "server/pause.hpp"
#include "server/policy_alarm.hpp"
#include "server/pub_sub.hpp"
#include "server/rates.hpp"
#include "server/settings.hpp"
#include "server/slow_log.hpp"

namespace larder::server {
namespace {

/// Adds up what the threads count. After a reset, from there on.
std::uint64_t sum(const std::vector<std::unique_ptr<IoThread>>& threads, Count Counters::*count) {
  std::uint64_t total = 0;
  for (const auto& thread : threads) total += (thread->counters().*count).get();
  return total;
}

using CommandCounts = std::array<Count, kCommandsMax>;
std::uint64_t sum(const std::vector<std::unique_ptr<IoThread>>& threads,
                  CommandCounts Counters::*counts, std::size_t command) {
  std::uint64_t total = 0;
  for (const auto& thread : threads) total += (thread->counters().*counts)[command].get();
  return total;
}

std::string fresh_run_id() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  base::Random random(base::system_entropy());
  std::string id;
  for (int i = 0; i < 40; ++i) id += kDigits[random.below(kDigits.size())];
  return id;
}

}  // namespace

/// Listens on the first I/O thread's loop and gives each connection to the thread that has the fewest.
struct Server::Impl final : Host {
  Impl(node::Node& served_node, ServerOptions chosen)
      : node(served_node), options(std::move(chosen)) {}

  node::Node& node;
  const ServerOptions options;
  base::WallBridge bridge{node.clock()};
  Settings current{options};
  Pause pause;
  PubSub pub_sub{current.output(ClientClass::pubsub), base::random_hash_key()};
  Shared shared{node, node.clock(), options, *this, bridge, current, pause, pub_sub, {}};
  SlowLog slow;
  LatencyMonitor monitor;
  AuthGuard guard;
  Rates speed;
  PolicyAlarm policy_alarm{options.log};
  const std::string id = fresh_run_id();
  ClientDirectory directory;  // Outlives the threads and their connections.
  std::uint16_t bound_port = 0;
  std::uint16_t bound_tls_port = 0;
  base::Instant started_at{};
  std::vector<std::unique_ptr<IoThread>> threads;
  // On the loop of threads.front(), which outlives them.
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::atomic<std::uint64_t> last_client_id{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::size_t> peak_bytes{0};
  bool running = false;

  Result<void> start() {
    if (options.tls_port) {
      if (auto loaded = current.tls.load(); !loaded) return loaded;
    }
    net::Socket plain, secure;
    if (auto bound = bind(options.port, plain, bound_port); !bound) return bound;
    if (auto bound = bind(options.tls_port, secure, bound_tls_port); !bound) return bound;
    // What clients need, and some for the loops and the program itself.
    net::raise_descriptor_limit(current.clients_max + 64);
    started_at = node.clock().now();
    listeners.clear();
    shared.peers.clear();
    threads.clear();
    shared.evicting = false;
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
      threads.push_back(std::make_unique<IoThread>(shared, i));
      shared.peers.push_back(threads.back().get());
    }
    threads.front()->keep_swept();
    keep_sampled();
    if (auto listening = listen(std::move(plain), false); !listening) return listening;
    if (auto listening = listen(std::move(secure), true); !listening) return listening;
    for (auto& thread : threads) thread->start();
    running = true;
    return {};
  }

  /// Takes the port, if one is wanted, and says which it is.
  Result<void> bind(std::optional<std::uint16_t> port, net::Socket& into, std::uint16_t& taken) {
    if (!port) return {};
    auto socket = net::listen_tcp({options.bind, *port}, base::limits::kListenBacklog);
    if (!socket) return socket.error();
    const auto local = net::local_port(*socket);
    if (!local) return local.error();
    taken = *local;
    into = std::move(*socket);
    return {};
  }

  Result<void> listen(net::Socket socket, bool tls) {
    if (!socket) return {};
    const auto take = [this, tls](net::Socket client) { place(std::move(client), tls); };
    listeners.push_back(std::make_unique<net::Listener>(first_loop(), std::move(socket), take));
    return listeners.back()->start();
  }

  void stop() {
    if (!std::exchange(running, false)) return;
    first_loop().post([this] {
      for (auto& listener : listeners) listener->stop();
      // Only now: a connection accepted a moment ago is in the queue of its thread, before this.
      for (auto& thread : threads) thread->drain(options.drain_at_most);
    });
    for (auto& thread : threads) thread->join();
  }

  void note_memory(std::size_t bytes) {
    std::size_t most = peak_bytes.load(std::memory_order_relaxed);
    while (bytes > most &&
           !peak_bytes.compare_exchange_weak(most, bytes, std::memory_order_relaxed)) {
    }
  }

  /// While the first loop runs.
  void keep_sampled() {
    const ServerStats now = stats();
    const node::NodeStats entries = node.stats();
    note_memory(entries.bytes_used);
    speed.sample(node.clock().now(), {now.commands, now.bytes_in, now.bytes_out});
    policy_alarm.look(entries, node.eviction());
    first_loop().after(Rates::kEvery, [this] { keep_sampled(); });
  }

  net::EventLoop& first_loop() { return threads.front()->loop(); }

  void place(net::Socket socket, bool tls) {
    std::size_t clients = 0;
    for (const auto& thread : threads) clients += thread->load();
    if (clients >= current.clients_max) {
      return reject(std::move(socket), tls, errors::kClientsMax);
    }
    if (current.denies_strangers() && !net::is_from_loopback(socket)) {
      return reject(std::move(socket), tls, errors::kProtected);
    }
    net::set_no_delay(socket);
    if (const std::int64_t idle = current.keepalive_seconds; idle > 0) {
      net::set_keepalive(socket, {.idle = std::chrono::seconds(idle)});
    }
    const auto idlest =
        std::min_element(threads.begin(), threads.end(),
                         [](const auto& a, const auto& b) { return a->load() < b->load(); });
    (*idlest)->adopt(std::move(socket), tls ? current.tls.context() : nullptr);
  }

  /// Over TLS without a word: it would take the handshake that is to be spared.
  void reject(net::Socket socket, bool tls, std::string_view error) {
    rejected.fetch_add(1, std::memory_order_relaxed);
    if (tls) return;
    net::TcpStream(std::move(socket)).write("-" + std::string(error) + "\r\n");
  }

  ServerStats stats() const override {
    ServerStats stats;
    stats.connections_accepted = sum(threads, &Counters::accepted);
    stats.connections_rejected = rejected.load(std::memory_order_relaxed);
    stats.connections_cut = sum(threads, &Counters::cut);
    stats.connections_evicted = sum(threads, &Counters::evicted);
    stats.connections_moved = sum(threads, &Counters::moved);
    for (const auto& thread : threads) stats.connections_now += thread->load();
    stats.connections_held = sum(threads, &Counters::held);
    stats.connections_tls = sum(threads, &Counters::tls);
    stats.tls_handshakes_failed = sum(threads, &Counters::handshakes_failed);
    if (const auto tls = current.tls.context()) stats.tls_expires_unix = tls->expires_unix();
    stats.commands = sum(threads, &Counters::commands);
    stats.errors = sum(threads, &Counters::errors);
    stats.bytes_in = sum(threads, &Counters::bytes_in);
    stats.bytes_out = sum(threads, &Counters::bytes_out);
    stats.logins_failed = sum(threads, &Counters::auth_failed);
    stats.buffered_bytes = shared.buffered_bytes.load(std::memory_order_relaxed);
    return stats;
  }
  std::uint64_t calls(std::size_t command) const override {
    return sum(threads, &Counters::calls, command);
  }
  std::uint64_t refused(std::size_t command) const override {
    return sum(threads, &Counters::refused, command);
  }
  std::uint64_t failed(std::size_t command) const override {
    return sum(threads, &Counters::failed, command);
  }
  TimingSum timing(std::size_t command) const override {
    TimingSum total;
    for (const auto& thread : threads) total.add(thread->counters().timings[command]);
    return total;
  }
  std::map<std::string, std::uint64_t> errors_by_kind() const override {
    std::map<std::string, std::uint64_t> kinds;
    for (const auto& thread : threads) {
      thread->counters().error_kinds.for_each(
          [&](std::string_view kind, std::uint64_t count) { kinds[std::string(kind)] += count; });
    }
    return kinds;
  }
  std::size_t memory_peak() override {
    note_memory(node.stats().bytes_used);
    return peak_bytes.load(std::memory_order_relaxed);
  }
  const std::string& run_id() const override { return id; }
  base::Usage usage() const override { return base::process_usage(); }
  std::uint16_t port() const override { return bound_port; }
  std::uint16_t tls_port() const override { return bound_tls_port; }
  base::Instant started() const override { return started_at; }
  std::uint64_t next_client_id() override {
    return last_client_id.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  ClientDirectory& clients() override { return directory; }
  SlowLog& slow_log() override { return slow; }
  LatencyMonitor& latency() override { return monitor; }
  AuthGuard& auth_guard() override { return guard; }
  const Rates& rates() const override { return speed; }
  void end_pause() override {
    pause.end();
    for (auto& thread : threads) thread->wake_held();
  }
  void reset_stats() override {
    rejected.store(0, std::memory_order_relaxed);
    for (auto& thread : threads) thread->loop().post([&thread] { thread->counters().clear(); });
  }
};

Server::Server(node::Node& node, ServerOptions options)
    : impl_(std::make_unique<Impl>(node, std::move(options))) {}

Server::~Server() { stop(); }

Result<void> Server::configure(std::string_view setting, std::string_view value) {
  const auto refuse = [&](const std::string& why) {
    return Error{Errc::bad_argument, Effect::refused, std::string(setting) + ": " + why};
  };
  TlsDraft tls(impl_->current.tls);
  const Ground ground{Access(impl_->node), impl_->current, *impl_, impl_->options, tls};
  const Setting* found = find_setting(setting);
  if (found == nullptr) return refuse("no such setting");
  if (found->read == nullptr) {
    const std::string fixed = found->show(ground);
    if (fixed == value) return {};
    return refuse("this version has it fixed at '" + fixed + "'");
  }
  const Change change = found->read(ground, value);
  if (!change.wrong.empty()) return refuse(change.wrong);
  if (auto ready = tls.prepare(); !ready) return ready;
  tls.apply();
  if (change.apply) change.apply();
  return {};
}

Result<void> Server::start() { return impl_->start(); }
Result<void> Server::reload_tls() { return impl_->current.tls.load(); }
void Server::stop() { impl_->stop(); }
std::uint16_t Server::port() const noexcept { return impl_->bound_port; }
std::uint16_t Server::tls_port() const noexcept { return impl_->bound_tls_port; }
ServerStats Server::stats() const { return impl_->stats(); }

void Server::observe_commands(base::Metrics& metrics) const {
  for (std::size_t i = 0; i < commands().size(); ++i) {
    metrics.observe(base::Metrics::Kind::counter, "larder_command_calls_total",
                    "Calls of each command.",
                    [this, i] { return static_cast<double>(impl_->calls(i)); },
                    {{"command", std::string(commands()[i].name)}});
  }
}

}  // namespace larder::server
