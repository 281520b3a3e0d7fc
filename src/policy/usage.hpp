// Usage: the 32 bits in which an entry remembers how it was used, and how cold that makes it.
//
// What the bits mean depends on the policy:
//
//   lru       last:32                 the access tick of the last use
//   lfu       minute:16 count:8       Redis' logarithmic counter, minus one for each minute without
//   use adaptive  birth:24 count:8        uses since birth, both halved when the count is full
//   others    unused
//
// `adaptive` ranks by hyperbolic caching (Blankstein, Sen, Freedman; USENIX ATC 2017): uses for
// each tick of age and byte held. A newcomer starts high and must earn its place, so a scan passes
// through, and a loop keeps what it has; halving lets yesterday's favourites go. After a change of
// policy the bits are misread until the entry is used again.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"
#include "policy/eviction.hpp"

namespace larder::policy {

/// Where a table stands when it asks: counted accesses, and minutes of its clock.
struct Moment {
  std::uint32_t tick = 0;
  std::uint16_t minute = 0;
};

/// The usage of an entry just written for the first time.
std::uint32_t usage_new(Eviction eviction, Moment now) noexcept;
/// The usage of an entry after one more use.
std::uint32_t usage_after_use(Eviction eviction, std::uint32_t usage, Moment now,
                              base::Random& random) noexcept;
/// How ready an entry is to go: the coldest goes first. Only comparable under one policy.
double coldness(Eviction eviction, std::uint32_t usage, Moment now, std::size_t bytes) noexcept;

/// The count of lfu's bits with the minutes since taken off: what OBJECT FREQ answers.
std::uint8_t lfu_count(std::uint32_t usage, std::uint16_t minute) noexcept;

}  // namespace larder::policy
