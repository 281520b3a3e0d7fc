// Usage: the 32 bits in which an entry remembers how it was used, and how cold that makes it.
//
// What the bits mean depends on the policy:
//
//   lru       last:32                 when it was used last, in units of 16 ms
//   lfu       minute:16 count:8       Redis' logarithmic counter, minus one for each minute without
//                                     use
//
// No other policy keeps any. After a change of policy the bits are misread until the entry is used
// again.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.hpp"
#include "policy/eviction.hpp"

namespace larder::policy {

/// When something is used: counted from whatever moment the caller counts from. 32 bits of ticks
/// run over after two years.
struct Moment {
  std::uint32_t tick = 0;  ///< Of 16 ms.
  std::uint16_t minute = 0;

  static Moment at_millis(std::int64_t millis) noexcept {
    return {static_cast<std::uint32_t>(millis >> 4), static_cast<std::uint16_t>(millis / 60'000)};
  }
};

bool is_lru(Eviction eviction) noexcept;
bool is_lfu(Eviction eviction) noexcept;
/// Whether the policy needs the 32 bits.
inline bool tracks_usage(Eviction eviction) noexcept {
  return is_lru(eviction) || is_lfu(eviction);
}

/// The usage of an entry just written for the first time.
std::uint32_t usage_new(Eviction eviction, Moment now) noexcept;
/// The usage of an entry after one more use.
std::uint32_t usage_after_use(Eviction eviction, std::uint32_t usage, Moment now,
                              base::Random& random) noexcept;
/// How ready an entry is to go: the coldest goes first. Only comparable under one policy.
double coldness(Eviction eviction, std::uint32_t usage, Moment now) noexcept;

/// The count of lfu's bits with the minutes since taken off: what OBJECT FREQ answers.
std::uint8_t lfu_count(std::uint32_t usage, std::uint16_t minute) noexcept;
/// Of lru's bits: what OBJECT IDLETIME answers.
std::chrono::milliseconds idle_time(std::uint32_t usage, Moment now) noexcept;

}  // namespace larder::policy
