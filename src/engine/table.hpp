// Table: one shard's truth. Sixteen databases of entries, their memory, their deadlines, their
// change stream.
//
// No lock, no thread and no clock of its own: whoever owns it serialises access, and its clock is
// asked only when a deadline matters. What it does in one call is bounded by what the call brings:
// a write evicts as many bytes as it adds, growth moves one bucket, upkeep comes in slices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "engine/budget.hpp"
#include "engine/change.hpp"
#include "engine/entry.hpp"
#include "engine/index.hpp"
#include "policy/candidates.hpp"
#include "policy/eviction.hpp"
#include "policy/usage.hpp"

namespace larder::engine {

struct TableOptions {
  std::uint32_t shard = 0;  ///< Its number, for the change stream.
  unsigned databases = 16;
  policy::Eviction eviction = policy::Eviction::adaptive;
  base::HashKey hash_key{};
  std::uint64_t seed = 1;
};

/// Threads  One at a time, except stats().
class Table {
 public:
  Table(const TableOptions& options, Budget& budget, const base::Clock& clock);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  std::uint64_t hash_of(std::string_view key) const noexcept {
    return base::keyed_hash(key, options_.hash_key);
  }

  /// The entry of `key`; an expired one is erased first and seen as vacant. `hash` is hash_of(key).
  Entry visit(unsigned db, std::string_view key, std::uint64_t hash, Mode mode);
  Entry visit(unsigned db, std::string_view key, Mode mode) {
    return visit(db, key, hash_of(key), mode);
  }

  void prefetch_bucket(unsigned db, std::uint64_t hash) const noexcept;
  void prefetch_record(unsigned db, std::uint64_t hash) noexcept;

  void flush(unsigned db);
  void swap_databases(unsigned a, unsigned b);
  std::size_t size(unsigned db) const noexcept {
    return databases_[db].index ? databases_[db].index->size() : 0;
  }
  std::size_t size_with_deadline(unsigned db) const noexcept {
    return databases_[db].entries_with_deadline;
  }

  /// Calls `fn` for the live entries of about `count` slots from `position` on; returns the next
  /// position, 0: the end.
  std::uint64_t scan(unsigned db, std::uint64_t position, std::size_t count,
                     const EntryVisitor& fn);

  /// Frees flushed memory, erases entries past their deadline, evicts what is over the budget; at
  /// most about `slots_max` slots are looked at. Returns how many entries went, at least 1 if there
  /// may be more, and takes the slots it used from `slots_max`.
  std::size_t sweep(std::size_t& slots_max);
  /// Evicts until the budget is whole again, or nothing is left to evict, or `entries_max` are
  /// gone. Returns how many.
  std::size_t relieve(std::size_t entries_max);

  void set_eviction(policy::Eviction eviction) noexcept;
  policy::Eviction eviction() const noexcept { return options_.eviction; }
  void listen(ChangeSink& sink) { sinks_.push_back(&sink); }
  std::span<ChangeSink* const> sinks() const noexcept { return sinks_; }
  /// True if there were changes since the last call: the step that ends must be committed.
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  /// Bytes written since the last call for which there was no budget: other tables must give them.
  std::size_t take_overdrawn() noexcept { return std::exchange(overdrawn_, 0); }

  std::uint32_t shard() const noexcept { return options_.shard; }
  const TableStats& stats() const noexcept { return stats_; }
  const base::Clock& clock() const noexcept { return clock_; }
  /// Slots looked at since the beginning: what bounds on work are asserted with.
  std::uint64_t slots_touched() const noexcept;

 private:
  friend class Entry;

  struct Database {
    std::unique_ptr<Index> index;  ///< Null until the first write.
    std::size_t entries_with_deadline = 0;
    std::size_t bytes_data = 0;
    std::size_t bytes_entries = 0;
    std::size_t bytes_volatile = 0;
  };

  // table.cpp: looking and writing
  Result<void> write_string(Entry& entry, std::string_view value, Deadline deadline);
  Result<void> append(Entry& entry, std::string_view tail);
  Result<void> write_object(Entry& entry, Kind kind, std::unique_ptr<Object> object,
                            Deadline deadline);
  void object_changed(Entry& entry);
  void set_deadline(Entry& entry, std::optional<base::Instant> deadline);
  bool erase(Entry& entry);

  Index& index_of(unsigned db);
  std::int64_t resolve(const Entry& entry, Deadline deadline) const noexcept;
  bool past(std::int64_t deadline_ns) const noexcept;
  static std::size_t growth(const Record* old, std::size_t block) noexcept;
  void place(Entry& entry, RecordOwner owner);
  void written(Entry& entry, Change::What what, std::size_t appended);
  void remove(unsigned db, std::uint64_t hash, Record* record, Change::What why);
  void tell(const Change& change) noexcept;
  std::uint32_t next_version() noexcept;

  // table_memory.cpp: accounting and eviction
  bool reserve(std::size_t bytes, const Record* keep);
  bool make_space();
  bool may_overdraw(std::int64_t bytes) const noexcept;
  void overdraw(std::int64_t bytes) noexcept;
  enum class Counted : bool { out, in };
  void count(unsigned db, const Record& record, Counted which) noexcept;
  void settle() noexcept;
  bool evict_one();
  bool evict_from_samples();
  bool evict_random();
  Record* find_victim(Index& index);
  bool evict_earliest();
  bool evictable(const Record& record) const noexcept;
  double coldness(const Record& record) const noexcept;
  void sample();
  Index* random_index(unsigned& db) noexcept;
  std::size_t random_bucket(Index& index);
  policy::Moment moment() const noexcept { return {tick_, minute_}; }

  // table_upkeep.cpp: slices
  std::size_t sweep_flushed(std::size_t& slots_max);
  std::size_t sweep_expired(std::size_t& slots_max);
  std::size_t expire_group(Index& index, std::size_t group, DueTick due, std::int64_t now_ns,
                           std::size_t& slots_max);

  TableOptions options_;
  Budget& budget_;
  const base::Clock& clock_;
  base::Random random_;
  DueScale scale_;
  std::vector<Database> databases_;
  std::vector<std::unique_ptr<Index>> flushed_;  ///< Emptied in slices by sweep.
  std::vector<ChangeSink*> sinks_;
  policy::Candidates candidates_;
  TableStats stats_;
  std::int64_t credit_ = 0;       ///< Drawn from the budget; stats_.bytes_used of it are in use.
  const Record* keep_ = nullptr;  ///< While memory is made for it, an entry must not go itself.
  bool counted_entries_ =
      false;  ///< Whether the budget counts this table among those with entries.
  bool counted_deadlines_ = false;
  std::uint64_t slots_retired_ = 0;  ///< slots_touched of indexes that are gone.
  std::vector<Record*> expired_;     ///< Of the group being swept.
  std::uint32_t version_ = 0;
  std::uint32_t tick_ = 0;
  std::uint16_t minute_ = 0;
  unsigned sweep_db_ = 0;
  std::size_t sweep_bucket_ = 0;
  std::size_t overdrawn_ = 0;
  bool changed_ = false;
};

}  // namespace larder::engine
