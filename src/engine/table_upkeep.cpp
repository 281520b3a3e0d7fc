// The table's upkeep, in slices: flushed memory, entries past their deadline, memory over the
// bound.
#include <chrono>

#include "engine/table.hpp"

namespace larder::engine {
namespace {

void spend(std::size_t& slots_max, std::size_t slots) { slots_max -= std::min(slots_max, slots); }

constexpr std::size_t kEvictSlots = 64;  // About what one eviction looks at.

}  // namespace

std::size_t Table::sweep(std::size_t& slots_max) {
  std::size_t gone = sweep_flushed(slots_max);
  if (stats_.entries_with_deadline.get() > 0 ||
      options_.eviction == policy::Eviction::allkeys_lfu ||
      options_.eviction == policy::Eviction::volatile_lfu) {
    const auto now = clock_.now().time_since_epoch();
    minute_ =
        static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::minutes>(now).count());
  }
  gone += sweep_expired(slots_max);
  if (budget_.left() < 0) {
    const std::size_t evicted = relieve(slots_max / kEvictSlots);
    spend(slots_max, evicted * kEvictSlots);
    gone += evicted;
  }
  // A slice that ran out may have found only stale minima: there may be more all the same.
  return slots_max == 0 && gone == 0 ? 1 : gone;
}

std::size_t Table::sweep_flushed(std::size_t& slots_max) {
  std::size_t gone = 0;
  while (slots_max > 0 && !flushed_.empty()) {
    Index& index = *flushed_.back();
    const std::size_t before = index.memory_bytes();
    const std::size_t touched = index.drain_bucket([&](Record* record) {
      stats_.bytes_used.sub(record->memory_bytes());
      Record::destroy(record);
      ++gone;
    });
    spend(slots_max, touched);
    if (index.buckets() == 0) {
      stats_.bytes_used.sub(before);
      slots_retired_ += index.slots_touched();
      flushed_.pop_back();
    } else {
      stats_.bytes_used.sub(before - index.memory_bytes());
    }
  }
  settle();
  return gone;
}

std::size_t Table::sweep_expired(std::size_t& slots_max) {
  std::size_t gone = 0;
  if (stats_.entries_with_deadline.get() == 0) return gone;
  const std::int64_t now_ns = clock_.now().time_since_epoch().count();
  const DueTick now = scale_.tick(now_ns);
  if (now == 0) return gone;
  const DueTick due =
      now - 1;  // The step that `now` lies in is not over: its entries wait for the next sweep.
  for (unsigned looked = 0; looked < databases_.size() && slots_max > 0;) {
    Index* index = databases_[sweep_db_].index.get();
    const std::size_t group = index ? index->find_due(due, sweep_bucket_) : Index::kNone;
    if (group == Index::kNone) {
      sweep_db_ = (sweep_db_ + 1) % static_cast<unsigned>(databases_.size());
      sweep_bucket_ = 0;
      ++looked;
      continue;
    }
    sweep_bucket_ = group;
    gone += expire_group(*index, group, due, now_ns, slots_max);
  }
  return gone;
}

// Erases what is past its deadline in one group of buckets.
std::size_t Table::expire_group(Index& index, std::size_t group, DueTick due, std::int64_t now_ns,
                                std::size_t& slots_max) {
  expired_.clear();
  std::size_t touched = 0;
  for (std::size_t number = group; number < std::min(group + Index::kGroupBuckets, index.buckets());
       ++number) {
    if (index.due_of(number) > due) continue;
    touched += index.for_bucket(number, [&](Record* record) {
      if (record->deadline_ns() < now_ns && record != keep_) expired_.push_back(record);
    });
  }
  spend(slots_max, touched * 2 + Index::kGroupBuckets);
  // Erasing may join buckets, so hashes are looked up anew; the minima first, while the group is
  // what it was.
  for (Record* record : expired_)
    remove(sweep_db_, hash_of(record->key()), record, Change::What::expire);
  index.refresh_due(group);
  return expired_.size();
}

}  // namespace larder::engine
