// Node: keyspaces brought to life. Shards, each a lock around its table; visits under those locks;
// the clockwork that sweeps expired entries. A user's thread in process and a server's I/O thread
// call it alike: work runs where it is asked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/change.hpp"
#include "engine/entry.hpp"
#include "node/shard_set.hpp"
#include "policy/eviction.hpp"

namespace larder::node {

struct NodeOptions {
  std::size_t shards = 0;     ///< Rounded up to a power of two; 0: four for each processor.
  std::size_t bytes_max = 0;  ///< Memory for entries; 0: no bound.
  policy::Eviction eviction = policy::Eviction::adaptive;
  unsigned databases = 16;  ///< At most 128.
  std::uint64_t seed = 0;   ///< Of sampling and hashing; 0: from the operating system.
};

using engine::Mode;

/// What NodeStats::nothing_evictable means, in words for INFO and logs.
inline constexpr std::string_view kNothingEvictable =
    "no entry has a time to live, so this policy evicts nothing";

struct NodeStats {
  std::size_t entries = 0;
  std::size_t entries_with_deadline = 0;
  std::size_t bytes_used = 0;      ///< All memory held for entries, overhead included.
  std::size_t bytes_data = 0;      ///< Of it, key and value bytes.
  std::size_t bytes_index = 0;     ///< Of bytes_used.
  std::size_t bytes_dead = 0;      ///< Of bytes_used, what was erased and not yet reclaimed.
  std::size_t bytes_resident = 0;  ///< Memory had from the operating system for all of it.
  std::size_t bytes_max = 0;
  std::uint64_t hits = 0;  ///< Read visits that found a live entry.
  std::uint64_t misses = 0;
  std::uint64_t expired = 0;
  std::uint64_t expired_on_access = 0;  ///< Of them, found by who asked for them, not by upkeep.
  std::uint64_t evicted = 0;
  std::uint64_t evicted_by_upkeep = 0;  ///< Of them, because the bound was lowered.
  /// True: the policy evicts only what has a deadline, there is a bound, and nothing has one.
  bool nothing_evictable = false;

  /// Of read visits, 0 to 1; 0 where there were none.
  double hit_ratio() const noexcept {
    return hits == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(hits + misses);
  }
  /// Memory held for each byte in use, at least 1.
  double fragmentation() const noexcept {
    return bytes_used == 0 ? 1
                           : std::max(1.0, static_cast<double>(bytes_resident) /
                                               static_cast<double>(bytes_used));
  }
};

struct DatabaseStats {
  std::size_t entries = 0;
  std::size_t entries_with_deadline = 0;
};

/// A key and what a node finds it by, for whoever visits it more than once. Of one node: Node::hashed() makes them.
struct HashedKey {
  std::string_view text;
  std::uint64_t hash;
};

/// Threads  Safe from any thread. A visit's function runs under locks: keep it short, and never visit
///          from inside it except through the Held it was given.
class Node {
 public:
  class Held;

  Node(const NodeOptions& options, const base::Clock& clock);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Runs `fn(engine::Entry&)` on `key` under its shard's lock and returns what it returns.
  /// `db` must be below NodeOptions::databases.
  template <class Fn>
  decltype(auto) visit(unsigned db, std::string_view key, Mode mode, Fn&& fn) {
    Visit at{*this, db, key, mode};
    return std::forward<Fn>(fn)(at.entry());
  }

  /// Runs `fn(std::size_t index, engine::Entry&)` on each key. Keys are hashed and fetched into the
  /// cache together, and each shard is locked once; groups of up to kGroupKeysMax are each one
  /// atomic step, in order. A longer list that must be one step: hold(keys) first, then
  /// Held::visit_many.
  template <class Fn>
  void visit_many(unsigned db, std::span<const std::string_view> keys, Mode mode, Fn&& fn);
  static constexpr std::size_t kGroupKeysMax = 64;

  /// Locks the shards of `keys` (each once, in one global order: no deadlock) until the Held goes
  /// away. Within, all visits to those keys, in whichever database, are one atomic step:
  /// MULTI/EXEC, MSET, RENAME, MOVE.
  Held hold(std::span<const std::string_view> keys);
  Held hold(std::span<const HashedKey> keys);
  HashedKey hashed(std::string_view key) const noexcept;
  /// Every shard: FLUSHALL, SWAPDB, and transactions that touch what they can't name.
  Held hold_all();

  /// Erases one database, or all of them. Memory is given back in slices by `sweep`, or sooner if
  /// it is needed.
  void flush(unsigned db);
  void flush_all();
  /// How many entries there are, those past their deadline but not yet swept included.
  std::size_t size(unsigned db) const { return database(db).entries; }
  DatabaseStats database(unsigned db) const;

  /// Calls `fn(const engine::Entry&)` for about `count` entries from `cursor` on and returns the
  /// next cursor, 0 at the end. An entry that stays from the first call to the last is seen at
  /// least once, whatever is written, grown or shrunk; one may be seen twice. Any number is
  /// accepted as cursor.
  std::uint64_t scan(unsigned db, std::uint64_t cursor, std::size_t count, engine::EntryVisitor fn);

