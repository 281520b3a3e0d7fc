// The table's memory: what is held, what may be held, and who goes when it is too much.
#include "base/assert.hpp"
#include "engine/table.hpp"

namespace larder::engine {
namespace {

constexpr unsigned kSamples = 5;         // As Redis' maxmemory-samples.
constexpr unsigned kSampleRounds = 4;    // Rounds that may yield only entries already gone.
constexpr unsigned kStaleMax = 64;       // Buckets whose minimum was too early, in one search.
constexpr std::size_t kIndexSlack = 64;  // An insertion may add a bucket.

}  // namespace

void Table::count(const Record& record, bool added) noexcept {
  const bool timed = record.has_deadline();
  if (added) {
    stats_.entries.add(1);
    stats_.entries_with_deadline.add(timed);
    stats_.bytes_used.add(record.memory_bytes());
    stats_.bytes_data.add(record.data_bytes());
  } else {
    stats_.entries.sub(1);
    stats_.entries_with_deadline.sub(timed);
    stats_.bytes_used.sub(record.memory_bytes());
    stats_.bytes_data.sub(record.data_bytes());
  }
}

// Squares the credit with what is used: draws what was taken unasked, gives back what is much more
// than needed.
void Table::settle() noexcept {
  const auto used = static_cast<std::int64_t>(stats_.bytes_used.get());
  const std::int64_t portion = budget_.portion();
  if (used > credit_) {
    const std::int64_t drawn = budget_.draw(used - credit_);
    if (drawn == 0) budget_.overdraw(used - credit_);
    credit_ += drawn == 0 ? used - credit_ : drawn;
  } else if (const std::int64_t spare = credit_ - used; spare > 2 * portion || budget_.left() < 0) {
    const std::int64_t back = budget_.left() < 0 ? spare : spare - portion;
    budget_.give_back(back);
    credit_ -= back;
  }
  if (const bool any = stats_.entries.get() > 0; any != counted_entries_) {
    budget_.tables_with_entries += any ? 1 : -1;
    counted_entries_ = any;
  }
  if (const bool any = stats_.entries_with_deadline.get() > 0; any != counted_deadlines_) {
    budget_.tables_with_deadlines += any ? 1 : -1;
    counted_deadlines_ = any;
  }
}

// Makes sure that `bytes` more may be used. `keep` is the entry they are for. False: they may not;
// nothing was evicted in vain except where all that could go has gone.
bool Table::reserve(std::size_t bytes, const Record* keep) {
  if (bytes == 0) return true;
  const auto wanted = static_cast<std::int64_t>(bytes + kIndexSlack);
  if (budget_.bytes_max() != 0 && bytes > budget_.bytes_max()) return false;
  keep_ = keep;
  bool granted = false;
  while (!granted) {
    const std::int64_t missing =
        static_cast<std::int64_t>(stats_.bytes_used.get()) + wanted - credit_;
    if (missing <= 0) {
      granted = budget_.left() >= 0 || options_.eviction != policy::Eviction::noeviction;
      break;
    }
    if (const std::int64_t drawn = budget_.draw(missing); drawn > 0) {
      credit_ += drawn;
      granted = true;
    } else if (!make_space()) {
      granted = may_overdraw(missing);
      if (granted) {
        budget_.overdraw(missing);
        credit_ += missing;
      }
      break;
    }
  }
  keep_ = nullptr;
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
  return evict_one();
}

// This table has nothing left to evict. If others have, the write goes ahead, and the node makes
// them pay for it.
bool Table::may_overdraw(std::int64_t bytes) const noexcept {
  if (options_.eviction == policy::Eviction::noeviction) return false;
  if (bytes > static_cast<std::int64_t>(budget_.bytes_max())) return false;
  if (policy::only_volatile(options_.eviction))
    return budget_.tables_with_deadlines > (counted_deadlines_ ? 1 : 0);
  return budget_.tables_with_entries > (counted_entries_ ? 1 : 0);
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

bool Table::evictable(const Record& record) const noexcept {
  return &record != keep_ && (record.has_deadline() || !policy::only_volatile(options_.eviction));
}

bool Table::evict_one() {
  switch (options_.eviction) {
    case policy::Eviction::noeviction:
      return false;
    case policy::Eviction::allkeys_random:
    case policy::Eviction::volatile_random:
      return evict_random();
    case policy::Eviction::volatile_ttl:
      return evict_earliest() || evict_random();
    default:
      return evict_from_samples() || evict_random();
  }
}

// A database with entries, each as likely as its share of them; null if there are none.
Index* Table::random_index(unsigned& db) noexcept {
  std::uint64_t total = 0;
  for (const auto& index : databases_) total += index ? index->size() : 0;
  if (total == 0) return nullptr;
  std::uint64_t at = random_.below(total);
  for (db = 0; db < databases_.size(); ++db) {
    const std::uint64_t size = databases_[db] ? databases_[db]->size() : 0;
    if (at < size) return databases_[db].get();
    at -= size;
  }
  return nullptr;
}

// A random bucket; under a volatile policy one that has a deadline in it, found by the minima where
// they are rare.
std::size_t Table::random_bucket(Index& index) {
  std::size_t number = index.random_bucket(random_);
  if (!policy::only_volatile(options_.eviction)) return number;
  for (unsigned tries = 0; tries < 3 && index.due_of(number) == kDueNever; ++tries)
    number = index.random_bucket(random_);
  if (index.due_of(number) != kDueNever) return number;
  const std::size_t group = index.find_due(kDueNever - 1, number);
  if (group == Index::kNone) return number;
  number = group;
  while (index.due_of(number) == kDueNever) ++number;
  return number;
}

void Table::sample() {
  for (unsigned found = 0, tries = 0; found < kSamples && tries < 4 * kSamples; ++tries) {
    unsigned db = 0;
    Index* index = random_index(db);
    if (!index) return;
    index->for_bucket(random_bucket(*index), [&](const Record* record) {
      if (found == kSamples || !evictable(*record)) return;
      ++found;
      const double cold =
          policy::coldness(options_.eviction, record->usage, moment(), record->memory_bytes());
      candidates_.offer({cold, hash_of(record->key()), db});
    });
  }
}

bool Table::evict_from_samples() {
  for (unsigned round = 0; round < kSampleRounds; ++round) {
    sample();
    while (const auto candidate = candidates_.take()) {
      Record* record = databases_[candidate->db]
                           ? databases_[candidate->db]->find_hash(candidate->hash)
                           : nullptr;
      if (!record || !evictable(*record)) continue;
      remove(candidate->db, candidate->hash, record, Change::What::evict);
      return true;
    }
  }
  return false;
}

// Any entry that may go: from a random bucket on, the first there is.
bool Table::evict_random() {
  unsigned first = 0;
  if (!random_index(first)) return false;
  for (unsigned i = 0; i < databases_.size(); ++i) {
    const unsigned db = (first + i) % static_cast<unsigned>(databases_.size());
    if (!databases_[db] || databases_[db]->size() == 0) continue;
    Index& index = *databases_[db];
    std::size_t number = random_bucket(index);
    for (std::size_t looked = 0; looked < index.buckets(); ++looked) {
      Record* victim = nullptr;
      unsigned seen = 0;
      index.for_bucket(number, [&](Record* record) {
        if (evictable(*record) && random_.below(++seen) == 0) victim = record;
      });
      if (victim) {
        remove(db, hash_of(victim->key()), victim, Change::What::evict);
        return true;
      }
      if (!policy::only_volatile(options_.eviction)) {
        number = (number + 1) % index.buckets();
        continue;
      }
      // A minimum without an entry to it: made exact, so that nobody looks here again in vain.
      index.refresh_due(number / Index::kGroupBuckets * Index::kGroupBuckets);
      const std::size_t group =
          index.find_due(kDueNever - 1, (number + Index::kGroupBuckets) % index.buckets());
      if (group == Index::kNone) break;
      for (number = group; index.due_of(number) == kDueNever;) ++number;
    }
  }
  return false;
}

// The entry that would expire first.
bool Table::evict_earliest() {
  for (unsigned stale = 0; stale < kStaleMax; ++stale) {
    unsigned db = 0;
    DueTick due = kDueNever;
    for (unsigned i = 0; i < databases_.size(); ++i) {
      const DueTick here = databases_[i] ? databases_[i]->earliest() : kDueNever;
      if (here < due) {
        due = here;
        db = i;
      }
    }
    if (due == kDueNever) return false;
    Index& index = *databases_[db];
    const std::size_t group = index.find_due(due, 0);
    Record* victim = nullptr;
    for (std::size_t number = group;
         number < std::min(group + Index::kGroupBuckets, index.buckets()); ++number) {
      if (index.due_of(number) > due) continue;
      index.for_bucket(number, [&](Record* record) {
        if (evictable(*record) && (!victim || record->deadline_ns() < victim->deadline_ns()))
          victim = record;
      });
    }
    if (victim && scale_.tick(victim->deadline_ns()) <= due) {
      remove(db, hash_of(victim->key()), victim, Change::What::evict);
      return true;
    }
    index.refresh_due(group);
  }
  return false;
}

}  // namespace larder::engine
