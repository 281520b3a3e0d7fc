// Index: from a key's hash to its record, growing and shrinking one bucket at a time.
//
// Linear hashing (Litwin, VLDB 1980). With n buckets and 2^L <= n < 2^(L+1), a hash belongs to
// bucket `hash mod 2^(L+1)`, or `hash mod 2^L` where that bucket does not exist yet. Adding bucket
// n splits bucket n - 2^L between the two; removing it joins them again. So one insertion moves the
// entries of one bucket at most: no pause, and no second copy of the table. A bucket is one cache
// line of seven slots; those that overflow chain to spare buckets.
//
//   bucket := slot[7]:u64 overflow:u32 due:u32        slot := tag:16 record:48
//
// Buckets live in chunks of 4096 that never move. `due` is the earliest deadline in a bucket; each
// chunk keeps the minimum over 16 buckets, over 256, and over all: a tree of minima by which
// expired entries are found without looking at those that are not (0.8 bytes an entry; a timer
// wheel would take 8 to 16 an entry). A minimum may be too early, after an erasure or a
// prolongation, and is put right when it is visited; it is never too late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "engine/record.hpp"

namespace larder::engine {

/// Deadlines as the index keeps them: 32 bits of 67 ms steps since the table was made; far ones are
/// clamped.
using DueTick = std::uint32_t;
constexpr DueTick kDueNever = ~DueTick{0};

/// Turns deadlines into ticks. An entry whose tick is below tick(now) is surely past its deadline.
struct DueScale {
  std::int64_t origin_ns = 0;
  DueTick tick(std::int64_t ns) const noexcept {
    if (ns == Record::kNever) return kDueNever;
    if (ns <= origin_ns) return 0;
    const std::uint64_t ticks = static_cast<std::uint64_t>(ns - origin_ns) >> 26;
    return ticks < kDueNever - 1 ? static_cast<DueTick>(ticks) : kDueNever - 1;
  }
};

class Index {
 public:
  static constexpr unsigned kSlots = 7;
  static constexpr std::size_t kChunkBuckets = 4096;
  static constexpr std::size_t kGroupBuckets = 16;  ///< What one call of visit_due looks at.

  Index(base::HashKey hash_key, DueScale scale);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  std::size_t size() const noexcept { return size_; }
  std::size_t buckets() const noexcept { return buckets_; }
  /// Memory of buckets in use; the unused rest of the last chunk is address space only.
  std::size_t memory_bytes() const noexcept;
  /// Slots looked at since the beginning: what bounds on work are asserted with.
  std::uint64_t slots_touched() const noexcept { return slots_touched_; }

  std::uint64_t hash_of(std::string_view key) const noexcept {
    return base::keyed_hash(key, hash_key_);
  }
  Record* find(std::string_view key, std::uint64_t hash) noexcept;
  /// Some record with this very hash: for those who kept a hash instead of a key.
  Record* find_hash(std::uint64_t hash) noexcept;
  /// The record must be absent. Splits one bucket when the fill calls for it.
  void insert(std::uint64_t hash, Record* record);
  /// Forgets the record, which must be there; does not destroy it. Joins two buckets when the fill
  /// calls for it.
  void erase(std::uint64_t hash, Record* record);
  /// Puts `to` in the place of `from`.
  void replace(std::uint64_t hash, Record* from, Record* to) noexcept;
  /// Where the record stands, and how to say that it has moved in memory. Valid until the next
  /// insert or erase.
  std::uint64_t* slot_of(std::uint64_t hash, const Record* record) noexcept {
    return find_slot(hash, record);
  }
  static void set_slot(std::uint64_t& slot, Record* record) noexcept {
    slot = (slot & ~kRecordMask) | reinterpret_cast<std::uint64_t>(record);
  }
  /// The record's deadline has become this: its bucket's minimum may sink.
  void note_deadline(std::uint64_t hash, std::int64_t ns) noexcept;

  void prefetch_bucket(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&bucket_at(bucket_of(hash)));
  }
  /// Also fetches the record whose tag fits.
  void prefetch_record(std::uint64_t hash) noexcept;

  /// Calls `fn(Record*)` for one bucket's records; `fn` must not change the index. Returns how many
  /// slots it looked at.
  template <class Fn>
  std::size_t for_bucket(std::size_t number, Fn&& fn) {
    std::size_t touched = 0;
    for (Bucket* bucket = &bucket_at(number); bucket; bucket = next(*bucket)) {
      touched += kSlots;
      for (const std::uint64_t slot : bucket->slots) {
        if (slot) fn(record_of(slot));
      }
    }
    slots_touched_ += touched;
    return touched;
  }
  std::size_t random_bucket(base::Random& random) const noexcept { return random.below(buckets_); }

  /// SCAN's order: hashes by their low bits reversed, in which the entries of a bucket are
  /// neighbours whatever the number of buckets. Calls `fn(Record*)` for the bucket at `position`
  /// and returns the next position; 0: the end.
  static constexpr unsigned kPositionBits = 48;
  template <class Fn>
  std::uint64_t scan(std::uint64_t position, Fn&& fn) {
    const std::size_t number = bucket_of(reverse(position));
    const std::uint64_t span = std::uint64_t{1} << (kPositionBits - depth_of(number));
    for_bucket(number, std::forward<Fn>(fn));
    return ((position | (span - 1)) + 1) & ((std::uint64_t{1} << kPositionBits) - 1);
  }

