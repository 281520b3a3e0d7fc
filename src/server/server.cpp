#include "server/server.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "net/listener.hpp"
#include "node/node.hpp"
#include "server/client_directory.hpp"
#include "server/command.hpp"
#include "server/errors.hpp"
#include "server/io_thread.hpp"
#include "server/pause.hpp"
#include "server/slow_log.hpp"

namespace larder::server {
namespace {

/// Adds up what the threads count. After a reset, from there on.
std::uint64_t sum(const std::vector<std::unique_ptr<IoThread>>& threads, Count Counters::*count) {
  std::uint64_t total = 0;
  for (const auto& thread : threads) total += (thread->counters().*count).get();
  return total;
}

}  // namespace

/// Listens on the first I/O thread's loop and gives each connection to the thread that has the fewest.
struct Server::Impl final : Host {
  Impl(node::Node& served_node, ServerOptions chosen)
      : node(served_node), options(std::move(chosen)) {}

  node::Node& node;
  const ServerOptions options;
  WallBridge bridge{node.clock()};
  Pause pause;
  Shared shared{node, node.clock(), options, *this, bridge, pause, {}};
  SlowLog slow;
  ClientDirectory directory;  // Outlives the threads and their connections.
  std::uint16_t bound_port = 0;
  base::Instant started_at{};
  std::vector<std::unique_ptr<IoThread>> threads;
  std::unique_ptr<net::Listener> listener;  // On the loop of threads.front(), which outlives it.
  std::atomic<std::uint64_t> last_client_id{0};
  std::atomic<std::uint64_t> rejected{0};
  bool running = false;

  Result<void> start() {
    const net::Endpoint endpoint{options.bind, options.port};
    auto socket = net::listen_tcp(endpoint, base::limits::kListenBacklog);
    if (!socket) return socket.error();
    auto port_taken = net::local_port(*socket);
    if (!port_taken) return port_taken.error();
    bound_port = *port_taken;
    // What clients need, and some for the loops and the program itself.
    net::raise_descriptor_limit(options.clients_max + 64);
    started_at = node.clock().now();
    listener.reset();
    threads.clear();
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
      threads.push_back(std::make_unique<IoThread>(shared));
    }
    threads.front()->keep_swept();
    listener = std::make_unique<net::Listener>(
        first_loop(), std::move(*socket), [this](net::Socket client) { place(std::move(client)); });
    if (auto listening = listener->start(); !listening) return listening;
    for (auto& thread : threads) thread->start();
    running = true;
    return {};
  }

  void stop() {
    if (!std::exchange(running, false)) return;
    first_loop().post([this] {
      listener->stop();
      // Only now: a connection accepted a moment ago is in the queue of its thread, before this.
      for (auto& thread : threads) thread->drain(options.drain_at_most);
    });
    for (auto& thread : threads) thread->join();
  }

  net::EventLoop& first_loop() { return threads.front()->loop(); }

  void place(net::Socket socket) {
    std::size_t clients = 0;
    for (const auto& thread : threads) clients += thread->load();
    if (clients >= options.clients_max) {
      rejected.fetch_add(1, std::memory_order_relaxed);
      const std::string words = "-" + std::string(errors::kClientsMax) + "\r\n";
      net::TcpStream(std::move(socket)).write(words);
      return;
    }
    net::set_no_delay(socket);
    net::set_keepalive(socket, {});
    const auto idlest =
        std::min_element(threads.begin(), threads.end(),
                         [](const auto& a, const auto& b) { return a->load() < b->load(); });
    (*idlest)->adopt(std::move(socket));
  }

  ServerStats stats() const override {
    ServerStats stats;
    stats.connections_accepted = sum(threads, &Counters::accepted);
    stats.connections_rejected = rejected.load(std::memory_order_relaxed);
    stats.connections_cut = sum(threads, &Counters::cut);
    for (const auto& thread : threads) stats.connections_now += thread->load();
    stats.connections_held = sum(threads, &Counters::held);
    stats.commands = sum(threads, &Counters::commands);
    stats.errors = sum(threads, &Counters::errors);
    stats.bytes_in = sum(threads, &Counters::bytes_in);
    stats.bytes_out = sum(threads, &Counters::bytes_out);
    return stats;
  }
  std::uint64_t calls(std::size_t command) const override {
    std::uint64_t total = 0;
    for (const auto& thread : threads) total += thread->counters().calls[command].get();
    return total;
  }
  std::uint16_t port() const override { return bound_port; }
  base::Instant started() const override { return started_at; }
  std::uint64_t next_client_id() override {
    return last_client_id.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  ClientDirectory& clients() override { return directory; }
  SlowLog& slow_log() override { return slow; }
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

Result<void> Server::start() { return impl_->start(); }
void Server::stop() { impl_->stop(); }
std::uint16_t Server::port() const noexcept { return impl_->bound_port; }
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
