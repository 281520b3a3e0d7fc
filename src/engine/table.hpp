// Table: one shard's truth. Databases of entries, their memory, their deadlines, their change
// stream.
//
//   key --keyed hash--> SlotIndex (one a space) --32-bit address--> Log (one a table) --> record
//
// A space is what a database number stands for at present: SWAPDB exchanges numbers, FLUSHDB gives
// a database a fresh space and empties the old one in slices.
//
// No lock, no thread and no clock of its own: whoever owns it serialises access, and its clock is
// asked only when a deadline or a policy needs it. What it does in one call is bounded by what the
// call brings: a write evicts as many bytes as it adds and moves a few records at most, growth
// splits one bucket, upkeep comes in slices.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "engine/budget.hpp"
#include "engine/change.hpp"
#include "engine/entry.hpp"
#include "engine/leases.hpp"
#include "engine/log.hpp"
#include "engine/slot_index.hpp"
#include "engine/versions.hpp"
#include "policy/adaptive.hpp"
#include "policy/candidates.hpp"
#include "policy/eviction.hpp"
#include "policy/usage.hpp"

namespace larder::engine {

/// What the budget's bound counts.
enum class Charge : std::uint8_t {
  memory,   ///< All that is held, overhead included.
  entries,  ///< Entries: for comparing policies with published figures.
  data,     ///< Key and value bytes: likewise.
};

struct TableOptions {
  std::uint32_t shard = 0;  ///< Its number, for the change stream.
  unsigned databases = 16;  ///< At most 128.
  policy::Eviction eviction = policy::Eviction::adaptive;
  base::HashKey hash_key{};
  std::uint64_t seed = 1;
  std::size_t segment_bytes = 32 * 1024;
  std::size_t log_bytes_max = Log::kBytesMax;  ///< Address space for records.
  Charge charge = Charge::memory;
};

/// What a glance beside the lock saw.
enum class Glance : std::uint8_t {
  missing,
  string,
  ask,  ///< More than a glance can tell, or one that must leave a trace: visit.
};

/// Threads  One at a time, except stats(), and beside it glance() and the fetches.
class Table final : private Residents {
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

  using Slot = SlotIndex::Slot;
  /// A read visit beside whoever holds the lock, that leaves the string at `key` in `value`: to be
  /// copied, by a function that is LARDER_RACY. Neither answer nor copy means anything unless nobody
  /// held the lock until the copy was made. It counts as a use for eviction, and not as hit or miss.
  /// `likely`: what fetch gave, if it was called.
  Glance glance(unsigned db, std::string_view key, std::uint64_t hash, Slot likely,
                std::string_view& value) const noexcept;

  // For many keys at once, in three rounds, between which memory has time to answer: all buckets,
  // all records, and those records whose slots were not found in the second round.
  void fetch_bucket(unsigned db, std::uint64_t hash) const noexcept;
  Slot fetch(unsigned db, std::uint64_t hash) const noexcept;
  Slot fetch_chained(unsigned db, std::uint64_t hash) const noexcept;

  void flush(unsigned db);
  void swap_databases(unsigned a, unsigned b);
  std::size_t size(unsigned db) const noexcept {
    const Space& space = space_of(db);
    return space.index ? space.index->size() : 0;
  }
  std::size_t size_with_deadline(unsigned db) const noexcept {
    return space_of(db).entries_with_deadline;
  }

  /// SCAN's positions have so many bits.
  static constexpr unsigned kPositionBits = SlotIndex::kPositionBits;
  /// Calls `fn` for the live entries of about `count` slots from `position` on; returns the next
  /// position, 0: the end.
  std::uint64_t scan(unsigned db, std::uint64_t position, std::size_t count,
                     const EntryVisitor& fn);

  /// Frees flushed memory, erases entries past their deadline, evicts what is over the budget,
  /// cleans the log; at most about `slots_max` slots are looked at. Returns how many entries went,
  /// at least 1 if there may be more, and takes the slots it used from `slots_max`.
  std::size_t sweep(std::size_t& slots_max);
  /// Memory that is worth a huge page, each stretch once; null: none. See base::Pages::make_huge.
  char* take_huge() noexcept;
  /// Evicts until the budget is whole again, or nothing is left to evict, or `entries_max` are
  /// gone. Returns how many.
  std::size_t relieve(std::size_t entries_max);