  /// The earliest tick of any bucket. Cost: one look at each chunk.
  DueTick earliest() const noexcept;
  static constexpr std::size_t kNone = ~std::size_t{0};
  /// Finds a group of buckets whose minimum is at most `tick`, from `start_bucket` on, round about.
  /// Returns the number of its first bucket, or kNone.
  std::size_t find_due(DueTick tick, std::size_t start_bucket) const noexcept;
  /// Some bucket with a deadline in it, from `start_bucket` on round about; kNone if there is none.
  std::size_t find_deadline(std::size_t start_bucket) noexcept;
  DueTick due_of(std::size_t number) const noexcept { return bucket_at(number).due; }
  /// Makes the minima of the group at `first` (a result of find_due) exact again, from its records.
  void refresh_due(std::size_t first) noexcept;

  /// Takes the last bucket out and hands its records to `fn`: how a flushed index is emptied in
  /// slices. Requires buckets() > 0. Nothing but this and the destructor may be called afterwards.
  template <class Fn>
  std::size_t drain_bucket(Fn&& fn) {
    const std::size_t touched = for_bucket(buckets_ - 1, [&](Record* record) {
      --size_;
      fn(record);
    });
    drop_last_bucket();
    return touched;
  }

 private:
  struct alignas(64) Bucket {
    std::array<std::uint64_t, kSlots> slots;
    std::uint32_t overflow;  ///< One more than the number of a spare bucket; 0: none.
    DueTick due;
  };
  static_assert(sizeof(Bucket) == 64);

  struct Chunk {
    std::array<Bucket, kChunkBuckets>
        buckets;  ///< Made ready one by one: pages are touched as the table grows.
    std::array<DueTick, kChunkBuckets / 16> due16;
    std::array<DueTick, kChunkBuckets / 256> due256;
  };
  struct ChunkSlot {
    Chunk* chunk;
    DueTick due;
  };

  static constexpr std::uint64_t kRecordMask = (std::uint64_t{1} << 48) - 1;
  static std::uint64_t tag_of(std::uint64_t hash) noexcept {
    return (hash << 8) & ~kRecordMask;
  }  // bits 40 to 55
  static Record* record_of(std::uint64_t slot) noexcept {
    // A slot is a tag and a pointer in one word, so it has to become a pointer again.
    return reinterpret_cast<Record*>(slot & kRecordMask);  // NOLINT(performance-no-int-to-ptr)
  }
  static std::uint64_t slot_for(std::uint64_t hash, Record* record) noexcept;
  static std::uint64_t reverse(std::uint64_t position) noexcept;

  std::size_t bucket_of(std::uint64_t hash) const noexcept {
    const std::size_t number = hash & mask_;
    return number < buckets_ ? number : number & (mask_ >> 1);
  }
  unsigned depth_of(std::size_t number) const noexcept;
  Bucket& bucket_at(std::size_t number) const noexcept {
    return chunks_[number / kChunkBuckets].chunk->buckets[number % kChunkBuckets];
  }
  Bucket* next(const Bucket& bucket) const noexcept {
    if (bucket.overflow == 0) return nullptr;
    return &spare_at(bucket.overflow);
  }
  Bucket& spare_at(std::uint32_t spare) const noexcept {
    return spares_[(spare - 1) / kSpareChunk][(spare - 1) % kSpareChunk];
  }

  std::uint64_t* find_slot(std::uint64_t hash, const Record* record) noexcept;
  void put(std::size_t number, std::uint64_t slot);
  void lower_due(std::size_t number, DueTick tick) noexcept;
  static std::size_t find_due_in(const Chunk& chunk, std::size_t from, DueTick tick) noexcept;
  void refresh_due_bucket(std::size_t number) noexcept;
  void refresh_due_above(std::size_t number) noexcept;
  void add_bucket();
  void drop_last_bucket() noexcept;
  void take_all(std::size_t number);
  void split();
  void join();
  void ensure_spare();
  std::uint32_t take_spare();
  void give_spare(std::uint32_t spare) noexcept;
  void fill_hole(Bucket& first, std::uint64_t* hole) noexcept;
  void free_chain(Bucket& bucket) noexcept;

  static constexpr std::size_t kSpareChunk = 16;

  base::HashKey hash_key_;
  DueScale scale_;
  std::vector<ChunkSlot> chunks_;
  std::size_t buckets_ = 0;
  std::size_t mask_ = 1;  ///< 2^(L+1) - 1.
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<Bucket[]>> spares_;
  std::uint32_t spare_free_ = 0;       ///< Head of the free list, numbered as Bucket::overflow.
  std::vector<std::uint64_t> moving_;  ///< Slots between two buckets, during a split.
  std::uint64_t slots_touched_ = 0;
};

}  // namespace larder::engine
