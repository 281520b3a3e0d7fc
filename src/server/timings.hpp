// Timings: how long each command took, counted in buckets that double.
//
// A look at the clock costs as much as a GET does. So of a fast command the first calls are timed and then every 64th,
// which counts for 64: what INFO and LATENCY HISTOGRAM say of it is an estimate. All others are timed every time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "server/count.hpp"

namespace larder::server {

/// Of one command on one thread, which writes; anyone reads.
struct Timing {
  static constexpr std::uint64_t kSampleEvery = 64;
  /// The first ends at 1.024 us, the last at half an hour.
  static constexpr std::size_t kBuckets = 32;

  Count calls;
  Count nanos;
  std::array<Count, kBuckets> buckets;

  /// Is one of the calls from the `before`th on to be timed, of `count` in a row?
  static bool samples(std::uint64_t before, std::uint64_t count = 1) noexcept {
    return before < kSampleEvery || before / kSampleEvery != (before + count) / kSampleEvery;
  }
  /// For how many calls a timed one stands.
  static std::uint64_t weight(std::uint64_t before, std::uint64_t count = 1) noexcept {
    if (before < kSampleEvery) return count;
    return ((before + count) / kSampleEvery - before / kSampleEvery) * kSampleEvery;
  }

  void record(base::Nanos took, std::uint64_t times) noexcept {
    const auto value = static_cast<std::uint64_t>(took.count() < 0 ? 0 : took.count());
    calls.add(times);
    nanos.add(value * times);
    const auto bucket = static_cast<std::size_t>(std::bit_width(value >> 10U));
    buckets[bucket < kBuckets ? bucket : kBuckets - 1].add(times);
  }
  /// Where a bucket ends, as Redis rounds it.
  static std::uint64_t micros_of(std::size_t bucket) noexcept {
    return (std::uint64_t{1024} << bucket) / 1'000;
  }
  void clear() noexcept {
    calls.clear();
    nanos.clear();
    for (Count& bucket : buckets) bucket.clear();
  }
};

/// The sum over threads, for those who show it.
struct TimingSum {
  std::uint64_t calls = 0;
  std::uint64_t nanos = 0;
  std::array<std::uint64_t, Timing::kBuckets> buckets{};

  void add(const Timing& timing) noexcept {
    calls += timing.calls.get();
    nanos += timing.nanos.get();
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += timing.buckets[i].get();
  }
};

}  // namespace larder::server
