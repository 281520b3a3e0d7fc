#include "node/node.hpp"

#include <bit>
#include <thread>

#include "base/assert.hpp"
#include "base/random.hpp"
#include "node/shard.hpp"

namespace larder::node {
namespace {

std::size_t shard_count(std::size_t asked) {
  if (asked == 0) asked = std::size_t{4} * std::max(1u, std::thread::hardware_concurrency());
  return std::bit_ceil(std::min(asked, kShardsMax));
}

// A cursor is a shard's number and a position in it.
constexpr unsigned kPositionBits = engine::Table::kPositionBits;

// Segments so small that a shard of a bounded node has at least 32, in between a page and what is
// good for all that are larger.
std::size_t segment_bytes(std::size_t bytes_max, std::size_t shards) {
  constexpr std::size_t kMin = 4 * 1024, kMax = 32 * 1024;
  if (bytes_max == 0) return kMax;
  return std::clamp(std::bit_floor(bytes_max / shards / 32), kMin, kMax);
}

// What one write may evict elsewhere: as many bytes as it brought, in entries of the smallest size,
// and a few more.
constexpr std::size_t kRelieveEntries = 16;
constexpr std::size_t kEntryBytesMin = 32;

// Slots that a sweep looks at under one lock: about 20 microseconds.
constexpr std::size_t kSweepSlice = 512;

}  // namespace

Node::Node(const NodeOptions& options, const base::Clock& clock)
    : state_(std::make_unique<State>(options.bytes_max, clock)) {
  LARDER_ASSERT(options.databases > 0 && options.databases <= 128);
  base::Random random{options.seed != 0 ? options.seed : base::system_entropy()};
  state_->hash_key = {random(), random()};
  state_->databases = options.databases;
  state_->eviction = options.eviction;
  const std::size_t count = shard_count(options.shards);
  state_->shard_shift = 12 - static_cast<unsigned>(std::countr_zero(count));
  for (std::size_t i = 0; i < count; ++i) {
    const engine::TableOptions table{.shard = static_cast<std::uint32_t>(i),
                                     .databases = options.databases,
                                     .eviction = options.eviction,
                                     .hash_key = state_->hash_key,
                                     .seed = random(),
                                     .segment_bytes = segment_bytes(options.bytes_max, count)};
    state_->shards.push_back(std::make_unique<Shard>(table, state_->budget, clock));
  }
}

Node::~Node() = default;

Node::Visit::Visit(Node& node, unsigned db, std::string_view key, Mode mode)
    : node_(node),
      hash_(node.state_->hash_of(key)),
      shard_(node.state_->shard_of(hash_)),
      entry_((shard_.mutex.lock(), shard_.table.visit(db, key, hash_, mode))) {}

Node::Visit::~Visit() {
  std::size_t overdrawn = 0;
  if (shard_.table.take_changed()) {
    const std::uint32_t number = shard_.table.shard();
    node_.commit({&number, 1});
    overdrawn = shard_.table.take_overdrawn();
  }
  shard_.mutex.unlock();
  if (overdrawn > 0) node_.relieve(overdrawn, shard_.table.shard());
}

void Node::commit(std::span<const std::uint32_t> shards) noexcept {
  for (engine::ChangeSink* sink : state_->sinks) sink->committed(shards);
}

// A table wrote more than it could make room for: others evict as much, and it is spared, or what it
// wrote would be the first to go. Bounded by what was written.
void Node::relieve(std::size_t bytes, std::uint32_t spared) noexcept {
  std::size_t entries_max = kRelieveEntries + bytes / kEntryBytesMin;
  const std::uint32_t first = state_->sweep_next.fetch_add(1, std::memory_order_relaxed);
  for (std::uint32_t i = 0;
       i < state_->shards.size() && state_->budget.left() < 0 && entries_max > 0; ++i) {
    const std::uint32_t number =
        (first + i) & static_cast<std::uint32_t>(state_->shards.size() - 1);
    if (number == spared) continue;
    Shard& shard = *state_->shards[number];
    const std::lock_guard lock{shard.mutex};
    entries_max -= std::min(entries_max, shard.table.relieve(entries_max));
    if (shard.table.take_changed()) commit({&number, 1});
  }
}

void Node::flush(unsigned db) { hold_all().flush(db); }

void Node::flush_all() { hold_all().flush_all(); }

DatabaseStats Node::database(unsigned db) const { return count(db, Locking::each); }

DatabaseStats Node::count(unsigned db, Locking locking) const {
  LARDER_ASSERT(db < state_->databases);
  DatabaseStats sum;
  for (const auto& shard : state_->shards) {
    std::unique_lock lock{shard->mutex, std::defer_lock};
    if (locking == Locking::each) lock.lock();
    sum.entries += shard->table.size(db);
    sum.entries_with_deadline += shard->table.size_with_deadline(db);
  }
  return sum;
}

std::uint64_t Node::scan(unsigned db, std::uint64_t cursor, std::size_t count,
                         engine::EntryVisitor fn) {
  return scan_shards(db, cursor, count, fn, Locking::each);
}

std::uint64_t Node::scan_shards(unsigned db, std::uint64_t cursor, std::size_t count,
                                engine::EntryVisitor fn, Locking locking) {
  LARDER_ASSERT(db < state_->databases);
  std::uint64_t position = cursor & ((std::uint64_t{1} << kPositionBits) - 1);
  std::size_t seen = 0;
  const auto counted = [&](const engine::Entry& entry) {
    ++seen;
    fn(entry);
  };
  for (std::uint64_t number = cursor >> kPositionBits; number < state_->shards.size(); ++number) {
    if (seen > 0 && seen >= count) return number << kPositionBits;
    Shard& shard = *state_->shards[number];
    std::unique_lock lock{shard.mutex, std::defer_lock};
    if (locking == Locking::each) lock.lock();
    const std::size_t wanted = std::max<std::size_t>(count - std::min(count, seen), 1);
    position = shard.table.scan(db, position, wanted, counted);
    if (position != 0) return number << kPositionBits | position;
  }
  return 0;
}

std::size_t Node::sweep(std::size_t slots_max) {
  std::size_t gone = 0;
  const std::uint32_t first = state_->sweep_next.fetch_add(1, std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < state_->shards.size() && slots_max > 0; ++i) {
    const std::uint32_t number =
        (first + i) & static_cast<std::uint32_t>(state_->shards.size() - 1);
    char* huge = nullptr;
    gone += sweep_shard(number, slots_max, huge);
    if (!huge) continue;
    // Beside the lock: nobody but who touches that very memory waits. One for each slice.
    base::Pages::make_huge(huge);
    return gone + 1;
  }
  return gone;
}

std::size_t Node::sweep_shard(std::uint32_t number, std::size_t& slots_max, char*& huge) {
  Shard& shard = *state_->shards[number];
  const std::lock_guard lock{shard.mutex};
  const std::size_t slice = std::min(slots_max, kSweepSlice);
  std::size_t left = slice;
  const std::size_t gone = shard.table.sweep(left);
  slots_max -= slice - left;
  huge = shard.table.take_huge();
  if (shard.table.take_changed()) commit({&number, 1});
  return gone;
}

void Node::set_bytes_max(std::size_t bytes_max) { state_->budget.set_bytes_max(bytes_max); }

void Node::set_eviction(policy::Eviction eviction) { hold_all().set_eviction(eviction); }

policy::Eviction Node::eviction() const { return state_->eviction; }

void Node::listen(engine::ChangeSink& sink) {
  const Held all = hold_all();
  state_->sinks.push_back(&sink);
  for (const auto& shard : state_->shards) shard->table.listen(sink);
}

std::uint64_t Node::next_token(std::uint64_t above) noexcept {
  const auto wall = static_cast<std::uint64_t>(
      std::chrono::microseconds{state_->clock.coarse_wall().time_since_epoch()}.count());
  std::uint64_t last = state_->token_last.load(std::memory_order_relaxed);
  std::uint64_t next = 0;
  do {
    next = std::max({above + 1, last + 1, wall});
  } while (!state_->token_last.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return next;
}

std::int64_t Node::wall_ms(base::Instant now) const noexcept {
  const auto even = std::chrono::floor<base::Millis>(now.time_since_epoch());
  return (even + state_->wall_ahead).count();
}

unsigned Node::databases() const noexcept { return state_->databases; }

NodeStats Node::stats() const {
  NodeStats sum;
  sum.bytes_max = state_->budget.bytes_max();
  sum.hits = state_->hits.value();
  sum.misses = state_->misses.value();
  for (const auto& shard : state_->shards) {
    const engine::TableStats& table = shard->table.stats();
    sum.entries += table.entries.get();
    sum.entries_with_deadline += table.entries_with_deadline.get();
    sum.bytes_used += table.bytes_used.get();
    sum.bytes_data += table.bytes_data.get();
    sum.bytes_index += table.bytes_index.get();
    sum.bytes_dead += table.bytes_dead.get();
    sum.bytes_resident += table.bytes_resident.get();
    sum.hits += table.hits.get();
    sum.misses += table.misses.get();
    sum.expired += table.expired.get();
    sum.expired_on_access += table.expired_on_access.get();
    sum.evicted += table.evicted.get();
    sum.evicted_by_upkeep += table.evicted_by_upkeep.get();
  }
  sum.nothing_evictable = policy::only_volatile(state_->eviction) && sum.bytes_max != 0 &&
                          sum.entries != 0 && sum.entries_with_deadline == 0;
  return sum;
}

const base::Clock& Node::clock() const noexcept { return state_->clock; }

}  // namespace larder::node
