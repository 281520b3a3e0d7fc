// RedisNode: one server of a store, with what is known of it.
#pragma once

#include <larder/health.hpp>

#include <atomic>
#include <memory>
#include <string>

#include "redis/client.hpp"
#include "store/redis/wire.hpp"
#include "store/servers/side_line.hpp"

namespace larder::store {

/// Shared by the calls under way on it, so that a server that was taken out goes with the last of them.
struct RedisNode : public std::enable_shared_from_this<RedisNode> {
  RedisNode(std::string its_name, std::uint32_t its_number, redis::ClientOptions its_options,
            const base::Clock& clock)
      : name(std::move(its_name)),
        number(its_number),
        is_replica(its_options.identity.reads_replica || its_options.identity.wants_replica),
        options(std::move(its_options)),
        client(options, clock),
        side(options, clock) {}

  const std::string name;              ///< Stable: what placement knows it by.
  const std::uint32_t number;          ///< For cursors of a scan; unique within a store.
  const bool is_replica;               ///< Of a connection that only reads, from a replica.
  const redis::ClientOptions options;  ///< For further connections to the same server.
  redis::Client client;
  SideLine side;  ///< For large values.
  Ways ways{client};
  std::atomic<bool> dead{
      false};  ///< Takes no calls: it missed its probes, or is being flushed before it serves again.

  /// Connects it, if it is not, and sees that it goes again.
  std::shared_ptr<redis::Client> side_line();
  // Of both connections, as Client does it.
  void reconnect(const std::string& why);
  void evict(const std::string& why);

  ServerHealth health() const;
  /// What both connections have done; whether it is connected, and waits, is that of the first.
  redis::ClientStats stats() const;

 private:
  void close_side_line_in_time();

  std::atomic<bool> will_close_{false};
};

using NodePointer = std::shared_ptr<RedisNode>;

}  // namespace larder::store
