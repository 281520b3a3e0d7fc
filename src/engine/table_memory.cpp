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

void Table::count(unsigned db, const Record& record, Counted which) noexcept {
  const std::uint64_t sign =
      which == Counted::in ? 1 : ~std::uint64_t{0};  // Times minus one, modulo 2^64.
  const std::uint64_t timed = record.has_deadline() ? sign : 0;
  const std::uint64_t bytes = record.memory_bytes();
  const std::uint64_t data = record.data_bytes();
  stats_.entries.add(sign);
  stats_.entries_with_deadline.add(timed);
  stats_.bytes_used.add(sign * bytes);
  stats_.bytes_data.add(sign * data);
  stats_.bytes_entries.add(sign * bytes);
  stats_.bytes_volatile.add(timed * bytes);
  Database& database = databases_[db];
  database.entries_with_deadline += timed;
  database.bytes_data += sign * data;
  database.bytes_entries += sign * bytes;
  database.bytes_volatile += timed * bytes;
}

// Squares the credit with what is used: draws what was taken unasked, gives back what is much more
// than needed.
void Table::settle() noexcept {
  const auto used = static_cast<std::int64_t>(stats_.bytes_used.get());
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
      if (granted) overdraw(missing);
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
  for (unsigned i = 0; i < databases_.size(); ++i) total += size(i);
  if (total == 0) return nullptr;
  std::uint64_t at = random_.below(total);
  for (db = 0; db < databases_.size(); ++db) {
    if (at < size(db)) return databases_[db].index.get();
    at -= size(db);
  }
  return nullptr;
}

// A random bucket; under a volatile policy one that has a deadline in it, found by the minima where
// they are rare.
std::size_t Table::random_bucket(Index& index) {
  std::size_t number = index.random_bucket(random_);
  if (!policy::only_volatile(options_.eviction)) return number;
  for (unsigned tries = 0; tries < 3 && index.due_of(number) == kDueNever; ++tries) {
    number = index.random_bucket(random_);
  }
  return index.due_of(number) != kDueNever ? number : index.find_deadline(number);
}

double Table::coldness(const Record& record) const noexcept {
  return policy::coldness(options_.eviction, record.usage, moment(), record.memory_bytes());
}

void Table::sample() {
  for (unsigned found = 0, tries = 0; found < kSamples && tries < 4 * kSamples; ++tries) {
    unsigned db = 0;
    Index* index = random_index(db);
    const std::size_t number = index ? random_bucket(*index) : Index::kNone;
    if (number == Index::kNone) continue;
    index->for_bucket(number, [&](const Record* record) {
      if (found == kSamples || !evictable(*record)) return;
      ++found;
      candidates_.offer({coldness(*record), hash_of(record->key()), db});
    });
  }
}

bool Table::evict_from_samples() {
  for (unsigned round = 0; round < kSampleRounds; ++round) {
    sample();
    while (const auto candidate = candidates_.take()) {
      Index* index = databases_[candidate->db].index.get();
      Record* record = index ? index->find_hash(candidate->hash) : nullptr;
      // Time alone makes an entry colder: one that is warmer than it was has been used since.
      if (!record || !evictable(*record) || coldness(*record) < candidate->coldness) continue;
      remove(candidate->db, candidate->hash, record, Change::What::evict);
      return true;
    }
  }
  return false;
}

// Any entry that may go, from a random bucket on.
bool Table::evict_random() {
  unsigned first = 0;
  if (!random_index(first)) return false;
  for (unsigned i = 0; i < databases_.size(); ++i) {
    const unsigned db = (first + i) % static_cast<unsigned>(databases_.size());
    if (size(db) == 0) continue;
    Record* victim = find_victim(*databases_[db].index);
    if (!victim) continue;
    remove(db, hash_of(victim->key()), victim, Change::What::evict);
    return true;
  }
  return false;
}

Record* Table::find_victim(Index& index) {
  const bool only_volatile = policy::only_volatile(options_.eviction);
  std::size_t number = random_bucket(index);
  for (std::size_t looked = 0; looked < index.buckets() && number != Index::kNone; ++looked) {
    Record* victim = nullptr;
    unsigned seen = 0;
    index.for_bucket(number, [&](Record* record) {
      if (evictable(*record) && random_.below(++seen) == 0) victim = record;
    });
    if (victim) return victim;
    const std::size_t after = (number + 1) % index.buckets();
    // A minimum without an entry to it is made exact, so that nobody looks here in vain again.
    if (only_volatile) index.refresh_due(number / Index::kGroupBuckets * Index::kGroupBuckets);
    number = only_volatile ? index.find_deadline(after) : after;
  }
  return nullptr;
}

// The entry that would expire first.
bool Table::evict_earliest() {
  for (unsigned stale = 0; stale < kStaleMax; ++stale) {
    unsigned db = 0;
    DueTick due = kDueNever;
    for (unsigned i = 0; i < databases_.size(); ++i) {
      const Index* index = databases_[i].index.get();
      const DueTick here = index ? index->earliest() : kDueNever;
      if (here < due) {
        due = here;
        db = i;
      }
    }
    if (due == kDueNever) return false;
    Index& index = *databases_[db].index;
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
