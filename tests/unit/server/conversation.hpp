// A session with everything around it, in process and under a clock that stands still: what a
// client would see.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "node/node.hpp"
#include "server/auth_guard.hpp"
#include "server/client_directory.hpp"
#include "server/latency.hpp"
#include "server/pause.hpp"
#include "server/pub_sub.hpp"
#include "server/rates.hpp"
#include "server/session.hpp"
#include "server/settings.hpp"
#include "server/slow_log.hpp"

namespace larder::server::test {

class FakeHost final : public Host {
 public:
  ServerStats stats() const override { return {}; }
  std::uint64_t calls(std::size_t command) const override { return counters.calls[command].get(); }
  std::uint64_t refused(std::size_t command) const override {
    return counters.refused[command].get();
  }
  std::uint64_t failed(std::size_t command) const override {
    return counters.failed[command].get();
  }
  TimingSum timing(std::size_t command) const override {
    TimingSum sum;
    sum.add(counters.timings[command]);
    return sum;
  }
  std::map<std::string, std::uint64_t> errors_by_kind() const override {
    std::map<std::string, std::uint64_t> kinds;
    counters.error_kinds.for_each(
        [&](std::string_view kind, std::uint64_t count) { kinds[std::string(kind)] += count; });
    return kinds;
  }
  std::size_t memory_peak() override { return 0; }
  const std::string& run_id() const override { return run_id_; }
  base::Usage usage() const override { return {}; }
  std::uint16_t port() const override { return 6379; }
  std::uint16_t tls_port() const override { return 0; }
  base::Instant started() const override { return base::Instant{}; }
  std::uint64_t next_client_id() override { return ++last_id_; }
  void reset_stats() override { counters.clear(); }
  ClientDirectory& clients() override { return clients_; }
  SlowLog& slow_log() override { return slow_log_; }
  LatencyMonitor& latency() override { return latency_; }
  AuthGuard& auth_guard() override { return guard_; }
  const Rates& rates() const override { return rates_; }
  void end_pause() override { pause.end(); }

  Counters counters;
  Pause pause;

 private:
  std::uint64_t last_id_ = 0;
  ClientDirectory clients_;
  SlowLog slow_log_;
  LatencyMonitor latency_;
  AuthGuard guard_;
  Rates rates_;
  std::string run_id_ = std::string(40, '0');
};

/// One server without sockets.
struct World {
  explicit World(ServerOptions server_options = {},
                 node::NodeOptions node_options = {.shards = 4, .seed = 7})
      : options(std::move(server_options)), node(node_options, clock) {}

  base::ManualClock clock;
  ServerOptions options;
  node::Node node;
  FakeHost host;
  base::WallBridge bridge{clock};
  Settings settings{options};
  PubSub pub_sub{settings.output(ClientClass::pubsub), {1, 2}};
  Counters& counters = host.counters;
  base::Random random{42};
  Context context{node,     clock,      options, host,     bridge,
                  settings, host.pause, pub_sub, counters, random};
};

/// One client of it.
class Conversation {
 public:
  explicit Conversation(Context& context)
      : session(context, {"127.0.0.1:50000", "127.0.0.1:6379"}) {}
  explicit Conversation(World& world) : Conversation(world.context) {}

  /// Sends bytes as they are and returns all that was answered.
  std::string send(std::string_view bytes) {
    input.append(bytes);
    base::Buffer out;
    for (;;) {
      const Session::Turn turn = session.run(input.view(), out);
      input.consume(turn.consumed);
      if (turn.state != Session::State::paused) break;
    }
    return std::string(out.view());
  }
  /// One inline command.
  std::string ask(std::string_view line) { return send(std::string(line) + "\r\n"); }

  /// What was published to it since the last time.
  std::string messages() {
    base::Buffer out;
    if (session.has_messages()) session.take_messages(out);
    return std::string(out.view());
  }

  Session session;
  base::Buffer input;
};

}  // namespace larder::server::test
