// Cleaning: what is dead in the log becomes free memory again, by moving what lives beside it.
#include <cstring>

#include "base/assert.hpp"
#include "engine/table.hpp"

namespace larder::engine {

// Looks at up to `records_max` records of the dirtiest segments. Returns how many it looked at; 0:
// nothing is worth cleaning.
std::size_t Table::clean(std::size_t records_max) {
  std::size_t left = records_max;
  while (left > 0) {
    if (cleaning_ == kNoSegment || !log_.segment(cleaning_).in_use ||
        log_.segment(cleaning_).generation != cleaning_generation_) {
      cleaning_ = log_.dirtiest();
      if (cleaning_ == kNoSegment) break;
      cleaning_generation_ = log_.segment(cleaning_).generation;
    }
    if (!clean_segment(cleaning_, left)) {
      cleaning_ = kNoSegment;
      if (left == records_max) return 0;
      break;
    }
  }
  return records_max - left;
}

// The next records of a segment, a handful at a time: their places in the index are fetched
// together. False: there is no memory to move them to.
bool Table::clean_segment(SegmentNumber number, std::size_t& records_max) {
  constexpr std::size_t kBatch = 16;
  struct Living {
    Address address;
    std::uint64_t hash;
  };
  std::array<Living, kBatch> batch;
  std::size_t count = 0;
  const Segment& segment = log_.segment(number);
  std::uint32_t offset = segment.consumed;
  const std::size_t batch_max = std::min(kBatch, records_max);
  while (offset < segment.filled && count < batch_max) {
    const Record record = log_.read_next(number, offset);
    ++records_touched_;
    if (!record) continue;
    batch[count] = {log_.address(record), hash_of(record.key())};
    if (const auto& index = spaces_[record.space()].index)
      index->prefetch_bucket(batch[count].hash);
    ++count;
  }
  records_max -= std::max<std::size_t>(count, 1);
  const std::uint32_t generation = segment.generation;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t all = ~std::size_t{0};
    log_.skip_dead(number, all);
    const Record record = log_.record(batch[i].address);
    Space& space = spaces_[record.space()];
    const Slot slot = space.index->find_address(batch[i].hash, batch[i].address);
    LARDER_ASSERT(slot);
    const std::size_t bytes = record.bytes();
    if (space.flushed) {
      forget_flushed(space, batch[i].hash, slot);
    } else if (!move_front(number, slot, false)) {
      return false;
    }
    if (log_.segment(number).generation != generation || !log_.segment(number).in_use) return true;
    log_.consume(number, bytes);
  }
  return true;
}

// Moves the record at the front of a segment: to the place in the queue that its segment has, or to
// the end of `main`. What held it is dead, and the caller's to consume.
bool Table::move_front(SegmentNumber number, Slot slot, bool to_main) {
  const Record record = log_.record(slot.address());
  Shape shape = record.shape();
  shape.used = log_.used_fields();
  const Address to = to_main ? log_.append(Queue::main, shape.bytes(), coarse_now_, Log::For::move)
                             : log_.append_beside(number, shape.bytes());
  if (to == 0) return false;
  relocate(slot, record, shape, record.deadline(), to);
  return true;
}

// Writes the record anew at `to`, its body as it is, its header perhaps of another shape. `record`
// is dead afterwards.
Address Table::relocate(Slot slot, const Record& record, const Shape& shape, DeadlineMs deadline,
                        Address to) noexcept {
  const Address from = slot.address();
  const std::size_t bytes = record.bytes();
  const bool had_deadline = record.has_deadline();
  Space& space = spaces_[record.space()];
  const Queue queue_from = log_.queue_of(from);
  const Queue queue_to = log_.queue_of(to);
  const bool same = shape == record.shape() && deadline == record.deadline();
  if (!same) count(space, record, queue_from, Counted::out);
  Record moved;
  if (same) {
    std::memcpy(log_.at(to), record.at(), bytes);
    moved = log_.record(to);
    if (queue_from != queue_to) {
      const std::int64_t weight = weight_of(record);
      queue_weight_[static_cast<std::size_t>(queue_from)] -= weight;
      queue_weight_[static_cast<std::size_t>(queue_to)] += weight;
    }
  } else {
    moved = Record::write(log_.at(to), shape, record.outside() ? record.block() : nullptr);
    if (shape.timed) moved.set_deadline(deadline);
    if (shape.used)
      moved.set_usage(record.used() ? record.usage()
                                    : policy::usage_new(options_.eviction, moment()));
    if (!shape.outside)
      std::memcpy(moved.key_begin(), record.key_begin(), shape.key_bytes + shape.value_bytes);
    count(space, moved, queue_to, Counted::in);
  }
  slot.set_address(to);
  log_.begin(to, moved.has_deadline(), deadline);
  log_.end(from, bytes, had_deadline);
  if (keep_ == from) keep_ = to;
  ++epoch_;
  return to;
}

}  // namespace larder::engine
