// SlotIndex: from a key's hash to a 32-bit address, in 8.6 bytes an entry, growing by one bucket.
//
// Linear hashing (Litwin, VLDB 1980). With n buckets and 2^L <= n < 2^(L+1), a hash belongs to
// bucket `hash mod 2^(L+1)`, or `hash mod 2^L` where that bucket does not exist yet. Adding bucket
// n splits bucket n - 2^L between the two; removing it joins them again. So one insertion moves the
// entries of one bucket at most: no pause, no directory, and no second copy of the table.
//
//   bucket := tag[10]:u16 overflow:u32 address[10]:u32           ; 64 bytes, one cache line
//   cell   := tag[4]:u16 address[4]:u32 next:u32 home:u32        ; 32 bytes, half a line
//   tag    := bits 36 to 49 of the hash, and above them two bits of use
//
//   buckets   [ 0 ] [ 1 ] [ 2 ] … [n-1]         side by side, as are the cells, in their own
//               |           |                   memory; overflow and next are one more than
//   cells     [ 0 ]       [ 1 ] --> [ 2 ]       a cell's number
//
// A bucket is full before it overflows, and in its chain only the second cell has room, or the
// first if there is no second: entries enter and leave there, near at hand, and hits find most of
// the others before it. When a cell becomes free the last of all moves into its place (`home` says
// whose chain that one hangs in), so there are no gaps and memory ends where the last cell does.
//
// Not a fill but a price says when to grow: whenever the whole, with one bucket more, still costs
// no more than 8.6 bytes an entry. Buckets then hold nine entries in the mean, and a hit reads 1.17
// buckets and cells (measured over a doubling to 3 M entries; 1.23 at 8.3 bytes, 1.13 at 8.9). It
// shrinks at 2.2 times the price, far enough off that nobody swings between the two.
//
// Limits: the hash's low bits choose the bucket (26 at most), so whoever shards by hash takes its
// top. Entries whose hashes agree in all of these chain without bound: hashes must be keyed. What
// has been inserted is known by address alone, so a split asks `Residents` for the hashes.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/racy.hpp"
#include "base/random.hpp"
#include "engine/paged_array.hpp"
#include "engine/slot_tags.hpp"

namespace larder::engine {

/// Where a record is; the index does not know how. 0: nowhere.
using Address = std::uint32_t;

/// What the index asks about the records at its addresses.
class Residents {
 public:
  virtual std::uint64_t hash_at(Address address) const noexcept = 0;
  virtual void prefetch(Address address) const noexcept = 0;

 protected:
  ~Residents() = default;
};

/// Threads  One at a time; beside it others may call glance, prefetch_bucket and likely.
class SlotIndex {
 public:
  static constexpr unsigned kSlots = 10;
  static constexpr unsigned kCellSlots = 4;
  static constexpr double kBytesPerEntry = 8.6;