  /// Entries written before keep no idle time or frequency until upkeep has moved them.
  void set_eviction(policy::Eviction eviction) noexcept;
  policy::Eviction eviction() const noexcept { return options_.eviction; }
  void listen(ChangeSink& sink) { sinks_.push_back(&sink); }
  std::span<ChangeSink* const> sinks() const noexcept { return sinks_; }
  /// True if there were changes since the last call: the step that ends must be committed.
  bool take_changed() noexcept {
    if (!changed_) return false;  // Nothing is written where nothing was.
    changed_ = false;
    return true;
  }
  /// Bytes written since the last call for which there was no budget: other tables must give them.
  std::size_t take_overdrawn() noexcept { return std::exchange(overdrawn_, 0); }

  std::uint32_t shard() const noexcept { return options_.shard; }
  const TableStats& stats() const noexcept { return stats_; }
  const base::Clock& clock() const noexcept { return clock_; }
  /// Slots and records looked at since the beginning: what bounds on work are asserted with.
  std::uint64_t slots_touched() const noexcept;

 private:
  friend class Entry;
  using SpaceNumber = std::uint8_t;

  struct Space {
    std::unique_ptr<SlotIndex> index;  ///< Null until the first write.
    unsigned db = 0;
    bool flushed = false;
    std::size_t entries_with_deadline = 0;
    std::size_t bytes_data = 0;
    std::size_t bytes_entries = 0;
    std::size_t bytes_volatile = 0;
  };

  // What Entry asks.
  const Space& space_of(unsigned db) const noexcept { return spaces_[space_of_[db]]; }
  Space& space_of(unsigned db) noexcept { return spaces_[space_of_[db]]; }
  void find_again(const Entry& entry) noexcept;
  base::Instant instant_of(DeadlineMs deadline) const noexcept;
  std::uint64_t version_of(const Entry& entry);
  /// What tells the entries of all databases apart.
  std::uint64_t identity(SpaceNumber number, std::uint64_t hash) const noexcept {
    return hash ^ number * std::uint64_t{0x9e3779b97f4a7c15};
  }
  std::optional<base::Millis> idle_of(const Record& record) const noexcept;
  std::optional<std::uint8_t> frequency_of(const Record& record) const noexcept;

  // table.cpp: looking
  std::uint64_t hash_at(Address address) const noexcept override;
  void prefetch(Address address) const noexcept override;
  void look_up(Entry& entry);
  Slot find(const Entry& entry) noexcept;
  void expire_on_access(Entry& entry, Slot slot);
  SlotIndex& index_of(unsigned db);
  void publish(unsigned db) noexcept;
  void publish_told() noexcept;
  DeadlineMs now_ms() const noexcept;
  DeadlineMs deadline_ms(base::Instant instant) const noexcept;
  bool past(DeadlineMs deadline) const noexcept;
  bool far_off(DeadlineMs deadline) const noexcept;
  policy::Moment moment() const noexcept;
  void note_usage(Record& record) noexcept;

  // table_write.cpp
  Result<void> write_string(Entry& entry, std::string_view value, Deadline deadline);
  Result<void> append(Entry& entry, std::string_view tail);
  void overwrite(Entry& entry, std::size_t offset, std::string_view bytes);
  Result<void> write_object(Entry& entry, Kind kind, std::unique_ptr<Object> object,
                            Deadline deadline);
  void object_changed(Entry& entry);
  void set_deadline(Entry& entry, std::optional<base::Instant> deadline);
  bool erase(Entry& entry);
  Leases::Grant grant_lease(const Entry& entry, std::uint64_t token, base::Nanos life);
  bool take_lease(const Entry& entry, std::uint64_t token) noexcept;
  void end_lease(const Entry& entry) noexcept {
    if (leases_ && !leases_->empty()) leases_->end(identity(space_of_[entry.db_], entry.hash_));
  }

