#include <bit>
#include <vector>

#include "base/assert.hpp"
#include "node/node.hpp"
#include "node/shard.hpp"

namespace larder::node {

void Node::hash_keys(std::span<const std::string_view> keys, std::uint64_t* hashes) const noexcept {
  for (const std::string_view key : keys) *hashes++ = state_->hash_of(key);
}

Node::Held Node::hold(std::span<const std::string_view> keys) {
  ShardSet shards{state_->shards.size()};
  for (const std::string_view key : keys) shards.add(state_->shard_number(state_->hash_of(key)));
  return Held{*this, shards};
}

Node::Held Node::hold(std::span<const HashedKey> keys) {
  ShardSet shards{state_->shards.size()};
  for (const HashedKey& key : keys) shards.add(state_->shard_number(key.hash));
  return Held{*this, shards};
}

HashedKey Node::hashed(std::string_view key) const noexcept { return {key, state_->hash_of(key)}; }

Node::Held Node::hold_hashed(std::span<const std::uint64_t> hashes) {
  ShardSet shards{state_->shards.size()};
  for (const std::uint64_t hash : hashes) shards.add(state_->shard_number(hash));
  return Held{*this, shards};
}

Node::Held Node::hold_all() {
  ShardSet shards{state_->shards.size()};
  for (std::uint32_t number = 0; number < state_->shards.size(); ++number) shards.add(number);
  return Held{*this, shards};
}

// Everybody locks in ascending order, and a visit locks one shard and no second: no cycle, no
// deadlock.
Node::Held::Held(Node& node, const ShardSet& shards, Shared shared)
    : node_(&node), shards_(shards), shared_(shared) {
  if (shared_ == Shared::yes) return;
  shards_.for_each([&](std::uint32_t number) { node.state_->shards[number]->mutex.lock(); });
}

Node::Held::Held(Held&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)), shards_(other.shards_), shared_(other.shared_) {}

Node::Held Node::Held::share() const { return Held{*node_, shards_, Shared::yes}; }

Node::Held::~Held() {
  if (!node_ || shared_ == Shared::yes) return;
  State& state = *node_->state_;
  if (state.sinks.empty()) {
    release_unheard();
    return;
  }
  std::vector<std::uint32_t> changed;
  std::size_t overdrawn = 0;
  std::uint32_t spared = 0;
  shards_.for_each([&](std::uint32_t number) {
    engine::Table& table = state.shards[number]->table;
    if (table.take_changed()) changed.push_back(number);
    if (const std::size_t bytes = table.take_overdrawn(); bytes > 0) {
      overdrawn += bytes;
      spared = number;
    }
  });
  if (!changed.empty()) node_->commit(changed);
  shards_.for_each([&](std::uint32_t number) { state.shards[number]->mutex.unlock(); });
  if (overdrawn > 0) node_->relieve(overdrawn, spared);
}

// Where nobody listens, nothing has to be said while all are still held.
void Node::Held::release_unheard() noexcept {
  State& state = *node_->state_;
  std::size_t overdrawn = 0;
  std::uint32_t spared = 0;
  shards_.for_each([&](std::uint32_t number) {
    Shard& shard = *state.shards[number];
    if (shard.table.take_changed()) {
      if (const std::size_t bytes = shard.table.take_overdrawn(); bytes > 0) {
        overdrawn += bytes;
        spared = number;
      }
    }
    shard.mutex.unlock();
  });
  if (overdrawn > 0) node_->relieve(overdrawn, spared);
}

engine::Entry Node::Held::open(unsigned db, std::string_view key, Mode mode) {
  return open(db, key, node_->state_->hash_of(key), mode);
}

engine::Entry Node::Held::open(unsigned db, std::string_view key, std::uint64_t hash, Mode mode) {
  const std::uint32_t number = node_->state_->shard_number(hash);
  LARDER_ASSERT(shards_.contains(number));
  return node_->state_->shards[number]->table.visit(db, key, hash, mode);
}

// Rounds of misses for the group instead of as many for each key.
void Node::Held::fetch(unsigned db, std::span<const std::uint64_t> hashes) {
  State& state = *node_->state_;
  LARDER_ASSERT(db < state.databases);
  for (const std::uint64_t hash : hashes) {
    LARDER_ASSERT(shards_.contains(state.shard_number(hash)));
    state.shard_of(hash).table.fetch_bucket(db, hash);
  }
  static_assert(kGroupKeysMax <= 64);
  std::uint64_t chained = 0;  // A bit for each key of the group.
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const bool found = static_cast<bool>(state.shard_of(hashes[i]).table.fetch(db, hashes[i]));
    chained |= std::uint64_t{!found} << i;
  }
  for (; chained != 0; chained &= chained - 1) {
    const std::uint64_t hash = hashes[static_cast<std::size_t>(std::countr_zero(chained))];
    state.shard_of(hash).table.fetch_chained(db, hash);
  }
}

void Node::Held::require_all() const noexcept {
  LARDER_ASSERT(shards_.size() == node_->state_->shards.size());
}

DatabaseStats Node::Held::database(unsigned db) const {
  require_all();
  return node_->count(db, Locking::held);
}

std::uint64_t Node::Held::scan(unsigned db, std::uint64_t cursor, std::size_t count,
                               engine::EntryVisitor fn) {
  require_all();
  return node_->scan_shards(db, cursor, count, fn, Locking::held);
}

void Node::Held::flush(unsigned db) {
  require_all();
  LARDER_ASSERT(db < node_->state_->databases);
  for (const auto& shard : node_->state_->shards) shard->table.flush(db);
}

void Node::Held::flush_all() {
  for (unsigned db = 0; db < node_->state_->databases; ++db) flush(db);
}

void Node::Held::swap_databases(unsigned a, unsigned b) {
  require_all();
  LARDER_ASSERT(a < node_->state_->databases && b < node_->state_->databases);
  for (const auto& shard : node_->state_->shards) shard->table.swap_databases(a, b);
}

void Node::Held::set_eviction(policy::Eviction eviction) {
  require_all();
  node_->state_->eviction = eviction;
  for (const auto& shard : node_->state_->shards) shard->table.set_eviction(eviction);
}

}  // namespace larder::node
