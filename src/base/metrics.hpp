// Metrics: named counters, gauges and histograms that cost next to nothing to touch, and their
// Prometheus text.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace larder::base {

namespace detail {
// Every metric has a cell for each slot, on a cache line of its own, and every thread counts in its
// slot. The first slots belong to one thread each, from its first count to its end, so that it counts
// without a locked instruction: those cost as much as a read from memory and let no later read begin
// before them. Threads that find these taken are dealt out over the others, and share.
inline constexpr std::uint32_t kOwnSlots = 16;
inline constexpr std::uint32_t kSharedSlots = 8;
inline constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};
inline constinit thread_local std::uint32_t thread_slot = kNoSlot;
std::uint32_t take_slot() noexcept;
inline std::uint32_t metric_slot() noexcept {
  return thread_slot != kNoSlot ? thread_slot : take_slot();
}
}  // namespace detail

/// Only grows. Threads: safe from any thread. Cost: a load and a store for the first 16 threads, an
/// atomic add for those beyond; 1.5 KiB of memory.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    const std::uint32_t slot = detail::metric_slot();
    auto& value = cells_[slot].value;
    if (slot < detail::kOwnSlots) [[likely]] {
      value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    } else {
      value.fetch_add(n, std::memory_order_relaxed);
    }
  }
  std::uint64_t value() const noexcept;

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, detail::kOwnSlots + detail::kSharedSlots> cells_;
};

/// Goes up and down. Threads: safe from any thread.
class Gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void sub(std::int64_t n = 1) noexcept { add(-n); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Durations in buckets of powers of two from 1 us to 33 s. Threads: safe from any thread. Cost:
/// two atomic adds.
class Timing {
 public:
  static constexpr std::size_t kBounds = 26;
  /// The upper end of bucket `i`.
  static constexpr Nanos bound(std::size_t i) noexcept { return Nanos{std::int64_t{1000} << i}; }

  void observe(Nanos duration) noexcept;
  std::uint64_t count() const noexcept;
  Nanos sum() const noexcept;
  /// How many were at most bound(i); i == kBounds: all.
  std::uint64_t at_most(std::size_t i) const noexcept;

 private:
  struct alignas(64) Cell {
    std::array<std::atomic<std::uint64_t>, kBounds + 1> buckets{};
    std::atomic<std::uint64_t> sum_ns{0};
  };
  std::array<Cell, 4> cells_;
};

/// `{{"command", "get"}, {"result", "hit"}}`
using Labels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of one server or one library instance.
///
/// Threads  Safe from any thread. Finding a metric takes a lock and a search: keep the reference,
/// it lives as long as the registry. Limits   limits::kMetricSeriesMax series a name; more label
/// values share one series labelled "other".
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Finds or makes. Names by Prometheus' custom: `larder_commands_total`, base units (`_bytes`,
  /// `_seconds`).
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Timing& timing(std::string_view name, std::string_view help, const Labels& labels = {});

  /// A number that somebody else keeps, asked for while the text is made. What `read` refers to
  /// must outlive the registry.
  enum class Kind { counter, gauge };
  void observe(Kind kind, std::string_view name, std::string_view help,
               std::function<double()> read, const Labels& labels = {});

  /// All of them in Prometheus' text format 0.0.4, families in order of their first mention.
  std::string text() const;

 private:
  struct Series;
  struct Family;
  Series& series(std::string_view name, std::string_view help, std::string_view type,
                 const Labels& labels);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_;  // guarded by mutex_
};

}  // namespace larder::base
