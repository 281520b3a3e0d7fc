// The table as a whole: looking, flushing, scanning. Writing is in table_write.cpp.
#include "engine/table.hpp"

#include "base/assert.hpp"

namespace larder::engine {

Table::Table(const TableOptions& options, Budget& budget, const base::Clock& clock)
    : options_(options),
      budget_(budget),
      clock_(clock),
      random_(options.seed),
      scale_{clock.now().time_since_epoch().count()},
      databases_(options.databases) {
  budget_.enlist(stats_);
}

Table::~Table() {
  databases_.clear();
  flushed_.clear();
  budget_.give_back(credit_);
  budget_.forget(stats_);
}

Entry Table::visit(unsigned db, std::string_view key, std::uint64_t hash, Mode mode) {
  LARDER_ASSERT(db < databases_.size());
  Record* record = databases_[db].index ? databases_[db].index->find(key, hash) : nullptr;
  if (record && past(record->deadline_ns())) {
    remove(db, hash, record, Change::What::expire);
    record = nullptr;
  }
  if (mode != Mode::peek) {
    ++tick_;
    if (record)
      record->usage = policy::usage_after_use(options_.eviction, record->usage, moment(), random_);
  }
  if (mode == Mode::read) (record ? stats_.hits : stats_.misses).add(1);
  return Entry{*this, record, key, hash, db, mode};
}

void Table::prefetch_bucket(unsigned db, std::uint64_t hash) const noexcept {
  if (const Index* index = databases_[db].index.get()) index->prefetch_bucket(hash);
}

void Table::prefetch_record(unsigned db, std::uint64_t hash) noexcept {
  if (Index* index = databases_[db].index.get()) index->prefetch_record(hash);
}

Index& Table::index_of(unsigned db) {
  std::unique_ptr<Index>& index = databases_[db].index;
  if (!index) {
    index = std::make_unique<Index>(options_.hash_key, scale_);
    stats_.bytes_used.add(index->memory_bytes());
  }
  return *index;
}

// Dead strictly after the deadline, as in Redis: PX 20 can still be read at millisecond 20.
bool Table::past(std::int64_t deadline_ns) const noexcept {
  return deadline_ns != Record::kNever && clock_.now().time_since_epoch().count() > deadline_ns;
}

void Table::flush(unsigned db) {
  if (size(db) == 0) return;
  tell({Change::What::flush,
        static_cast<std::uint8_t>(db),
        Kind::string,
        options_.shard,
        {},
        {},
        0,
        nullptr,
        {},
        0});
  Database gone = std::exchange(databases_[db], {});
  stats_.entries.sub(gone.index->size());
  stats_.entries_with_deadline.sub(gone.entries_with_deadline);
  stats_.bytes_data.sub(gone.bytes_data);
  stats_.bytes_entries.sub(gone.bytes_entries);
  stats_.bytes_volatile.sub(gone.bytes_volatile);
  flushed_.push_back(std::move(gone.index));
  candidates_.clear();
}

// The stream tells of it as of nothing: who follows the stream learns it from whoever ordered it.
void Table::swap_databases(unsigned a, unsigned b) {
  std::swap(databases_[a], databases_[b]);
  candidates_.clear();
}

std::uint64_t Table::scan(unsigned db, std::uint64_t position, std::size_t count,
                          const EntryVisitor& fn) {
  if (!databases_[db].index) return 0;
  Index& index = *databases_[db].index;
  std::size_t seen = 0;
  // Thinly filled buckets must not make one page long: ten buckets for each entry asked for are
  // enough.
  for (std::size_t buckets = 0; seen < count && buckets < count * 10; ++buckets) {
    position = index.scan(position, [&](Record* record) {
      ++seen;
      if (!past(record->deadline_ns())) fn(Entry{*this, record, record->key(), 0, db, Mode::peek});
    });
    if (position == 0) return 0;
  }
  return position;
}

std::uint64_t Table::slots_touched() const noexcept {
  std::uint64_t sum = slots_retired_;
  for (const Database& database : databases_)
    sum += database.index ? database.index->slots_touched() : 0;
  for (const auto& index : flushed_) sum += index->slots_touched();
  return sum;
}

void Table::set_eviction(policy::Eviction eviction) noexcept {
  options_.eviction = eviction;
  candidates_.clear();
}

}  // namespace larder::engine