  /// One slice of upkeep: erases entries whose time has come, frees flushed memory, and brings
  /// memory below a bound that was lowered. Bounded in slots touched, over all shards. Returns how
  /// many entries went, at least 1 if there may be more, so that the caller may come again at once;
  /// call it ten times a second.
  std::size_t sweep(std::size_t slots_max = 1'000);

  void set_bytes_max(std::size_t bytes_max);
  void set_eviction(policy::Eviction eviction);
  policy::Eviction eviction() const;
  /// Adds a listener to every shard's change stream. Not while visits run. It must outlive the
  /// Node.
  void listen(engine::ChangeSink& sink);

  /// A number greater than `above` and than every one it gave before: microseconds since the epoch, or as few more as
  /// that takes. So tokens go on growing where what they were compared with was evicted, or lost with the process.
  std::uint64_t next_token(std::uint64_t above = 0) noexcept;

  unsigned databases() const noexcept;
  /// Cost: takes no lock; the figures are each right, not all of one moment.
  NodeStats stats() const;
  const base::Clock& clock() const noexcept;
  /// Milliseconds since the epoch for states that name a time: the wall clock's when the node began, and evenly from
  /// there, so that a jump of the wall clock neither gives nor takes.
  std::int64_t wall_ms(base::Instant now) const noexcept;

 private:
  friend class Reader;
  struct Shard;
  struct State;

  // One visit: the lock, the entry, and the end of the step. Out of line so that this header stays
  // thin.
  class Visit {
   public:
    Visit(Node& node, unsigned db, std::string_view key, Mode mode);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    engine::Entry& entry() noexcept { return entry_; }

   private:
    Node& node_;
    std::uint64_t hash_;
    Shard& shard_;
    engine::Entry entry_;
  };

  enum class Locking : bool { held, each };  ///< Whether the caller holds the shards already.
  DatabaseStats count(unsigned db, Locking locking) const;
  std::uint64_t scan_shards(unsigned db, std::uint64_t cursor, std::size_t count,
                            engine::EntryVisitor fn, Locking locking);
  void hash_keys(std::span<const std::string_view> keys, std::uint64_t* hashes) const noexcept;
  Held hold_hashed(std::span<const std::uint64_t> hashes);
  std::size_t sweep_shard(std::uint32_t number, std::size_t& slots_max, char*& huge);
  void commit(std::span<const std::uint32_t> shards) noexcept;
  void relieve(std::size_t bytes, std::uint32_t spared) noexcept;

  std::unique_ptr<State> state_;
};

/// Some shards, or all, locked until it goes away: what is visited through it is one atomic step.
/// Visits through one Held may nest: an entry finds its place again after a write to another. Views of it die then.
class Node::Held {
 public:
  Held(Held&& other) noexcept;
  Held& operator=(Held&&) = delete;
  ~Held();

  /// As Node::visit. The shard of `key` must be held.
  template <class Fn>
  decltype(auto) visit(unsigned db, std::string_view key, Mode mode, Fn&& fn) {
    engine::Entry entry = open(db, key, mode);
    return std::forward<Fn>(fn)(entry);
  }
  template <class Fn>
  decltype(auto) visit(unsigned db, const HashedKey& key, Mode mode, Fn&& fn) {
    engine::Entry entry = open(db, key.text, key.hash, mode);
    return std::forward<Fn>(fn)(entry);
  }
  /// As Node::visit_many, all of it part of this step.
  template <class Fn>
  void visit_many(unsigned db, std::span<const std::string_view> keys, Mode mode, Fn&& fn) {
    std::uint64_t hashes[kGroupKeysMax];
    for (std::size_t first = 0; first < keys.size(); first += kGroupKeysMax) {
      const auto group = keys.subspan(first, std::min(kGroupKeysMax, keys.size() - first));
      node_->hash_keys(group, hashes);
      visit_group(db, group, hashes, mode,
                  [&](std::size_t i, engine::Entry& entry) { fn(first + i, entry); });
    }
  }

  /// Another handle on the same step, for what would hold its own locks outside of it. It unlocks nothing and must go
  /// first.
  Held share() const;

  // These require hold_all, and are otherwise as Node's.
  DatabaseStats database(unsigned db) const;
  std::size_t size(unsigned db) const { return database(db).entries; }
  std::uint64_t scan(unsigned db, std::uint64_t cursor, std::size_t count, engine::EntryVisitor fn);
  void flush(unsigned db);
  void flush_all();
  void swap_databases(unsigned a, unsigned b);
  void set_eviction(policy::Eviction eviction);

 private:
  friend class Node;
  enum class Shared : bool { no, yes };
  Held(Node& node, const ShardSet& shards, Shared shared = Shared::no);
  engine::Entry open(unsigned db, std::string_view key, Mode mode);
  engine::Entry open(unsigned db, std::string_view key, std::uint64_t hash, Mode mode);
  void fetch(unsigned db, std::span<const std::uint64_t> hashes);
  template <class Fn>
  void visit_group(unsigned db, std::span<const std::string_view> keys, const std::uint64_t* hashes,
                   Mode mode, Fn&& fn) {
    fetch(db, {hashes, keys.size()});
    for (std::size_t i = 0; i < keys.size(); ++i) {
      engine::Entry entry = open(db, keys[i], hashes[i], mode);
      fn(i, entry);
    }
  }

  void release_unheard() noexcept;
  void require_all() const noexcept;

  Node* node_;
  ShardSet shards_;
  Shared shared_;  ///< The locks are another's.
};

template <class Fn>
void Node::visit_many(unsigned db, std::span<const std::string_view> keys, Mode mode, Fn&& fn) {
  std::uint64_t hashes[kGroupKeysMax];
  for (std::size_t first = 0; first < keys.size(); first += kGroupKeysMax) {
    const auto group = keys.subspan(first, std::min(kGroupKeysMax, keys.size() - first));
    hash_keys(group, hashes);
    Held held = hold_hashed({hashes, group.size()});
    held.visit_group(db, group, hashes, mode,
                     [&](std::size_t i, engine::Entry& entry) { fn(first + i, entry); });
  }
}

}  // namespace larder::node
