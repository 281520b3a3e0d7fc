// The table as a whole: looking, flushing, scanning. Writing is in table_write.cpp.
#include "engine/table.hpp"

#include "base/assert.hpp"

namespace larder::engine {
namespace {

constexpr std::int64_t kNanosAMilli = 1'000'000;
constexpr std::size_t kSpacesMax = 256;

std::int64_t floor_millis(std::int64_t ns) noexcept {
  return ns >= 0 ? ns / kNanosAMilli : -((-ns + kNanosAMilli - 1) / kNanosAMilli);
}

}  // namespace

Table::Table(const TableOptions& options, Budget& budget, const base::Clock& clock)
    : options_(options),
      budget_(budget),
      clock_(clock),
      // A whole millisecond, so that deadlines of whole milliseconds come back as they went in.
      origin_ns_(floor_millis(clock.now().time_since_epoch().count()) * kNanosAMilli),
      indexes_(std::make_unique<std::atomic<SlotIndex*>[]>(options.databases)),
      log_(options.segment_bytes, options.log_bytes_max),
      random_(options.seed),
      spaces_(options.databases),
      space_of_(options.databases) {
  LARDER_ASSERT(options.databases <= kSpacesMax / 2);
  for (unsigned db = 0; db < options.databases; ++db) {
    spaces_[db].db = db;
    space_of_[db] = static_cast<SpaceNumber>(db);
  }
  spare_indexes_.reserve(spaces_.size());
  set_eviction(options.eviction);
  budget_.enlist(stats_);
}

Table::~Table() {
  for (Space& space : spaces_) {
    if (!space.index) continue;
    while (space.index->buckets() > 0)
      space.index->drain_bucket([&](Address address) { drop_body(log_.record(address)); });
  }
  budget_.give_back(credit_);
  budget_.forget(stats_);
}

// ---- time -------------------------------------------------------------------------------------------

DeadlineMs Table::now_ms() const noexcept {
  return coarse_now_ = floor_millis(clock_.now().time_since_epoch().count() - origin_ns_);
}

DeadlineMs Table::deadline_ms(base::Instant instant) const noexcept {
  return floor_millis(instant.time_since_epoch().count() - origin_ns_);
}

base::Instant Table::instant_of(DeadlineMs deadline) const noexcept {
  return base::Instant{base::Nanos{origin_ns_ + deadline * kNanosAMilli}};
}

// Dead strictly after the deadline, as in Redis: PX 20 can still be read at millisecond 20. Most
// deadlines are so far off that the quick clock can tell.
bool Table::past(DeadlineMs deadline) const noexcept {
  return !far_off(deadline) && now_ms() > deadline;
}

bool Table::far_off(DeadlineMs deadline) const noexcept {
  if (deadline == kNever) return true;
  const std::int64_t coarse = clock_.coarse().time_since_epoch().count() - origin_ns_;
  return deadline > floor_millis(coarse) + base::kCoarse.count();
}

policy::Moment Table::moment() const noexcept {
  return policy::tracks_usage(options_.eviction) ? policy::Moment::at_millis(now_ms())
                                                 : policy::Moment{};
}

// ---- looking ----------------------------------------------------------------------------------------

std::uint64_t Table::hash_at(Address address) const noexcept {
  return hash_of(log_.record(address).key());
}

// Two cache lines, for most records are longer than what is left of the first.
void Table::prefetch(Address address) const noexcept {
  const char* const at = log_.at(address);
  __builtin_prefetch(at);
  __builtin_prefetch(at + 64);
}

// An entry that is past its deadline goes when somebody asks for it.
void Table::expire_on_access(Entry& entry, Slot slot) {
  remove(space_of_[entry.db_], entry.hash_, slot, Change::What::expire);
  stats_.expired_on_access.add(1);
  entry.record_ = {};
}

void Table::find_again(const Entry& entry) noexcept {
  const Slot slot = find(entry);
  entry.address_ = slot ? slot.address() : 0;
  entry.epoch_ = epoch_;
}

void Table::note_usage(Record& record) noexcept {
  record.set_usage(policy::usage_after_use(options_.eviction, record.usage(), moment(), random_));
}

std::optional<base::Millis> Table::idle_of(const Record& record) const noexcept {
  if (!policy::is_lru(options_.eviction) || !record.used()) return std::nullopt;
  return policy::idle_time(record.usage(), moment());
}

std::optional<std::uint8_t> Table::frequency_of(const Record& record) const noexcept {
  if (!policy::is_lfu(options_.eviction) || !record.used()) return std::nullopt;
  return policy::lfu_count(record.usage(), moment().minute);
}

SlotIndex& Table::index_of(unsigned db) {
  std::unique_ptr<SlotIndex>& index = space_of(db).index;
  if (index) return *index;
  if (spare_indexes_.empty()) {
    const Residents& residents = *this;
    index = std::make_unique<SlotIndex>(residents);
  } else {
    spare_indexes_.back()->begin_anew();
    index = std::move(spare_indexes_.back());
    spare_indexes_.pop_back();
  }
  index_changed(*index, 0);
  publish(db);
  return *index;
}

void Table::publish(unsigned db) noexcept {
  indexes_[db].store(space_of(db).index.get(), std::memory_order_release);
}

// ---- databases --------------------------------------------------------------------------------------

void Table::flush(unsigned db) {
  if (leases_) leases_->end_all();  // Of other databases too: a fill that is refused costs a load.
  if (size(db) == 0) return;
  const auto number = static_cast<std::uint8_t>(db);
  tell({Change::What::flush, number, Kind::string, options_.shard, {}, {}, {}, nullptr, {}, 0});
  const SpaceNumber fresh = fresh_space();
  Space& gone = space_of(db);
  gone.flushed = true;
  stats_.entries.sub(gone.index->size());
  stats_.entries_with_deadline.sub(gone.entries_with_deadline);
  stats_.bytes_data.sub(gone.bytes_data);
  stats_.bytes_entries.sub(gone.bytes_entries);
  stats_.bytes_volatile.sub(gone.bytes_volatile);
  flushed_.push_back(space_of_[db]);
  space_of_[db] = fresh;
  spaces_[fresh].db = db;
  publish(db);
  candidates_.clear();
  ++epoch_;
}

// A space that no database has. One flushed long ago must give way where all are taken: there are
// twice as many as databases.
Table::SpaceNumber Table::fresh_space() {
  if (spaces_.size() == kSpacesMax) {
    std::size_t all = ~std::size_t{0};
    sweep_flushed(all);
  }
  for (std::size_t number = 0; number < spaces_.size(); ++number) {
    const auto same = static_cast<SpaceNumber>(number);
    if (!spaces_[number].flushed && space_of_[spaces_[number].db] != same) return same;
  }
  spare_indexes_.reserve(spaces_.size() + 1);
  spaces_.emplace_back();
  return static_cast<SpaceNumber>(spaces_.size() - 1);
}

void Table::swap_databases(unsigned a, unsigned b) {
  const auto one = static_cast<std::uint8_t>(a);
  const auto other = static_cast<std::uint8_t>(b);
  tell({Change::What::swap, one, Kind::string, options_.shard, {}, {}, {}, nullptr, {}, 0, other});
  std::swap(space_of_[a], space_of_[b]);
  space_of(a).db = a;
  space_of(b).db = b;
  publish(a);
  publish(b);
  ++epoch_;
}

std::uint64_t Table::scan(unsigned db, std::uint64_t position, std::size_t count,
                          const EntryVisitor& fn) {
  if (!space_of(db).index) return 0;
  SlotIndex& index = *space_of(db).index;
  std::size_t seen = 0;
  // Thinly filled buckets must not make one page long: ten buckets for each entry asked for are
  // enough.
  for (std::size_t buckets = 0; seen < count && buckets < count * 10; ++buckets) {
    position = index.scan(position, [&](Address address) {
      ++seen;
      const Record record = log_.record(address);
      if (past(record.deadline())) return;
      fn(Entry{*this, record, address, record.key(), db});
    });
    if (position == 0) return 0;
  }
  return position;
}

std::uint64_t Table::slots_touched() const noexcept {
  std::uint64_t sum = slots_retired_ + records_touched_;
  for (const Space& space : spaces_) sum += space.index ? space.index->slots_touched() : 0;
  return sum;
}

void Table::set_eviction(policy::Eviction eviction) noexcept {
  options_.eviction = eviction;
  candidates_.clear();
  if (eviction != policy::Eviction::adaptive) adaptive_.reset();
  tracks_usage_ = policy::tracks_usage(eviction);
  log_.set_used_fields(tracks_usage_);
  publish_told();
}

}  // namespace larder::engine