  DeadlineMs resolve(const Entry& entry, Deadline deadline) const noexcept;
  Shape shape_for(const Entry& entry, std::size_t value_bytes, Kind kind,
                  DeadlineMs deadline) const noexcept;
  bool write_over(Entry& entry, std::string_view value, DeadlineMs deadline);
  bool write_in_place(Entry& entry, Shape shape, std::string_view value, DeadlineMs deadline);
  bool append_in_place(Entry& entry, std::string_view tail);
  Result<void> place(Entry& entry, const Shape& shape, DeadlineMs deadline, std::size_t keep_bytes,
                     std::string_view value);
  Address append_record(const Entry& entry, std::size_t bytes);
  Result<void> put(Entry& entry, Address to, const Record& record);
  Queue queue_for(const Entry& entry) noexcept;
  void written(Entry& entry, Change::What what, Change::Part part = {});
  void changed(Entry& entry, Change::What what, Change::Part part);
  void remove(SpaceNumber number, std::uint64_t hash, Slot slot, Change::What why);
  void drop_body(const Record& record) noexcept;
  void tell(const Change& change) noexcept;

  // table_memory.cpp: accounting and room
  bool reserve(const Entry& entry, const Shape& shape, std::size_t outside);
  std::int64_t charge_for(const Entry& entry, const Shape& shape,
                          std::size_t outside) const noexcept;
  std::int64_t charged() const noexcept;
  std::size_t charged_log() const noexcept;
  std::size_t bytes_of_policy() const noexcept;
  bool make_space();
  bool may_overdraw(std::int64_t bytes) const noexcept;
  void overdraw(std::int64_t bytes) noexcept;
  enum class Counted : bool { out, in };
  void count(Space& space, const Record& record, Queue queue, Counted which) noexcept;
  std::int64_t weight_of(const Record& record) const noexcept;
  void settle() noexcept;
  void index_changed(const SlotIndex& index, std::size_t bytes_before) noexcept;

  // table_evict.cpp
  bool evict_one();
  bool evict_in_order();
  SegmentNumber next_to_consume() const noexcept;
  double small_share() const noexcept;
  std::int64_t small_max() const noexcept;
  void begin_adapting() noexcept;
  bool spare(std::uint64_t hash, const Record& record) noexcept;
  std::size_t weight_mean() const noexcept;
  void told(std::uint64_t hash, policy::Visit visit) noexcept {
    if (adaptive_) adaptive_->visited(hash, visit);
  }
  enum class Taken : std::uint8_t { evicted, kept, stuck };
  Taken take_oldest(SegmentNumber number, bool may_keep);
  bool evict_from_samples();
  bool evict_random();
  bool evictable(Address address) const noexcept;
  double coldness(const Record& record, Slot slot, policy::Moment now) const noexcept;
  void offer(SpaceNumber number, Slot slot, std::uint64_t hash, policy::Moment now);
  void sample(policy::Moment now);
  void sample_timed(policy::Moment now);
  bool random_space(SpaceNumber& number) noexcept;

  // table_clean.cpp
  static constexpr std::size_t kCleanWrite = 32;  ///< Records that one write may look at.
  std::size_t clean(std::size_t records_max);
  bool must_clean() const noexcept;
  bool clean_segment(SegmentNumber number, std::size_t& records_max);
  Address relocate(Slot slot, const Record& record, const Shape& shape, DeadlineMs deadline,
                   Address to) noexcept;
  bool move_front(SegmentNumber number, Slot slot, bool to_main);

  // table_upkeep.cpp: slices
  std::size_t sweep_flushed(std::size_t& slots_max);
  std::size_t sweep_expired(std::size_t& slots_max);
  std::size_t expire_in(SegmentNumber number, DeadlineMs now, std::size_t& slots_max);
  std::size_t next_expired(const Segment& segment, DeadlineMs now, std::span<Address> batch,
                           std::size_t& slots_max);
  std::size_t sweep_log(std::size_t& slots_max);
  void free_flushed(Address address) noexcept;
  std::size_t expire_batch(std::span<const Address> addresses);
  void forget_flushed(Space& space, std::uint64_t hash, Slot slot) noexcept;
  SpaceNumber fresh_space();

