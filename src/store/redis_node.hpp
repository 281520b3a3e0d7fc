// RedisNode: one server of a store, with what is known of it.
#pragma once

#include <larder/health.hpp>

#include <atomic>
#include <memory>
#include <string>

#include "redis/client.hpp"
#include "store/redis_wire.hpp"

namespace larder::store {

/// Shared by the calls under way on it, so that a server that was taken out goes with the last of them.
struct RedisNode {
  RedisNode(std::string its_name, std::uint32_t its_number, redis::ClientOptions its_options,
            const base::Clock& clock)
      : name(std::move(its_name)),
        number(its_number),
        options(std::move(its_options)),
        client(options, clock) {}

  const std::string name;              ///< Stable: what placement knows it by.
  const std::uint32_t number;          ///< For cursors of a scan; unique within a store.
  const redis::ClientOptions options;  ///< For further connections to the same server.
  redis::Client client;
  Ways ways{client};
  std::atomic<bool> dead{
      false};  ///< Takes no calls: it missed its probes, or is being flushed before it serves again.

  ServerHealth health() const;
};

using NodePointer = std::shared_ptr<RedisNode>;

}  // namespace larder::store
