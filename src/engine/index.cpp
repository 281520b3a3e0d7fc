#include "engine/index.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/assert.hpp"

namespace larder::engine {
namespace {

// Mean entries a bucket at which the table grows and shrinks: 5 of 7 keeps overflow rare (linear
// hashing fills the buckets not yet split up to twice as much), 2 is far enough below that nobody
// swings between the two.
constexpr std::size_t kFillMax = 5;
constexpr std::size_t kFillMin = 2;

std::size_t mask_for(std::size_t buckets) noexcept {
  return buckets == 0 ? 1 : std::bit_floor(buckets) * 2 - 1;
}

// The bucket that `number` was split from and will be joined with.
std::size_t partner(std::size_t number) noexcept { return number - std::bit_floor(number); }

}  // namespace

Index::Index(base::HashKey hash_key, DueScale scale) : hash_key_(hash_key), scale_(scale) {
  add_bucket();
}

Index::~Index() {
  while (buckets_ > 0) drain_bucket([](Record* record) { Record::destroy(record); });
}

std::size_t Index::memory_bytes() const noexcept {
  return (buckets_ + spares_.size() * kSpareChunk) * sizeof(Bucket) +
         chunks_.size() * (sizeof(Chunk) - sizeof(Chunk::buckets));
}

std::uint64_t Index::slot_for(std::uint64_t hash, Record* record) noexcept {
  const auto address = reinterpret_cast<std::uint64_t>(record);
  LARDER_ASSERT((address & ~kRecordMask) == 0);
  return tag_of(hash) | address;
}

std::uint64_t Index::reverse(std::uint64_t position) noexcept {
  std::uint64_t x = position << (64 - kPositionBits);
  x = __builtin_bswap64(x);
  x = (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
  x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
  return (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
}

unsigned Index::depth_of(std::size_t number) const noexcept {
  // Buckets that have been split in this round, and those that came of it, are told apart by one
  // bit more.
  const std::size_t half = (mask_ >> 1) + 1;
  const bool split = number >= half || number + half < buckets_;
  return static_cast<unsigned>(std::bit_width(mask_)) - (split ? 0 : 1);
}

Record* Index::find(std::string_view key, std::uint64_t hash) noexcept {
  const std::uint64_t tag = tag_of(hash);
  for (Bucket* bucket = &bucket_at(bucket_of(hash)); bucket; bucket = next(*bucket)) {
    slots_touched_ += kSlots;
    for (const std::uint64_t slot : bucket->slots) {
      if (slot == 0 || ((slot ^ tag) & ~kRecordMask) != 0) continue;
      Record* record = record_of(slot);
      if (record->key() == key) return record;
    }
  }
  return nullptr;
}

Record* Index::find_hash(std::uint64_t hash) noexcept {
  const std::uint64_t tag = tag_of(hash);
  for (Bucket* bucket = &bucket_at(bucket_of(hash)); bucket; bucket = next(*bucket)) {
    slots_touched_ += kSlots;
    for (const std::uint64_t slot : bucket->slots) {
      if (slot == 0 || ((slot ^ tag) & ~kRecordMask) != 0) continue;
      if (hash_of(record_of(slot)->key()) == hash) return record_of(slot);
    }
  }
  return nullptr;
}

void Index::prefetch_record(std::uint64_t hash) noexcept {
  const std::uint64_t tag = tag_of(hash);
  for (const std::uint64_t slot : bucket_at(bucket_of(hash)).slots) {
    if (slot != 0 && ((slot ^ tag) & ~kRecordMask) == 0) __builtin_prefetch(record_of(slot));
  }
}

std::uint64_t* Index::find_slot(std::uint64_t hash, const Record* record) noexcept {
  for (Bucket* bucket = &bucket_at(bucket_of(hash)); bucket; bucket = next(*bucket)) {
    slots_touched_ += kSlots;
    for (std::uint64_t& slot : bucket->slots) {
      if (record_of(slot) == record) return &slot;
    }
  }
  return nullptr;
}

void Index::insert(std::uint64_t hash, Record* record) {
  const std::size_t number = bucket_of(hash);
  put(number, slot_for(hash, record));
  lower_due(number, scale_.tick(record->deadline_ns()));
  ++size_;
  if (size_ <= buckets_ * kFillMax) return;
  try {
    split();
  } catch (const std::bad_alloc&) {
    // Growth is for speed only: the next insertion tries again.
  }
}

void Index::erase(std::uint64_t hash, Record* record) {
  std::uint64_t* slot = find_slot(hash, record);
  LARDER_ASSERT(slot != nullptr);
  *slot = 0;
  --size_;
  if (Bucket& first = bucket_at(bucket_of(hash)); first.overflow != 0) fill_hole(first, slot);
  if (buckets_ == 1 || size_ >= buckets_ * kFillMin) return;
  try {
    join();
  } catch (const std::bad_alloc&) {
    // Shrinking can wait for the next erasure.
  }
}

void Index::replace(std::uint64_t hash, Record* from, Record* to) noexcept {
  std::uint64_t* slot = find_slot(hash, from);
  LARDER_ASSERT(slot != nullptr);
  *slot = slot_for(hash, to);
  lower_due(bucket_of(hash), scale_.tick(to->deadline_ns()));
}

void Index::note_deadline(std::uint64_t hash, std::int64_t ns) noexcept {
  lower_due(bucket_of(hash), scale_.tick(ns));
}

void Index::put(std::size_t number, std::uint64_t slot) {
  for (Bucket* bucket = &bucket_at(number);; bucket = next(*bucket)) {
    slots_touched_ += kSlots;
    for (std::uint64_t& place : bucket->slots) {
      if (place == 0) {
        place = slot;
        return;
      }
    }
    if (bucket->overflow == 0) bucket->overflow = take_spare();
  }
}

// Moves an entry from the end of the chain to where one was erased, and drops the last bucket when
// it is empty. Else every bucket would in time keep the chain of its most crowded day.
void Index::fill_hole(Bucket& first, std::uint64_t* hole) noexcept {
  Bucket* before = &first;
  Bucket* last = next(first);
  for (; last->overflow != 0; last = next(*last)) before = last;
  slots_touched_ += kSlots;
  const auto used = [](std::uint64_t slot) { return slot != 0; };
  const auto mover = std::find_if(last->slots.begin(), last->slots.end(), used);
  if (mover != last->slots.end()) {
    *hole = *mover;
    if (&*mover != hole) *mover = 0;
  }
  if (std::none_of(last->slots.begin(), last->slots.end(), used))
    give_spare(std::exchange(before->overflow, 0));
}

void Index::ensure_spare() {
  if (spare_free_ != 0) return;
  spares_.push_back(std::make_unique<Bucket[]>(kSpareChunk));
  const auto end = static_cast<std::uint32_t>(spares_.size() * kSpareChunk);
  for (std::uint32_t i = 0; i < kSpareChunk; ++i) give_spare(end - i);
}

std::uint32_t Index::take_spare() {
  ensure_spare();
  const std::uint32_t spare = spare_free_;
  Bucket& bucket = spare_at(spare);
  spare_free_ = bucket.overflow;
  bucket = Bucket{{}, 0, kDueNever};
  return spare;
}

// Spare buckets that are free are chained through `overflow`, as those in use are.
void Index::give_spare(std::uint32_t spare) noexcept {
  spare_at(spare).overflow = spare_free_;
  spare_free_ = spare;
}

void Index::free_chain(Bucket& bucket) noexcept {
  for (std::uint32_t spare = bucket.overflow; spare != 0;) {
    const std::uint32_t after = spare_at(spare).overflow;
    give_spare(spare);
    spare = after;
  }
  bucket.overflow = 0;
}

void Index::add_bucket() {
  if (buckets_ == chunks_.size() * kChunkBuckets) {
    void* memory = std::aligned_alloc(alignof(Chunk), sizeof(Chunk));
    if (!memory) throw std::bad_alloc{};
    auto* chunk = static_cast<Chunk*>(memory);
    chunk->due16.fill(kDueNever);
    chunk->due256.fill(kDueNever);
    chunks_.push_back({chunk, kDueNever});
  }
  const std::size_t number = buckets_++;
  bucket_at(number) = Bucket{{}, 0, kDueNever};
  mask_ = mask_for(buckets_);
}

void Index::drop_last_bucket() noexcept {
  Bucket& last = bucket_at(buckets_ - 1);
  free_chain(last);
  last.due = kDueNever;
  // The minima above may now be too early, as after any erasure.
  --buckets_;
  mask_ = mask_for(buckets_);
  if (buckets_ % kChunkBuckets == 0) {
    std::free(chunks_.back().chunk);
    chunks_.pop_back();
  }
}

// Empties a bucket and its chain into moving_. All or nothing: it asks for memory first.
void Index::take_all(std::size_t number) {
  moving_.clear();
  std::size_t slots = 0;
  for (const Bucket* bucket = &bucket_at(number); bucket; bucket = next(*bucket)) slots += kSlots;
  moving_.reserve(slots);
  for (Bucket* bucket = &bucket_at(number); bucket; bucket = next(*bucket)) {
    slots_touched_ += kSlots;
    for (std::uint64_t& slot : bucket->slots) {
      if (slot) moving_.push_back(slot);
      slot = 0;
    }
  }
  Bucket& first = bucket_at(number);
  free_chain(first);
  first.due = kDueNever;
}

// Two buckets never need more spares than the one they came from: putting back does not fail.
void Index::split() {
  const std::size_t source = partner(buckets_);
  add_bucket();
  try {
    take_all(source);
  } catch (...) {
    drop_last_bucket();  // Nothing has moved yet.
    throw;
  }
  for (const std::uint64_t slot : moving_) {
    const Record* record = record_of(slot);
    const std::size_t number = bucket_of(hash_of(record->key()));
    put(number, slot);
    lower_due(number, scale_.tick(record->deadline_ns()));
  }
}

// One bucket may need one spare more than the two that it takes in.
void Index::join() {
  ensure_spare();
  const std::size_t last = buckets_ - 1;
  const DueTick due = bucket_at(last).due;
  take_all(last);
  drop_last_bucket();
  const std::size_t number = partner(last);
  for (const std::uint64_t slot : moving_) put(number, slot);
  lower_due(number, due);
}

}  // namespace larder::engine