  TableStats stats_;
  TableOptions options_;
  Budget& budget_;
  const base::Clock& clock_;
  std::int64_t origin_ns_;
  /// By database, for those who look without the lock; null: empty.
  std::unique_ptr<std::atomic<SlotIndex*>[]> indexes_;
  /// Hashes up to it, as the tuner mixes them, are told to it; all where a visit is noted in the record.
  std::atomic<std::uint64_t> told_to_{0};
  Log log_;
  base::Random random_;
  std::vector<Space> spaces_;
  std::vector<SpaceNumber> space_of_;  ///< By database.
  std::vector<SpaceNumber> flushed_;   ///< Emptied in slices by sweep.
  /// Drained, and kept for the next that is needed: somebody may still be looking into them.
  std::vector<std::unique_ptr<SlotIndex>> spare_indexes_;
  std::vector<ChangeSink*> sinks_;
  policy::Candidates candidates_;               ///< Of the policies that sample.
  std::unique_ptr<policy::Adaptive> adaptive_;  ///< Of `adaptive`, once it evicts.
  std::int64_t credit_ = 0;  ///< Drawn from the budget; charged() of it are in use.
  Address keep_ = 0;         ///< While memory is made for it, an entry must not go itself.
  std::size_t bytes_index_ = 0;
  std::size_t bytes_outside_ = 0;
  std::array<std::int64_t, 2> queue_weight_{};
  Versions versions_;
  std::unique_ptr<Leases> leases_;  ///< Null until the first.
  std::uint32_t epoch_ = 0;         ///< Changes when any record has moved or gone.
  std::uint64_t records_touched_ = 0;
  std::uint64_t slots_retired_ = 0;  ///< slots_touched of indexes that are gone.
  SegmentNumber cleaning_ = kNoSegment;
  std::uint32_t cleaning_generation_ = 0;
  struct {
    SegmentNumber segment = 0;
    std::uint32_t generation = 0;
    bool begun = false;  ///< Its reading goes on at the offset.
    std::uint32_t offset = 0;
    DeadlineMs due = kNever;  ///< The earliest deadline of those that stay.
    DeadlineMs since = 0;     ///< When its reading began.
  } expiry_;
  DeadlineMs due_next_ = kNever;       ///< No deadline is earlier.
  mutable DeadlineMs coarse_now_ = 0;  ///< When the clock was last asked.
  std::size_t overdrawn_ = 0;
  bool tracks_usage_ = false;
  bool changed_ = false;
};

// Inlined, for it is what most calls of a cache do.
inline Entry::Entry(Table& table, std::string_view key, std::uint64_t hash, unsigned db, Mode mode)
    : table_(&table), epoch_now_(&table.epoch_), key_(key), hash_(hash), db_(db), mode_(mode) {
  table.look_up(*this);
}

inline Entry Table::visit(unsigned db, std::string_view key, std::uint64_t hash, Mode mode) {
  LARDER_ASSERT(db < space_of_.size());
  return {*this, key, hash, db, mode};
}

inline void Table::look_up(Entry& entry) {
  Slot slot = find(entry);
  if (slot && entry.record_.timed() && past(entry.record_.deadline())) {
    expire_on_access(entry, slot);
    slot = {};
  }
  entry.epoch_ = epoch_;
  if (slot) {
    entry.address_ = slot.address();
    if (entry.mode_ == Mode::peek) return;
    // Two bits in the index serve all policies; those of Redis that rank by time or frequency keep
    // more in the record. A hit writes nothing once the bits are full.
    if (const unsigned use = slot.use(); use < policy::kUsesMax) slot.set_use(use + 1);
    if (tracks_usage_ && entry.record_.used()) note_usage(entry.record_);
    told(entry.hash_, policy::Visit::hit);
    if (entry.mode_ == Mode::read) stats_.hits.add(1);
  } else if (entry.mode_ == Mode::read) {
    stats_.misses.add(1);
    told(entry.hash_, policy::Visit::miss);
  }
}

// Leaves the record in the entry; none where the slot is none.
inline Table::Slot Table::find(const Entry& entry) noexcept {
  const Space& space = space_of(entry.db_);
  if (!space.index) return {};
  const Slot slot = space.index->find(entry.hash_, [&](Address at) {
    entry.record_.read(log_.at(at));
    return entry.record_.has_key(entry.key_);
  });
  if (!slot) entry.record_ = {};
  return slot;
}

}  // namespace larder::engine
