// The index's tree of minima: over each 16 buckets, each 256, and each chunk, the earliest deadline.
//
// A new deadline sinks into the minima above its bucket and stops where it is no news. Taking one away leaves them as
// they are; whoever follows a minimum that is too early finds nothing there and has it computed anew.
#include <algorithm>

#include "engine/index.hpp"

namespace larder::engine {
namespace {

template <class T, std::size_t n>
DueTick minimum(const std::array<T, n>& values, std::size_t first, std::size_t count) noexcept {
  return *std::min_element(values.begin() + first, values.begin() + first + count);
}

}  // namespace

void Index::lower_due(std::size_t number, DueTick tick) noexcept {
  Bucket& bucket = bucket_at(number);
  if (tick >= bucket.due) return;
  bucket.due = tick;
  ChunkSlot& place = chunks_[number / kChunkBuckets];
  const std::size_t within = number % kChunkBuckets;
  DueTick& due16 = place.chunk->due16[within / 16];
  DueTick& due256 = place.chunk->due256[within / 256];
  due16 = std::min(due16, tick);
  due256 = std::min(due256, tick);
  place.due = std::min(place.due, tick);
}

void Index::refresh_due_bucket(std::size_t number) noexcept {
  DueTick due = kDueNever;
  for_bucket(number, [&](const Record* record) {
    due = std::min(due, scale_.tick(record->deadline_ns()));
  });
  bucket_at(number).due = due;
}

void Index::refresh_due_above(std::size_t number) noexcept {
  ChunkSlot& place = chunks_[number / kChunkBuckets];
  const std::size_t within = number % kChunkBuckets;
  const std::size_t first = within & ~std::size_t{15};
  const std::size_t chunk_first = number - within;
  DueTick due = kDueNever;
  for (std::size_t i = first; i < first + 16 && chunk_first + i < buckets_; ++i) {
    due = std::min(due, place.chunk->buckets[i].due);
  }
  Chunk& chunk = *place.chunk;
  chunk.due16[within / 16] = due;
  chunk.due256[within / 256] = minimum(chunk.due16, within / 256 * 16, 16);
  place.due = minimum(chunk.due256, 0, chunk.due256.size());
}

DueTick Index::earliest() const noexcept {
  DueTick due = kDueNever;
  for (const ChunkSlot& place : chunks_) due = std::min(due, place.due);
  return due;
}

// The first group of the chunk, from group `from` on, that has a deadline up to `tick`; kNone if
// there is none.
std::size_t Index::find_due_in(const Chunk& chunk, std::size_t from, DueTick tick) noexcept {
  for (std::size_t group = from; group < chunk.due16.size();) {
    if (chunk.due256[group / 16] > tick) {
      group = (group / 16 + 1) * 16;
    } else if (chunk.due16[group] > tick) {
      ++group;
    } else {
      return group;
    }
  }
  return kNone;
}

std::size_t Index::find_due(DueTick tick, std::size_t start_bucket) const noexcept {
  const std::size_t start = start_bucket / kChunkBuckets % chunks_.size();
  std::size_t from = start_bucket % kChunkBuckets / kGroupBuckets;
  for (std::size_t i = 0; i <= chunks_.size();
       ++i) {  // The first chunk again at the end, from its beginning.
    const std::size_t number = (start + i) % chunks_.size();
    if (chunks_[number].due <= tick) {
      const std::size_t group = find_due_in(*chunks_[number].chunk, from, tick);
      if (group != kNone) return number * kChunkBuckets + group * kGroupBuckets;
    }
    from = 0;
  }
  return kNone;
}

std::size_t Index::find_deadline(std::size_t start_bucket) noexcept {
  for (;;) {
    const std::size_t group = find_due(kDueNever - 1, start_bucket);
    if (group == kNone) return kNone;
    for (std::size_t number = group; number < std::min(group + kGroupBuckets, buckets_); ++number) {
      if (bucket_at(number).due != kDueNever) return number;
    }
    refresh_due(group);  // Too early a minimum, now put right: the loop comes to an end.
  }
}

void Index::refresh_due(std::size_t first) noexcept {
  const std::size_t end = std::min(first + kGroupBuckets, buckets_);
  for (std::size_t number = first; number < end; ++number) {
    if (bucket_at(number).due != kDueNever) refresh_due_bucket(number);
  }
  // The group may be of buckets that are no more, up to the end of the last chunk.
  if (first / kChunkBuckets < chunks_.size()) refresh_due_above(first);
}

}  // namespace larder::engine
