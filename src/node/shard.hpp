// Shard: a lock around a table. And the state of a node, which is its shards.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/metrics.hpp"
#include "engine/budget.hpp"
#include "engine/table.hpp"
#include "node/lock.hpp"
#include "node/node.hpp"

namespace larder::node {

// Each on lines of its own: a lock that one core takes must not slow down its neighbour's.
struct alignas(128) Node::Shard {
  Shard(const engine::TableOptions& options, engine::Budget& budget, const base::Clock& clock)
      : table(options, budget, clock) {}

  Lock mutex;
  engine::Table table;  ///< Guarded by mutex; its stats() need no lock.
};

struct Node::State {
  State(std::size_t bytes_max, const base::Clock& c)
      : budget(bytes_max),
        clock(c),
        wall_ahead(c.wall().time_since_epoch() -
                   std::chrono::floor<base::Millis>(c.now().time_since_epoch())) {}

  std::uint64_t hash_of(std::string_view key) const noexcept {
    return base::keyed_hash(key, hash_key);
  }
  /// By the hash's top bits; a table's buckets and tags come from the others.
  std::uint32_t shard_number(std::uint64_t hash) const noexcept {
    return static_cast<std::uint32_t>(hash >> 52 >> shard_shift);
  }
  Shard& shard_of(std::uint64_t hash) const noexcept { return *shards[shard_number(hash)]; }

  engine::Budget budget;
  const base::Clock& clock;
  const base::Millis wall_ahead;  ///< Of the wall clock, when the node began.
  base::HashKey hash_key;
  unsigned databases = 16;
  unsigned shard_shift = 12;  ///< 12 minus the binary logarithm of the number of shards.
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<engine::ChangeSink*> sinks;
  std::atomic<policy::Eviction> eviction;
  std::atomic<std::uint32_t> sweep_next{0};
  std::atomic<std::uint64_t> token_last{0};
  base::Counter hits, misses;  ///< Of reads that took no lock; the tables count the others.
};

}  // namespace larder::node