  /// One entry's place, or none. Borrowed: good until the next insertion or erasure.
  class Slot {
   public:
    Slot() = default;
    explicit operator bool() const noexcept { return address_ != nullptr; }
    Address address() const noexcept { return *address_; }
    void set_address(Address address) noexcept { *address_ = address; }
    /// The address, from beside a thread that may be writing.
    LARDER_RACY_INLINE Address racy_address() const noexcept { return base::racy_load(*address_); }
    /// Raises use() by one unless it is at `most`, from beside a thread that may be writing.
    LARDER_RACY_INLINE void use_racily(unsigned most) const noexcept {
      std::uint16_t tag = base::racy_load(*tag_);
      if (static_cast<unsigned>(tag >> kUseShift) >= most) return;
      // Where the tag has changed meanwhile the entry may be another; one use is lost.
      const auto raised = static_cast<std::uint16_t>(tag + (1U << kUseShift));
      __atomic_compare_exchange_n(tag_, &tag, raised, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    /// 0 to 3, the eviction policy's. It stays with the entry wherever the index moves it.
    unsigned use() const noexcept { return *tag_ >> kUseShift; }
    void set_use(unsigned use) noexcept {
      *tag_ = static_cast<std::uint16_t>((*tag_ & kTagMask) | use << kUseShift);
    }

   private:
    friend class SlotIndex;
    Slot(std::uint16_t& tag, Address& address) noexcept : tag_(&tag), address_(&address) {}

    std::uint16_t* tag_ = nullptr;
    Address* address_ = nullptr;
  };

  /// Address space to reserve: what bounds the number of entries.
  struct Reserve {
    std::size_t bucket_bytes = std::size_t{4} << 30;
    std::size_t cell_bytes = std::size_t{1} << 30;
  };

  /// Errors   throws std::bad_alloc, as PagedArray.
  explicit SlotIndex(const Residents& residents) : SlotIndex(residents, Reserve{}) {}
  SlotIndex(const Residents& residents, const Reserve& reserve);
  SlotIndex(const SlotIndex&) = delete;
  SlotIndex& operator=(const SlotIndex&) = delete;

  std::size_t size() const noexcept { return size_; }
  std::size_t buckets() const noexcept { return buckets_.size(); }
  /// Memory of the buckets and cells in use.
  std::size_t memory_bytes() const noexcept { return buckets_.bytes() + cells_.bytes(); }
  /// See base::Pages.
  char* take_huge() noexcept { return buckets_.take_huge(); }
  /// Slots looked at since the beginning, the first bucket of a look-up aside: what bounds on work
  /// are asserted with.
  std::uint64_t slots_touched() const noexcept { return slots_touched_; }

  /// The entry for which `is(Address)` holds; asked only where the tag fits.
  /// Cost     One cache line for most, besides what `is` reads.
  template <class Is>
  Slot find(std::uint64_t hash, Is&& is) noexcept {
    Bucket& bucket = buckets_[bucket_of(hash)];
    const Slot slot = find_in(bucket, tag_of(hash), is);
    if (slot || bucket.overflow == 0) return slot;
    return find_in_chain(bucket.overflow, tag_of(hash), is);
  }
  Slot find_address(std::uint64_t hash, Address address) noexcept {
    return find(hash, [address](Address other) { return other == address; });
  }
  /// find, beside a thread that may be writing: what it gives is true only if none was. Calls
  /// `is(Address)` for addresses that were in the index once.
  template <class Is>
  LARDER_RACY_INLINE Slot glance(std::uint64_t hash, Is&& is) const noexcept {
    const std::uint16_t tag = tag_of(hash);
    Bucket& bucket = buckets_[bucket_of(hash)];
    if (const Slot slot = glance_in(bucket, tag, is)) return slot;
    std::uint32_t at = base::racy_load(bucket.overflow);
    for (int cells = 0; at != 0 && cells < kCellsSeenMax; ++cells) {
      Cell& next = cell(at);
      if (const Slot slot = glance_in(next, tag, is)) return slot;
      at = base::racy_load(next.next);
    }
    return {};
  }
  /// Takes in what must be absent; splits one bucket first when the price allows.
  /// Errors   throws std::bad_alloc, and has not taken it in.
  Slot insert(std::uint64_t hash, Address address, unsigned use = 0);
  /// Forgets the entry in `slot`; joins two buckets when they have become too dear.
  void erase(std::uint64_t hash, Slot slot) noexcept;

  void prefetch_bucket(std::uint64_t hash) const noexcept {
    __builtin_prefetch(&buckets_[bucket_of(hash)]);
  }
  /// The first slot of the bucket whose tag fits, likely the entry's; none: it may be in the chain,
  /// whose first cell is being fetched.
  LARDER_RACY_INLINE Slot likely(std::uint64_t hash) const noexcept {
    Bucket& bucket = buckets_[bucket_of(hash)];
    if (const Slot slot = glance_in(bucket, tag_of(hash), kAny)) return slot;
    if (const std::uint32_t at = base::racy_load(bucket.overflow); at != 0)
      __builtin_prefetch(&cell(at));
    return {};
  }
  /// The same in the first cell of the chain; few have a second.
  LARDER_RACY_INLINE Slot likely_in_chain(std::uint64_t hash) const noexcept {
    const std::uint32_t at = base::racy_load(buckets_[bucket_of(hash)].overflow);
    return at == 0 ? Slot{} : glance_in(cell(at), tag_of(hash), kAny);
  }

  /// Calls `fn(Slot)` for one bucket's entries; `fn` must not insert or erase. Returns how many
  /// slots it looked at.
  template <class Fn>
  std::size_t for_bucket(std::size_t number, Fn&& fn) {
    Bucket& bucket = buckets_[number];
    for_each(bucket, fn);
    std::size_t touched = kSlots;
    for (std::uint32_t at = bucket.overflow; at != 0; at = cell(at).next, touched += kCellSlots) {
      for_each(cell(at), fn);
    }
    slots_touched_ += touched;
    return touched;
  }
  std::size_t random_bucket(base::Random& random) const noexcept {
    return random.below(buckets_.size());
  }

  /// SCAN's order: hashes by their low bits reversed, in which the entries of a bucket are
  /// neighbours whatever the number of buckets. Calls `fn(Address)` for the bucket at `position`
  /// and returns the next position; 0: the end.
  static constexpr unsigned kPositionBits = 48;
  template <class Fn>
  std::uint64_t scan(std::uint64_t position, Fn&& fn) {
    const std::size_t number = bucket_of(reverse(position));
    const std::uint64_t span = std::uint64_t{1} << (kPositionBits - depth_of(number));
    for_bucket(number, [&](Slot slot) { fn(slot.address()); });
    return ((position | (span - 1)) + 1) & ((std::uint64_t{1} << kPositionBits) - 1);
  }

  /// Takes the last bucket out and hands its addresses to `fn`: how a flushed index is emptied in
  /// slices. Returns how many slots it looked at. Requires buckets() > 0. Afterwards only this, look-ups
  /// and erasures of what is left may be called.
  template <class Fn>
  std::size_t drain_bucket(Fn&& fn) {
    const std::size_t touched = for_bucket(buckets_.size() - 1, [&](Slot slot) {
      --size_;
      fn(slot.address());
    });
    drop_last_bucket();
    return touched;
  }
  /// Makes a drained index as new. Errors: throws std::bad_alloc.
  void begin_anew();

 private:
  static constexpr unsigned kUseShift = 14;
  /// A chain that is being written might seem endless.
  static constexpr int kCellsSeenMax = 16;
  static constexpr auto kAny = [](Address) __attribute__((always_inline)) { return true; };

  struct alignas(64) Bucket {
    std::array<std::uint16_t, kSlots> tags;
    std::uint32_t overflow;  ///< One more than the number of its first cell; 0: none.
    std::array<Address, kSlots> addresses;
  };
  struct alignas(32) Cell {
    std::array<std::uint16_t, kCellSlots> tags;
    std::array<Address, kCellSlots> addresses;
    std::uint32_t next;  ///< As Bucket::overflow.
    std::uint32_t home;  ///< The number of the bucket that it hangs from.
  };
  static_assert(sizeof(Bucket) == 64 && sizeof(Cell) == 32);

  /// What moves from slot to slot.
  struct Entry {
    std::uint16_t tag;  ///< With its bits of use.
    Address address;
  };

  static std::uint16_t tag_of(std::uint64_t hash) noexcept { return (hash >> 36) & kTagMask; }
  static std::uint64_t reverse(std::uint64_t position) noexcept;

  std::uint64_t mask() const noexcept { return mask_.load(std::memory_order_relaxed); }
  void set_mask(std::uint64_t mask) noexcept { mask_.store(mask, std::memory_order_relaxed); }
  std::size_t bucket_of(std::uint64_t hash) const noexcept {
    const std::uint64_t all = mask();
    const std::size_t number = hash & all;
    return number < buckets_.size() ? number : number & (all >> 1);
  }
  unsigned depth_of(std::size_t number) const noexcept;
  Cell& cell(std::uint32_t at) const noexcept { return cells_[at - 1]; }

  // Place: a bucket or a cell.
  template <class Place, class Is>
  Slot find_in(Place& place, std::uint16_t tag, Is&& is) noexcept {
    constexpr std::size_t kCount = std::tuple_size_v<decltype(place.tags)>;
    for (unsigned fitting = tags_fitting<kCount>(&place, tag); fitting; fitting &= fitting - 1) {
      const int i = std::countr_zero(fitting);
      // An empty slot's tag may fit as well.
      if (place.addresses[i] != 0 && is(place.addresses[i])) {
        return {place.tags[i], place.addresses[i]};
      }
    }
    return {};
  }
  template <class Is>
  [[gnu::noinline]] Slot find_in_chain(std::uint32_t at, std::uint16_t tag, Is& is) noexcept {
    for (; at != 0; at = cell(at).next) {
      slots_touched_ += kCellSlots;
      if (const Slot slot = find_in(cell(at), tag, is)) return slot;
    }
    return {};
  }
  template <class Place, class Is>
  LARDER_RACY_INLINE static Slot glance_in(Place& place, std::uint16_t tag, Is&& is) noexcept {
    constexpr std::size_t kCount = std::tuple_size_v<decltype(place.tags)>;
    for (unsigned fitting = tags_fitting<kCount>(&place, tag); fitting; fitting &= fitting - 1) {
      const int i = std::countr_zero(fitting);
      Address* const addresses = place.addresses.data();
      const Address address = base::racy_load(addresses[i]);
      if (address != 0 && is(address)) return {place.tags.data()[i], addresses[i]};
    }
    return {};
  }
  template <class Place, class Fn>
  static void for_each(Place& place, Fn& fn) {
    for (std::size_t i = 0; i < place.tags.size() && place.addresses[i] != 0; ++i) {
      fn(Slot{place.tags[i], place.addresses[i]});
    }
  }
  template <class Place>
  static Slot last_in(Place& place) noexcept;
  template <class Place>
  static Slot fill(Place& place, Entry entry) noexcept;

  std::uint32_t& end_link(Bucket& bucket) noexcept;
  Slot last_slot(Bucket& bucket) noexcept;
  void remove_last(Bucket& bucket) noexcept;
  Entry take_last(Bucket& bucket) noexcept;
  bool has_room(Bucket& bucket) noexcept;
  Slot put(std::size_t number, Entry entry) noexcept;
  bool can_afford_split() const noexcept;
  void drop_cell(std::uint32_t& link) noexcept;
  void drop_last_bucket() noexcept;
  void split();
  void join() noexcept;

  const Residents& residents_;
  PagedArray<Bucket> buckets_;
  PagedArray<Cell> cells_;
  std::atomic<std::uint64_t> mask_{1};  ///< 2^(L+1) - 1.
  std::size_t size_ = 0;
  std::vector<Entry> moving_;  ///< Entries between two buckets, during a split.
  /// On a line of its own: look-ups of several threads share the lines above, and write none of them.
  alignas(64) std::uint64_t slots_touched_ = 0;
};

}  // namespace larder::engine
