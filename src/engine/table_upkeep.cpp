// The table's upkeep, in slices: flushed memory, entries past their deadline, memory over the
// bound, dead bytes in the log.
//
// Expiry goes by segments, for those written together die together. Each segment knows its earliest
// deadline; one whose time has come is read through from one end to the other, a batch at a time,
// and what stays in it is not looked at again for a while: how long grows with the number of
// segments, so that however deadlines are mixed, looking costs about a fiftieth of a processor at
// most.
#include <algorithm>
#include <array>

#include "engine/table.hpp"

namespace larder::engine {
namespace {

constexpr std::size_t kEvictSlots = 64;      // About what one eviction looks at.
constexpr std::size_t kRemoveSlots = 12;     // What one removal costs, in records read.
constexpr std::size_t kExpireBatch = 16;     // Removals whose places are fetched together.
constexpr std::size_t kDescriptorsSlot = 4;  // Descriptors of segments read for one slot.
// A segment is read through in about 4 microseconds: at one in 200 of them that is 2 %.
constexpr DeadlineMs kRestForSegments = 5;  // A millisecond of rest for so many segments.
constexpr DeadlineMs kRestMin = 50;
constexpr DeadlineMs kRestMax = 5'000;

void spend(std::size_t& slots_max, std::size_t slots) { slots_max -= std::min(slots_max, slots); }

}  // namespace

std::size_t Table::sweep(std::size_t& slots_max) {
  std::size_t gone = sweep_flushed(slots_max);
  gone += sweep_expired(slots_max);
  if (budget_.left() < 0) {
    const std::uint64_t before = stats_.evicted.get();
    gone += relieve(slots_max / kEvictSlots);
    const std::uint64_t evicted = stats_.evicted.get() - before;
    stats_.evicted_by_upkeep.add(evicted);
    spend(slots_max, evicted * kEvictSlots);
  }
  gone += sweep_log(slots_max);
  // A slice that ran out may have found nothing that goes: there may be more all the same.
  return slots_max == 0 && gone == 0 ? 1 : gone;
}

// Cleans the log, and moves records that have room for usage where no policy wants it any more, or
// have none where one does.
std::size_t Table::sweep_log(std::size_t& slots_max) {
  std::size_t looked = 0;
  while (slots_max > looked * kRemoveSlots && must_clean()) {
    const std::size_t cleaned = clean(kCleanWrite);
    if (cleaned == 0) break;
    looked += cleaned;
  }
  if (cleaning_ == kNoSegment && (cleaning_ = log_.misfit()) != kNoSegment)
    cleaning_generation_ = log_.segment(cleaning_).generation;
  if (cleaning_ != kNoSegment && slots_max > looked * kRemoveSlots)
    looked += clean(slots_max / kRemoveSlots - looked + 1);
  spend(slots_max, looked * kRemoveSlots);
  if (looked > 0) settle();
  return looked > 0;
}

// ---- flushed databases ------------------------------------------------------------------------------

std::size_t Table::sweep_flushed(std::size_t& slots_max) {
  std::size_t gone = 0;
  while (slots_max > 0 && !flushed_.empty()) {
    Space& space = spaces_[flushed_.back()];
    SlotIndex& index = *space.index;
    const std::size_t before = index.memory_bytes();
    std::size_t touched = 0;
    if (index.buckets() > 0) {
      touched = index.drain_bucket([&](Address address) {
        free_flushed(address);
        ++gone;
      });
    }
    spend(slots_max, touched + 1);
    index_changed(index, before);
    if (index.buckets() == 0) {
      slots_retired_ += index.slots_touched();
      const unsigned db = space.db;
      spare_indexes_.push_back(std::move(space.index));  // There is room for one of each space.
      space = Space{};
      space.db = db;
      flushed_.pop_back();
    }
  }
  ++epoch_;
  settle();
  return gone;
}

// The log takes leave of a record of a flushed database; the counters did when it was flushed.
void Table::free_flushed(Address address) noexcept {
  const Record record = log_.record(address);
  bytes_outside_ -= record.outside_bytes();
  queue_weight_[static_cast<std::size_t>(log_.queue_of(address))] -= weight_of(record);
  drop_body(record);
  log_.end(address, record.bytes(), record.has_deadline());
}

// Somebody came upon such a record before its bucket was drained.
void Table::forget_flushed(Space& space, std::uint64_t hash, Slot slot) noexcept {
  const Address address = slot.address();
  const std::size_t before = space.index->memory_bytes();
  space.index->erase(hash, slot);
  index_changed(*space.index, before);
  free_flushed(address);
  ++epoch_;
}

// ---- deadlines --------------------------------------------------------------------------------------

std::size_t Table::sweep_expired(std::size_t& slots_max) {
  if (stats_.entries_with_deadline.get() == 0) return 0;
  const DeadlineMs now = now_ms();
  if (now <= due_next_) return 0;
  std::size_t gone = 0;
  DeadlineMs due_next = kNever;
  const std::size_t segments = log_.segments();
  std::size_t looked = 0;
  for (; looked < segments && slots_max > 0; ++looked) {
    if (expiry_.segment >= segments) expiry_.segment = 0;
    if (looked % kDescriptorsSlot == 0) spend(slots_max, 1);
    const Segment& segment = log_.segment(expiry_.segment);
    const bool begun = expiry_.begun && expiry_.generation == segment.generation;
    if (segment.in_use && segment.timed > 0 && (begun || segment.due < now)) {
      gone += expire_in(expiry_.segment, now, slots_max);
      if (expiry_.begun) return gone;  // This slice is used up.
    }
    if (segment.in_use && segment.timed > 0) due_next = std::min(due_next, segment.due);
    expiry_ = {expiry_.segment + 1};
  }
  // Only a whole round knows.
  if (looked == segments) due_next_ = due_next;
  return gone;
}

// Goes on reading through a segment, and erases what is past its deadline.
std::size_t Table::expire_in(SegmentNumber number, DeadlineMs now, std::size_t& slots_max) {
  const Segment& segment = log_.segment(number);
  if (!expiry_.begun || expiry_.generation != segment.generation) {
    expiry_ = {number, segment.generation, true, 0, kNever, now};
    log_.set_due(number, kNever);  // Of what is written until the end is reached.
  }
  std::size_t gone = 0;
  std::array<Address, kExpireBatch> batch;
  while (expiry_.begun && slots_max > 0) {
    const std::size_t count = next_expired(segment, now, batch, slots_max);
    gone += expire_batch({batch.data(), count});
    spend(slots_max, count * kRemoveSlots);
    if (!segment.in_use || segment.generation != expiry_.generation || segment.living == 0) {
      expiry_.begun = false;
    } else if (expiry_.offset >= segment.filled) {
      const auto rest = std::clamp(
          static_cast<DeadlineMs>(log_.segments_in_use()) / kRestForSegments, kRestMin, kRestMax);
      log_.set_due(number, std::min(std::max(expiry_.due, expiry_.since + rest), segment.due));
      expiry_.begun = false;
    }
  }
  return gone;
}

// Reads on in the segment until a batch is full, the slice is used up, or the segment ends.
std::size_t Table::next_expired(const Segment& segment, DeadlineMs now, std::span<Address> batch,
                                std::size_t& slots_max) {
  std::size_t count = 0;
  expiry_.offset = std::max(expiry_.offset, segment.consumed);
  while (expiry_.offset < segment.filled && count < batch.size() && slots_max > 0) {
    const Record record = log_.read_next(expiry_.segment, expiry_.offset);
    spend(slots_max, 1);
    ++records_touched_;
    if (!record || spaces_[record.space()].flushed) continue;
    const Address address = log_.address(record);
    if (record.deadline() < now && address != keep_) {
      batch[count++] = address;
    } else {
      expiry_.due = std::min(expiry_.due, record.deadline());
    }
  }
  return count;
}

std::size_t Table::expire_batch(std::span<const Address> addresses) {
  std::array<std::uint64_t, kExpireBatch> hashes{};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Record record = log_.record(addresses[i]);
    hashes[i] = hash_of(record.key());
    spaces_[record.space()].index->prefetch_bucket(hashes[i]);
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const SpaceNumber number = log_.record(addresses[i]).space();
    const Slot slot = spaces_[number].index->find_address(hashes[i], addresses[i]);
    remove(number, hashes[i], slot, Change::What::expire);
  }
  return addresses.size();
}

}  // namespace larder::engine
