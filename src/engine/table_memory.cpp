// The table's memory: what is held, what may be held, and what makes room.
#include "base/assert.hpp"
#include "engine/table.hpp"

namespace larder::engine {
namespace {

constexpr std::size_t kHugeFrom = 4 * base::Pages::kHugeBytes;
constexpr std::size_t kIndexSlack = 64;  // An insertion may add a bucket.
constexpr std::size_t kDeadShare =
    22;  // So small a part of the log may be dead: cleaning then moves
         // about eight records for each that is written.

}  // namespace

// ---- accounting -------------------------------------------------------------------------------------

void Table::count(Space& space, const Record& record, Queue queue, Counted which) noexcept {
  // Times minus one, modulo 2^64.
  const std::uint64_t sign = which == Counted::in ? 1 : ~std::uint64_t{0};
  const std::uint64_t timed = record.has_deadline() ? sign : 0;
  const std::uint64_t outside = record.outside_bytes();
  const std::uint64_t bytes = record.bytes() + outside;
  const std::uint64_t data = record.data_bytes();
  stats_.entries.add(sign);
  stats_.entries_with_deadline.add(timed);
  stats_.bytes_data.add(sign * data);
  stats_.bytes_entries.add(sign * bytes);
  stats_.bytes_volatile.add(timed * bytes);
  bytes_outside_ += sign * outside;
  const std::int64_t weight =
      options_.charge == Charge::memory ? static_cast<std::int64_t>(bytes) : weight_of(record);
  queue_weight_[static_cast<std::size_t>(queue)] += static_cast<std::int64_t>(sign) * weight;
  space.entries_with_deadline += timed;
  space.bytes_data += sign * data;
  space.bytes_entries += sign * bytes;
  space.bytes_volatile += timed * bytes;
}

// What a record counts towards its queue's share.
std::int64_t Table::weight_of(const Record& record) const noexcept {
  switch (options_.charge) {
    case Charge::entries:
      return 1;
    case Charge::data:
      return static_cast<std::int64_t>(record.data_bytes());
    case Charge::memory:
      break;
  }
  return static_cast<std::int64_t>(record.bytes() + record.outside_bytes());
}

void Table::index_changed(const SlotIndex& index, std::size_t bytes_before) noexcept {
  bytes_index_ += index.memory_bytes() - bytes_before;
}

std::int64_t Table::charged() const noexcept {
  switch (options_.charge) {
    case Charge::entries:
      return static_cast<std::int64_t>(stats_.entries.get());
    case Charge::data:
      return static_cast<std::int64_t>(stats_.bytes_data.get());
    case Charge::memory:
      break;
  }
  return static_cast<std::int64_t>(charged_log() + bytes_index_ + bytes_outside_ +
                                   bytes_of_policy());
}

std::size_t Table::bytes_of_policy() const noexcept {
  return adaptive_ ? adaptive_->memory_bytes() : 0;
}

// Queues that are consumed in order win back what is dead in passing. Elsewhere an erasure or
// eviction must count at once, though cleaning comes later: what may be dead is charged beforehand.
std::size_t Table::charged_log() const noexcept {
  if (options_.eviction == policy::Eviction::adaptive) return log_.bytes_held();
  const std::size_t living = log_.bytes_held() - log_.bytes_dead();
  return living + std::max(log_.bytes_dead(), living / kDeadShare);
}

// Squares the credit with what is used: draws what was taken unasked, gives back what is much more
// than needed.
void Table::settle() noexcept {
  const std::size_t beside = bytes_index_ + bytes_outside_ + bytes_of_policy();
  stats_.bytes_used.set(log_.bytes_held() + beside);
  stats_.bytes_index.set(bytes_index_);
  stats_.bytes_dead.set(log_.bytes_dead());
  stats_.bytes_resident.set(log_.bytes_resident() + beside);
  publish_told();
  const std::int64_t used = charged();
  const std::int64_t portion = budget_.portion();
  if (used > credit_) {
    const std::int64_t drawn = budget_.draw(used - credit_);
    if (drawn == 0) overdraw(used - credit_);
    credit_ += drawn;
  } else if (const std::int64_t spare = credit_ - used; spare > 2 * portion || budget_.left() < 0) {
    const std::int64_t back = budget_.left() < 0 ? spare : spare - portion;
    budget_.give_back(back);
    credit_ -= back;
  }
}

// A table that fits in a processor's cache gains nothing.
char* Table::take_huge() noexcept {
  if (log_.bytes_held() < kHugeFrom) return nullptr;
  if (char* memory = log_.take_huge()) return memory;
  for (Space& space : spaces_) {
    if (!space.index || space.flushed) continue;
    if (char* memory = space.index->take_huge()) return memory;
  }
  return nullptr;
}

// ---- room -------------------------------------------------------------------------------------------

// What the entry's new record adds to what is charged. What lies outside the log changes places
// with what it had there; what lies in the log is held until it is cleaned.
std::int64_t Table::charge_for(const Entry& entry, const Shape& shape,
                               std::size_t outside) const noexcept {
  const Record& old = entry.record();
  switch (options_.charge) {
    case Charge::entries:
      return old ? 0 : 1;
    case Charge::data:
      return static_cast<std::int64_t>(shape.key_bytes + shape.value_bytes) -
             static_cast<std::int64_t>(old ? old.data_bytes() : 0);
    case Charge::memory:
      break;
  }
  return static_cast<std::int64_t>(shape.bytes() + outside + (old ? 0 : kIndexSlack)) -
         static_cast<std::int64_t>(old ? old.outside_bytes() : 0);
}

// Makes sure that the memory for the entry's new record may be used: `shape` in the log, `outside`
// bytes beside it. False: it may not; nothing was evicted in vain except where all that could go has
// gone.
bool Table::reserve(const Entry& entry, const Shape& shape, std::size_t outside) {
  const std::int64_t wanted = charge_for(entry, shape, outside);
  if (wanted <= 0) return true;
  if (budget_.bytes_max() != 0 && static_cast<std::size_t>(wanted) > budget_.bytes_max())
    return false;
  keep_ = entry.address_;
  bool granted = false;
  while (!granted) {
    const std::int64_t missing = charged() + wanted - credit_;
    if (missing <= 0) {
      granted = budget_.left() >= 0 || options_.eviction != policy::Eviction::noeviction;
      break;
    }
    if (const std::int64_t drawn = budget_.draw(missing); drawn > 0) {
      credit_ += drawn;
      granted = true;
    } else if (!make_space()) {
      granted = may_overdraw(missing);
      if (granted) overdraw(missing);
      break;
    }
  }
  keep_ = 0;
  (void)entry.record();  // Making room may have moved it.
  return granted;
}

// One step towards more memory: what is dead goes first. False: there is nothing that may go.
bool Table::make_space() {
  std::size_t slots = 64;
  if (!flushed_.empty()) {
    sweep_flushed(slots);
    return true;
  }
  if (stats_.entries_with_deadline.get() > 0 && sweep_expired(slots) > 0) return true;
  if (must_clean() && clean(kCleanWrite) > 0) return true;
  if (evict_one()) return true;
  return clean(kCleanWrite) > 0;
}

bool Table::must_clean() const noexcept {
  return log_.bytes_dead() > log_.segment_bytes() / 8 &&
         log_.bytes_dead() * kDeadShare > log_.bytes_held();
}

// This table has nothing left to evict. If others have, the write goes ahead, and the node makes
// them pay for it.
bool Table::may_overdraw(std::int64_t bytes) const noexcept {
  if (options_.eviction == policy::Eviction::noeviction) return false;
  return bytes <= budget_.evictable_elsewhere(stats_, policy::only_volatile(options_.eviction));
}

void Table::overdraw(std::int64_t bytes) noexcept {
  budget_.overdraw(bytes);
  credit_ += bytes;
  overdrawn_ += static_cast<std::size_t>(bytes);
}

std::size_t Table::relieve(std::size_t entries_max) {
  std::size_t gone = 0;
  settle();
  while (gone < entries_max && budget_.left() < 0 && make_space()) {
    ++gone;
    settle();
  }
  return gone;
}

}  // namespace larder::engine
