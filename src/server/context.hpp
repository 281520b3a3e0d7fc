// Context: what the sessions of one I/O thread share, and the server as they see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/process.hpp"
#include "base/random.hpp"
#include "base/wall_bridge.hpp"
#include "server/counters.hpp"
#include "server/key_run.hpp"
#include "server/server.hpp"

namespace larder::node {
class Node;
}

namespace larder::server {

class ClientDirectory;
class AuthGuard;
class ClientKeeper;
class LatencyMonitor;
class Pause;
class PubSub;
class Rates;
class SlowLog;
struct Settings;
struct TimingSum;

/// The whole server, asked for by the few commands that look beyond their connection.
///
/// Threads  Safe from any.
class Host {
 public:
  virtual ~Host() = default;
  virtual ServerStats stats() const = 0;
  /// How often the command at this place of the table ran, over all threads.
  virtual std::uint64_t calls(std::size_t command) const = 0;
  /// The same of those that were refused, and of those that failed.
  virtual std::uint64_t refused(std::size_t command) const = 0;
  virtual std::uint64_t failed(std::size_t command) const = 0;
  virtual TimingSum timing(std::size_t command) const = 0;
  virtual std::uint16_t port() const = 0;      ///< 0: none.
  virtual std::uint16_t tls_port() const = 0;  ///< 0: none.
  /// How often which kind of error was replied: "WRONGTYPE".
  virtual std::map<std::string, std::uint64_t> errors_by_kind() const = 0;
  /// The most memory for entries that was held at once, as looked at ten times a second.
  virtual std::size_t memory_peak() = 0;
  /// 40 hexadecimal digits that no other start of a server has.
  virtual const std::string& run_id() const = 0;
  /// Of the whole process.
  virtual base::Usage usage() const = 0;
  virtual base::Instant started() const = 0;
  virtual std::uint64_t next_client_id() = 0;
  virtual ClientDirectory& clients() = 0;
  virtual SlowLog& slow_log() = 0;
  virtual LatencyMonitor& latency() = 0;
  virtual AuthGuard& auth_guard() = 0;
  virtual const Rates& rates() const = 0;
  /// Lets those go on whom a pause held back.
  virtual void end_pause() = 0;
  virtual void reset_stats() = 0;
};

/// Threads  Of one I/O thread; `node`, `options`, `bridge`, `settings`, `pause`, `pub_sub` and `host` are shared by all and safe to
/// call.
struct Context {
  node::Node& node;
  const base::Clock& clock;
  const ServerOptions& options;
  Host& host;
  base::WallBridge& bridge;
  Settings& settings;
  Pause& pause;
  PubSub& pub_sub;
  Counters& counters;
  base::Random& random;
  ClientKeeper* keeper = nullptr;  ///< Of this thread's connections.
  KeyRun run{};                    ///< Of the session whose turn it is.
};

}  // namespace larder::server
