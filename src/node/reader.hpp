// Reader: reads that take no lock. A glance at the table, a copy of what was seen, and then a look whether
// somebody held the lock meanwhile; if so, once more, and then under the lock.
//
// A header of its own, for it shows what node.hpp hides.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/assert.hpp"
#include "base/racy.hpp"
#include "node/node.hpp"
#include "node/shard.hpp"

namespace larder::node {

/// What a read found.
enum class Found : std::uint8_t {
  nothing,
  string,
  other_kind,
};

/// Threads  As Node.
class Reader {
 public:
  explicit Reader(Node& node) noexcept : node_(node), state_(*node.state_) {}

  /// A read visit that copies the string at `key` to `value`, a std::optional of some string.
  /// Cost     No lock where nobody writes to the key's shard meanwhile: readers do not wait for each
  ///          other, nor write to memory that they share. Otherwise, and for values above some 2 KiB,
  ///          entries close to their deadline and policies that note each use, as Node::visit.
  /// Errors   throws std::bad_alloc.
  template <class String>
  Found read(unsigned db, std::string_view key, std::optional<String>& value);

  /// The same for at most Node::kGroupKeysMax keys, in one atomic step; `values` and `found` are as
  /// long as `keys`.
  template <class String>
  void read_group(unsigned db, std::span<const std::string_view> keys,
                  std::span<std::optional<String>> values, std::span<Found> found);

 private:
  // Whoever is disturbed twice waits for the lock rather than go on trying.
  static constexpr int kGlances = 2;

  template <class String>
  static Found copy(const engine::Entry& entry, std::optional<String>& value) {
    value.reset();
    if (!entry.exists()) return Found::nothing;
    if (entry.kind() != engine::Kind::string) return Found::other_kind;
    value.emplace(entry.value());
    return Found::string;
  }
  template <class String>
  bool glance_group(unsigned db, std::span<const std::string_view> keys,
                    std::span<std::optional<String>> values, std::span<Found> found);
  void fetch(unsigned db, std::span<const std::uint64_t> hashes,
             engine::Table::Slot* likely) const noexcept;

  Node& node_;
  Node::State& state_;
};

template <class String>
Found Reader::read(unsigned db, std::string_view key, std::optional<String>& value) {
  LARDER_ASSERT(db < state_.databases);
  const std::uint64_t hash = state_.hash_of(key);
  const Node::Shard& shard = state_.shard_of(hash);
  for (int i = 0; i < kGlances; ++i) {
    const Lock::Glimpse before = shard.mutex.glimpse();
    if (!Lock::was_free(before)) break;
    std::string_view seen;
    const engine::Glance glance = shard.table.glance(db, key, hash, {}, seen);
    if (glance == engine::Glance::ask) break;
    if (glance == engine::Glance::string) base::racy_emplace(value, seen);
    if (!shard.mutex.undisturbed(before)) continue;
    if (glance == engine::Glance::string) {
      state_.hits.add();
      return Found::string;
    }
    value.reset();
    state_.misses.add();
    return Found::nothing;
  }
  return node_.visit(db, key, Mode::read,
                     [&](const engine::Entry& entry) { return copy(entry, value); });
}

template <class String>
void Reader::read_group(unsigned db, std::span<const std::string_view> keys,
                        std::span<std::optional<String>> values, std::span<Found> found) {
  LARDER_ASSERT(db < state_.databases && keys.size() <= Node::kGroupKeysMax);
  LARDER_ASSERT(values.size() == keys.size() && found.size() == keys.size());
  if (glance_group(db, keys, values, found)) return;
  node_.visit_many(db, keys, Mode::read, [&](std::size_t i, const engine::Entry& entry) {
    found[i] = copy(entry, values[i]);
  });
}

// False: one of them needs its lock, or had it taken, so that together they were not one step.
template <class String>
bool Reader::glance_group(unsigned db, std::span<const std::string_view> keys,
                          std::span<std::optional<String>> values, std::span<Found> found) {
  std::array<std::uint64_t, Node::kGroupKeysMax> hashes;
  std::array<Lock::Glimpse, Node::kGroupKeysMax> before;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    hashes[i] = state_.hash_of(keys[i]);
    before[i] = state_.shard_of(hashes[i]).mutex.glimpse();
    if (!Lock::was_free(before[i])) return false;
  }
  std::array<engine::Table::Slot, Node::kGroupKeysMax> likely;
  fetch(db, {hashes.data(), keys.size()}, likely.data());
  std::size_t hits = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::string_view seen;
    const engine::Table& table = state_.shard_of(hashes[i]).table;
    const engine::Glance glance = table.glance(db, keys[i], hashes[i], likely[i], seen);
    if (glance == engine::Glance::ask) return false;
    const bool hit = glance == engine::Glance::string;
    if (hit) {
      base::racy_emplace(values[i], seen);
    } else {
      values[i].reset();
    }
    found[i] = hit ? Found::string : Found::nothing;
    hits += hit;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!state_.shard_of(hashes[i]).mutex.undisturbed(before[i])) return false;
  }
  state_.hits.add(hits);
  state_.misses.add(keys.size() - hits);
  return true;
}

inline void Reader::fetch(unsigned db, std::span<const std::uint64_t> hashes,
                          engine::Table::Slot* likely) const noexcept {
  for (const std::uint64_t hash : hashes) state_.shard_of(hash).table.fetch_bucket(db, hash);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    likely[i] = state_.shard_of(hashes[i]).table.fetch(db, hashes[i]);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (!likely[i]) likely[i] = state_.shard_of(hashes[i]).table.fetch_chained(db, hashes[i]);
  }
}

}  // namespace larder::node
