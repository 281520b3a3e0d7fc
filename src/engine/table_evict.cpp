// Who goes when memory is too much.
//
// `adaptive` takes entries in the order of two queues (S3-FIFO; Yang et al., SOSP 2023): from
// `small` what nobody used since it came goes, and what was used moves on to `main`; from `main`
// what was used gets another round. The policies of Redis sample: of five entries at a time, the
// coldest sixteen ever seen are remembered, and the coldest of those goes.
#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "engine/table.hpp"

namespace larder::engine {
namespace {

constexpr unsigned kSamples = 5;       // As Redis' maxmemory-samples.
constexpr unsigned kSampleRounds = 4;  // Rounds that may yield only entries already gone.
constexpr unsigned kKeptMax = 64;      // Entries spared in one search for a victim.
constexpr std::size_t kSkipMax = 64;   // Fillers skipped in one step.
constexpr std::int64_t kAdaptiveBytesMin = 128 * 1024;
constexpr std::size_t kSegmentsMax = 4'096;  // Segments looked at for one that holds a deadline.

}  // namespace

bool Table::evict_one() {
  switch (options_.eviction) {
    case policy::Eviction::noeviction:
      return false;
    case policy::Eviction::adaptive:
      return evict_in_order();
    case policy::Eviction::allkeys_random:
      return evict_random();
    default:
      return evict_from_samples() || (!policy::only_volatile(options_.eviction) && evict_random());
  }
}

// ---- adaptive ---------------------------------------------------------------------------------------

bool Table::evict_in_order() {
  if (!adaptive_) begin_adapting();
  for (unsigned kept = 0;;) {
    const SegmentNumber number = next_to_consume();
    if (number == kNoSegment) return false;
    std::size_t most = kSkipMax;
    if (!log_.skip_dead(number, most)) return true;  // Some memory was won: that will do.
    switch (take_oldest(number, kept < kKeptMax)) {
      case Taken::evicted:
        return true;
      case Taken::kept:
        ++kept;
        break;
      case Taken::stuck:
        return false;
    }
  }
}

SegmentNumber Table::next_to_consume() const noexcept {
  const SegmentNumber small = log_.oldest(Queue::small);
  const SegmentNumber main = log_.oldest(Queue::main);
  const auto empty = [&](SegmentNumber number) {
    return number == kNoSegment || log_.exhausted(number);
  };
  if (empty(small)) return empty(main) ? kNoSegment : main;
  if (empty(main)) return small;
  return queue_weight_[0] >= small_max() ? small : main;
}

// What small may hold: its share, but at least one entry.
std::int64_t Table::small_max() const noexcept {
  const auto sum = static_cast<double>(queue_weight_[0] + queue_weight_[1]);
  return std::max(static_cast<std::int64_t>(small_share() * sum),
                  static_cast<std::int64_t>(weight_mean()));
}

double Table::small_share() const noexcept {
  return adaptive_ ? adaptive_->small_share() : policy::QueueRules{}.small_share;
}

// What the policy keeps is 32 KiB and two bytes for each entry: a table of a few hundred goes by
// fixed rules instead.
void Table::begin_adapting() noexcept {
  if (options_.charge == Charge::memory && charged() < kAdaptiveBytesMin) return;
  try {
    adaptive_ = std::make_unique<policy::Adaptive>();
  } catch (const std::bad_alloc&) {
    // The next eviction tries again.
  }
}

// Decides about the record at the front of a queue.
Table::Taken Table::take_oldest(SegmentNumber number, bool may_keep) {
  const Address address = log_.next_of(number);
  const Record record = log_.record(address);
  const std::size_t bytes = record.bytes();
  const SpaceNumber space_number = record.space();
  Space& space = spaces_[space_number];
  const std::uint64_t hash = hash_of(record.key());
  const Slot slot = space.index->find_address(hash, address);
  LARDER_ASSERT(slot);
  ++records_touched_;
  const bool from_main = log_.queue_of(address) == Queue::main;
  const unsigned use = slot.use();
  const unsigned needed =
      policy::uses_needed(static_cast<std::size_t>(weight_of(record)), weight_mean());
  Taken taken = Taken::evicted;
  if (space.flushed) {
    forget_flushed(space, hash, slot);
  } else if (address != keep_ && past(record.deadline())) {
    remove(space_number, hash, slot, Change::What::expire);
  } else if (address == keep_ ||
             (may_keep && (use >= needed || (!from_main && spare(hash, record))))) {
    if (!may_keep) return Taken::stuck;  // It alone is left.
    Slot moving = slot;
    if (!move_front(number, slot, true)) return Taken::stuck;
    moving.set_use(from_main && use >= needed ? use - needed : 0);
    taken = Taken::kept;
  } else {
    remove(space_number, hash, slot, Change::What::evict);
  }
  log_.consume(number, bytes);
  return taken;
}

std::size_t Table::weight_mean() const noexcept {
  const auto sum = static_cast<std::size_t>(queue_weight_[0] + queue_weight_[1]);
  return sum / std::max<std::size_t>(stats_.entries.get(), 1);
}

bool Table::spare(std::uint64_t hash, const Record& record) noexcept {
  if (!adaptive_) return false;
  const std::int64_t mean = static_cast<std::int64_t>(weight_mean());
  return adaptive_->spare(hash, {.bytes = static_cast<std::size_t>(weight_of(record)),
                                 .bytes_mean = weight_mean(),
                                 .entries = stats_.entries.get(),
                                 .main_has_its_share = queue_weight_[0] <= small_max() + mean});
}

// ---- Redis' policies --------------------------------------------------------------------------------

bool Table::evictable(Address address) const noexcept {
  return address != keep_ &&
         (!policy::only_volatile(options_.eviction) || log_.record(address).has_deadline());
}

// A space with entries, each as likely as its share of them. False: there are none.
bool Table::random_space(SpaceNumber& number) noexcept {
  std::uint64_t total = 0;
  for (unsigned db = 0; db < space_of_.size(); ++db) total += size(db);
  if (total == 0) return false;
  std::uint64_t at = random_.below(total);
  for (unsigned db = 0; db < space_of_.size(); ++db) {
    number = space_of_[db];
    if (at < size(db)) return true;
    at -= size(db);
  }
  return false;
}

double Table::coldness(const Record& record, Slot slot, policy::Moment now) const noexcept {
  if (options_.eviction == policy::Eviction::volatile_ttl)
    return -static_cast<double>(record.deadline());
  if (!policy::tracks_usage(options_.eviction)) return 0;
  // What was written under another policy is as old as its segment, unless it was used since.
  const Segment& segment = log_.segment(log_.segment_of(slot.address()));
  const std::uint32_t usage =
      record.used()
          ? record.usage()
          : policy::usage_new(options_.eviction,
                              slot.use() > 0 ? now : policy::Moment::at_millis(segment.born));
  return policy::coldness(options_.eviction, usage, now);
}

void Table::offer(SpaceNumber number, Slot slot, std::uint64_t hash, policy::Moment now) {
  candidates_.offer({coldness(log_.record(slot.address()), slot, now), hash, number});
}

// A few entries from random buckets: the hash has shuffled them. Within a bucket it has not: who comes
// new gets the first place that is free, so each place must be as likely as the others.
void Table::sample(policy::Moment now) {
  for (unsigned found = 0, tries = 0; found < kSamples && tries < 2 * kSamples; ++tries) {
    SpaceNumber number = 0;
    if (!random_space(number)) return;
    SlotIndex& index = *spaces_[number].index;
    const std::size_t bucket = index.random_bucket(random_);
    std::array<Slot, kSamples> chosen;
    unsigned seen = 0;
    const unsigned wanted = kSamples - found;
    index.for_bucket(bucket, [&](Slot slot) {
      if (!evictable(slot.address())) return;
      const std::uint64_t place = seen < wanted ? seen : random_.below(seen + 1);
      if (place < wanted) chosen[place] = slot;
      ++seen;
    });
    for (unsigned i = 0; i < std::min(seen, wanted); ++i, ++found)
      offer(number, chosen[i], hash_at(chosen[i].address()), now);
  }
}

// Where deadlines are rare: all that have one in a segment, from a random one on; under volatile-ttl
// in the one whose earliest is the earliest of those looked at.
void Table::sample_timed(policy::Moment now) {
  const std::size_t segments = log_.segments();
  if (segments == 0) return;
  const bool earliest = options_.eviction == policy::Eviction::volatile_ttl;
  SegmentNumber best = kNoSegment;
  auto number = static_cast<SegmentNumber>(random_.below(segments));
  for (std::size_t looked = 0; looked < std::min(segments, kSegmentsMax); ++looked) {
    const Segment& segment = log_.segment(number);
    if (segment.timed > 0 && (best == kNoSegment || segment.due < log_.segment(best).due)) {
      best = number;
      if (!earliest) break;
    }
    if (++number == segments) number = 0;
  }
  if (best == kNoSegment) return;
  const Segment& segment = log_.segment(best);
  DeadlineMs due = kNever;
  for (std::uint32_t offset = segment.consumed; offset < segment.filled;) {
    const Record record = log_.read_next(best, offset);
    ++records_touched_;
    if (!record) continue;
    const Address address = log_.address(record);
    const Space& space = spaces_[record.space()];
    due = std::min(due, record.deadline());
    if (!record.has_deadline() || space.flushed || address == keep_) continue;
    const std::uint64_t hash = hash_of(record.key());
    offer(record.space(), space.index->find_address(hash, address), hash, now);
  }
  log_.set_due(best, due);
}

bool Table::evict_from_samples() {
  const bool only_volatile = policy::only_volatile(options_.eviction);
  const policy::Moment now = moment();
  for (unsigned round = 0; round < kSampleRounds; ++round) {
    if (options_.eviction != policy::Eviction::volatile_ttl) sample(now);
    if (only_volatile && candidates_.size() == 0) {
      if (stats_.entries_with_deadline.get() == 0) return false;
      sample_timed(now);
    }
    while (const auto candidate = candidates_.take()) {
      const auto number = static_cast<SpaceNumber>(candidate->space);
      Space& space = spaces_[number];
      if (!space.index || space.flushed) continue;
      const Slot slot = space.index->find(
          candidate->hash, [&](Address at) { return hash_at(at) == candidate->hash; });
      if (!slot) continue;
      const Record record = log_.record(slot.address());
      // Time alone makes an entry colder: one that is warmer than it was has been used since.
      if (!evictable(slot.address()) || coldness(record, slot, now) < candidate->coldness) continue;
      remove(number, candidate->hash, slot, Change::What::evict);
      return true;
    }
  }
  return false;
}

// Any entry that may go, from a random bucket on.
bool Table::evict_random() {
  SpaceNumber number = 0;
  if (!random_space(number)) return false;
  SlotIndex& index = *spaces_[number].index;
  std::size_t bucket = index.random_bucket(random_);
  for (std::size_t looked = 0; looked < index.buckets(); ++looked) {
    Slot victim;
    unsigned seen = 0;
    index.for_bucket(bucket, [&](Slot slot) {
      if (slot.address() != keep_ && random_.below(++seen) == 0) victim = slot;
    });
    if (victim) {
      remove(number, hash_at(victim.address()), victim, Change::What::evict);
      return true;
    }
    if (++bucket == index.buckets()) bucket = 0;
  }
  return false;
}

}  // namespace larder::engine
