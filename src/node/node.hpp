// Node: keyspaces brought to life. Shards, each a lock around its tables; visits under those locks; the clockwork that
// sweeps expired entries. A user's thread in process and a server's I/O thread call it alike: work runs where it is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "engine/change.hpp"
#include "engine/entry.hpp"
#include "policy/eviction.hpp"

namespace larder::node {

struct NodeOptions {
  std::size_t shards = 0;      ///< Rounded up to a power of two; 0: four for each processor.
  std::size_t bytes_max = 0;   ///< Memory for entries; 0: no bound.
  policy::Eviction eviction = policy::Eviction::adaptive;
  unsigned databases = 16;
  std::uint64_t seed = 0;      ///< Of sampling and hashing; 0: from the operating system.
};

/// Whether a visit may change what it sees. Reads count as use for eviction; `peek` reads do not.
enum class Mode : std::uint8_t { read, write, peek };

struct NodeStats {
  std::size_t entries = 0;
  std::size_t entries_with_deadline = 0;
  std::size_t bytes_used = 0;      ///< All memory held for entries, overhead included.
  std::size_t bytes_data = 0;      ///< Of it, key and value bytes.
  std::size_t bytes_max = 0;
  std::uint64_t hits = 0;          ///< Read visits that found a live entry.
  std::uint64_t misses = 0;
  std::uint64_t expired = 0;
  std::uint64_t evicted = 0;
};

/// Threads  Safe from any thread. A visit's function runs under locks: keep it short, and never visit from inside it
///          except through the Held it was given.
class Node {
 public:
  Node(const NodeOptions& options, const base::Clock& clock);
  ~Node();

  /// Runs `fn(engine::Entry&)` on `key` under its shard's lock and returns what it returns.
  template <class Fn>
  decltype(auto) visit(unsigned db, std::string_view key, Mode mode, Fn&& fn);

  /// Locks the shards of `keys` (each once, in one global order: no deadlock) until the Held goes away.
  /// Within, all visits to those keys together are one atomic step: MULTI/EXEC, MSET, RENAME.
  class Held;
  Held hold(unsigned db, std::span<const std::string_view> keys);
  /// Every shard: FLUSHALL, SWAPDB, and transactions that touch what they can't name.
  Held hold_all();

  /// Erases one database, or all of them. Memory is given back in slices by `sweep`.
  void flush(unsigned db);
  void flush_all();
  std::size_t size(unsigned db) const;

  /// Calls `fn(engine::Entry&)` for about `count` entries from `cursor` on and returns the next cursor, 0 at the end.
  /// An entry that stays from the first call to the last is seen at least once, whatever is written, grown or shrunk.
  std::uint64_t scan(unsigned db, std::uint64_t cursor, std::size_t count,
                     const std::function<void(engine::Entry&)>& fn);

  /// One slice of upkeep: erases entries whose time has come and frees flushed memory. Bounded in slots touched.
  /// Returns how much it did, so that the caller may come again at once while there is more; call it ten times a second.
  std::size_t sweep(std::size_t slots_max = 1'000);

  void set_bytes_max(std::size_t bytes_max);
  void set_eviction(policy::Eviction eviction);
  policy::Eviction eviction() const;
  /// Adds a listener to every shard's change stream. Not while visits run.
  void listen(engine::ChangeSink& sink);

  NodeStats stats() const;
  const base::Clock& clock() const noexcept;
};

}  // namespace larder::node
