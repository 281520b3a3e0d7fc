#include "engine/slot_index.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/assert.hpp"

namespace larder::engine {
namespace {

constexpr double kBytesPerEntryMax = 2.2 * SlotIndex::kBytesPerEntry;

// Two buckets of ten have room for twenty entries; one has to find it for ten of them.
constexpr std::size_t kCellsForJoin = 3;

std::uint64_t mask_for(std::size_t buckets) noexcept {
  return buckets == 0 ? 1 : std::bit_floor(buckets) * 2 - 1;
}

// The bucket that `number` was split from and will be joined with.
std::size_t partner(std::size_t number) noexcept { return number - std::bit_floor(number); }

// Slots are used from the first on, without gaps.
template <std::size_t count>
unsigned used(const std::array<Address, count>& addresses) noexcept {
  unsigned n = 0;
  while (n < count && addresses[n] != 0) ++n;
  return n;
}

}  // namespace

SlotIndex::SlotIndex(const Residents& residents, const Reserve& reserve)
    : residents_(residents), buckets_(reserve.bucket_bytes), cells_(reserve.cell_bytes) {
  begin_anew();
}

void SlotIndex::begin_anew() {
  if (!buckets_.reserve(1)) throw std::bad_alloc{};
  buckets_.push({});
  set_mask(1);
  slots_touched_ = 0;
}

std::uint64_t SlotIndex::reverse(std::uint64_t position) noexcept {
  std::uint64_t x = position << (64 - kPositionBits);
  x = __builtin_bswap64(x);
  x = (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
  x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
  return (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
}

unsigned SlotIndex::depth_of(std::size_t number) const noexcept {
  // Buckets that have been split in this round, and those that came of it, are told apart by one
  // bit more.
  const std::size_t half = (mask() >> 1) + 1;
  const bool split = number >= half || number + half < buckets_.size();
  return static_cast<unsigned>(std::bit_width(mask())) - (split ? 0 : 1);
}

// Splits before it takes in: what it returns then stays where it is, and the split may have freed
// the cell that is needed.
SlotIndex::Slot SlotIndex::insert(std::uint64_t hash, Address address, unsigned use) {
  LARDER_ASSERT(address != 0 && use <= 3);
  if (can_afford_split()) {
    try {
      split();
    } catch (const std::bad_alloc&) {
      // Growth is for speed only: the next insertion tries again.
    }
  }
  const std::size_t number = bucket_of(hash);
  if (!has_room(buckets_[number]) && !cells_.reserve(1)) throw std::bad_alloc{};
  ++size_;
  return put(number, {static_cast<std::uint16_t>(tag_of(hash) | use << kUseShift), address});
}

// A split costs a bucket and frees two cells, if the chain has them: each half keeps ten entries
// without. To count these matters to small indexes, which could never afford their second bucket.
bool SlotIndex::can_afford_split() const noexcept {
  const auto allowed = static_cast<double>(size_ + 1) * kBytesPerEntry;
  if (static_cast<double>(memory_bytes()) > allowed) return false;
  const Bucket& source = buckets_[partner(buckets_.size())];
  std::size_t freed = 0;
  if (source.overflow != 0) freed = cell(source.overflow).next != 0 ? 2 : 1;
  const std::size_t bytes = memory_bytes() + sizeof(Bucket) - freed * sizeof(Cell);
  return static_cast<double>(bytes) <= allowed;
}

void SlotIndex::erase(std::uint64_t hash, Slot slot) noexcept {
  LARDER_ASSERT(slot && size_ > 0);
  const Slot last = last_slot(buckets_[bucket_of(hash)]);
  *slot.tag_ = *last.tag_;
  *slot.address_ = *last.address_;
  remove_last(buckets_[bucket_of(hash)]);
  --size_;
  if (buckets_.size() == 1) return;
  const auto bytes = static_cast<double>(memory_bytes());
  if (bytes > static_cast<double>(size_) * kBytesPerEntryMax) join();
}

template <class Place>
SlotIndex::Slot SlotIndex::last_in(Place& place) noexcept {
  const unsigned n = used(place.addresses);
  LARDER_ASSERT(n > 0);
  return {place.tags[n - 1], place.addresses[n - 1]};
}

template <class Place>
SlotIndex::Slot SlotIndex::fill(Place& place, Entry entry) noexcept {
  const unsigned n = used(place.addresses);
  place.tags[n] = entry.tag;
  place.addresses[n] = entry.address;
  return {place.tags[n], place.addresses[n]};
}

// The cell with room: the second, or the first if there is no second. Requires a chain.
std::uint32_t& SlotIndex::end_link(Bucket& bucket) noexcept {
  std::uint32_t& second = cell(bucket.overflow).next;
  return second != 0 ? second : bucket.overflow;
}

SlotIndex::Slot SlotIndex::last_slot(Bucket& bucket) noexcept {
  slots_touched_ += bucket.overflow ? kCellSlots : kSlots;
  return bucket.overflow ? last_in(cell(end_link(bucket))) : last_in(bucket);
}

void SlotIndex::remove_last(Bucket& bucket) noexcept {
  const Slot last = last_slot(bucket);
  *last.tag_ = 0;
  *last.address_ = 0;
  if (bucket.overflow == 0) return;
  std::uint32_t& link = end_link(bucket);
  if (cell(link).addresses.front() == 0) drop_cell(link);
}

SlotIndex::Entry SlotIndex::take_last(Bucket& bucket) noexcept {
  const Slot last = last_slot(bucket);
  const Entry entry{*last.tag_, *last.address_};
  remove_last(bucket);
  return entry;
}

bool SlotIndex::has_room(Bucket& bucket) noexcept {
  if (bucket.addresses.back() == 0) return true;
  return bucket.overflow != 0 && cell(end_link(bucket)).addresses.back() == 0;
}

// Where has_room says no, there must be a cell in reserve.
SlotIndex::Slot SlotIndex::put(std::size_t number, Entry entry) noexcept {
  Bucket& bucket = buckets_[number];
  slots_touched_ += kSlots;
  if (bucket.addresses.back() == 0) return fill(bucket, entry);
  if (!has_room(bucket)) {
    std::uint32_t& link = bucket.overflow ? cell(bucket.overflow).next : bucket.overflow;
    cells_.push({{}, {}, link, static_cast<std::uint32_t>(number)});
    link = static_cast<std::uint32_t>(cells_.size());
  }
  slots_touched_ += kCellSlots;
  return fill(cell(end_link(bucket)), entry);
}

// Takes the cell that `link` says out of its chain. The last of all cells moves into its place; who
// pointed at that one is found from its home.
void SlotIndex::drop_cell(std::uint32_t& link) noexcept {
  const std::uint32_t hole = link;
  link = cell(hole).next;
  const auto last = static_cast<std::uint32_t>(cells_.size());
  if (hole != last) {
    std::uint32_t* to_last = &buckets_[cell(last).home].overflow;
    for (; *to_last != last; to_last = &cell(*to_last).next) slots_touched_ += kCellSlots;
    *to_last = hole;
    cell(hole) = cell(last);
  }
  cells_.pop();
}

void SlotIndex::drop_last_bucket() noexcept {
  Bucket& last = buckets_[buckets_.size() - 1];
  while (last.overflow != 0) drop_cell(last.overflow);
  buckets_.pop();
  set_mask(mask_for(buckets_.size()));
}

// Two buckets never need more cells than the one that they came from: putting back does not fail.
void SlotIndex::split() {
  if (!buckets_.reserve(1)) return;
  const std::size_t source = partner(buckets_.size());
  moving_.clear();
  for_bucket(source, [&](Slot slot) {
    residents_.prefetch(*slot.address_);
    moving_.push_back({*slot.tag_, *slot.address_});
  });
  // Nothing fails from here on.
  while (buckets_[source].overflow != 0) drop_cell(buckets_[source].overflow);
  buckets_[source] = {};
  buckets_.push({});
  set_mask(mask_for(buckets_.size()));
  for (const Entry entry : moving_) put(bucket_of(residents_.hash_at(entry.address)), entry);
}

void SlotIndex::join() noexcept {
  if (!cells_.reserve(kCellsForJoin)) return;  // Shrinking can wait for the next erasure.
  const std::size_t number = buckets_.size() - 1;
  Bucket& last = buckets_[number];
  while (last.addresses.front() != 0) put(partner(number), take_last(last));
  drop_last_bucket();
}

}  // namespace larder::engine
