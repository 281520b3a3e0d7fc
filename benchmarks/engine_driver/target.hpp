// Target: what the memory workload fills: a store in this process, or a server at a socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "options.hpp"

namespace larder::bench {

class Target {
 public:
  virtual ~Target() = default;
  /// `ttl_ms` 0: never expires. A server may answer later; see finish.
  virtual void set(std::string_view key, std::string_view value, std::uint64_t ttl_ms) = 0;
  /// The key must be there.
  virtual void erase(std::string_view key) = 0;
  /// Waits for every answer still due.
  virtual void finish() = 0;
  virtual std::uint64_t resident() const = 0;
  /// Its own account of the memory for its entries, where it gives one.
  virtual std::optional<std::uint64_t> accounted() const = 0;
};

/// `--url memory:…`, a store in this process.
std::unique_ptr<Target> make_store_target(const Options& options);
/// `--protocol redis|memcached --port N --pid N`, a server on this machine.
std::unique_ptr<Target> make_server_target(const Options& options);

}  // namespace larder::bench
