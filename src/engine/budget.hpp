// Budget: the memory bound that the tables of one node share, and what each of them holds.
//
// Tables draw credit in portions and give surplus back, so that the shared counter is touched once
// in many writes. The bound holds for the sum, however unevenly the keys fall on the tables.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace larder::engine {

/// A counter that one thread at a time writes, under its table's lock, and any thread reads. No
/// atomic addition is needed for that, so counting costs what it costs without threads.
class Gauge {
 public:
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }
  void add(std::uint64_t by) noexcept { value_.store(get() + by, std::memory_order_relaxed); }
  void sub(std::uint64_t by) noexcept { value_.store(get() - by, std::memory_order_relaxed); }
  void set(std::uint64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Threads  Readable from any thread without the table's lock.
struct TableStats {
  Gauge hits, misses;  ///< First, beside the lock: what every read writes is one line.
  Gauge entries;
  Gauge entries_with_deadline;
  Gauge bytes_used;         ///< Everything held, index, dead bytes and flushed memory included.
  Gauge bytes_data;         ///< Key and value bytes.
  Gauge bytes_entries;      ///< Of bytes_used, records of living entries and what they own.
  Gauge bytes_volatile;     ///< Of bytes_entries, those with a deadline.
  Gauge bytes_index;        ///< Of bytes_used.
  Gauge bytes_dead;         ///< Of bytes_used, what was erased and not yet reclaimed.
  Gauge bytes_resident;     ///< Memory had from the operating system for all of it.
  Gauge expired;            ///< Entries whose time came …
  Gauge expired_on_access;  ///< … of them, those found by who asked for them, not by upkeep.
  Gauge evicted;            ///< Entries given up for want of memory …
  Gauge evicted_by_upkeep;  ///< … of them, not for a write, but because the bound was lowered.
};

/// Threads  Safe from any thread, except enlist and forget: while nobody draws.
class Budget {
 public:
  /// `bytes_max` 0: no bound.
  explicit Budget(std::size_t bytes_max = 0) noexcept
      : bytes_max_(bytes_max), left_(amount(bytes_max)) {}

  std::size_t bytes_max() const noexcept { return bytes_max_.load(std::memory_order_relaxed); }
  void set_bytes_max(std::size_t bytes_max) noexcept {
    const std::size_t before = bytes_max_.exchange(bytes_max);
    left_.fetch_add(amount(bytes_max) - amount(before), std::memory_order_relaxed);
    set_portion();
  }
  /// Bytes nobody has drawn; negative: the tables hold more than they should and must evict.
  std::int64_t left() const noexcept { return left_.load(std::memory_order_relaxed); }

  /// What a table draws at a time: small enough that what all tables hold unused is about 1 % of
  /// the bound.
  std::int64_t portion() const noexcept { return portion_.load(std::memory_order_relaxed); }
  /// Draws `least`, rounded up to a portion if there is as much. 0: there is not.
  std::int64_t draw(std::int64_t least) noexcept {
    std::int64_t left = left_.load(std::memory_order_relaxed);
    std::int64_t drawn;
    do {
      if (left < least) return 0;
      drawn = std::min(left, std::max(least, portion()));
    } while (!left_.compare_exchange_weak(left, left - drawn, std::memory_order_relaxed));
    return drawn;
  }
  /// Draws whether there is as much or not.
  void overdraw(std::int64_t bytes) noexcept { left_.fetch_sub(bytes, std::memory_order_relaxed); }
  void give_back(std::int64_t bytes) noexcept { left_.fetch_add(bytes, std::memory_order_relaxed); }

  void enlist(const TableStats& table) {
    tables_.push_back(&table);
    set_portion();
  }
  void forget(const TableStats& table) { std::erase(tables_, &table); }
  /// Bytes of entries that tables other than `self` could evict. Cost: a look at each table.
  std::int64_t evictable_elsewhere(const TableStats& self, bool only_volatile) const noexcept {
    std::uint64_t sum = 0;
    for (const TableStats* table : tables_) {
      if (table != &self)
        sum += (only_volatile ? table->bytes_volatile : table->bytes_entries).get();
    }
    return static_cast<std::int64_t>(sum);
  }

 private:
  static constexpr std::int64_t kUnbounded = std::int64_t{1} << 60;
  static std::int64_t amount(std::size_t bytes_max) noexcept {
    return bytes_max == 0 ? kUnbounded
                          : static_cast<std::int64_t>(std::min(bytes_max, std::size_t{1} << 60));
  }

  void set_portion() noexcept {
    const auto tables = static_cast<std::int64_t>(std::max<std::size_t>(tables_.size(), 1));
    portion_ = std::clamp<std::int64_t>(amount(bytes_max()) / (tables * 128), 64, 64 * 1024);
  }

  std::atomic<std::size_t> bytes_max_;
  std::atomic<std::int64_t> portion_{64};
  std::vector<const TableStats*> tables_;
  alignas(64) std::atomic<std::int64_t> left_;
};

}  // namespace larder::engine
