#include "policy/usage.hpp"

#include <algorithm>

namespace larder::policy {
namespace {

// Redis' defaults: a new entry starts at 5 so that it is not the first to go before it had a
// chance, and the counter grows with probability 1 / ((count - 5) * 10 + 1): about a million uses
// to fill it.
constexpr std::uint32_t kLfuStart = 5;
constexpr double kLfuLogFactor = 10;

// Birth ticks are kept in units of 16 accesses: 24 bits then reach back 268 million accesses of a
// shard.
constexpr unsigned kBirthShift = 4;
constexpr std::uint32_t kBirthMask = 0xffffff;
// When the count reaches this, count and age are halved: an entry is judged by about its last 16 to
// 32 uses.
constexpr std::uint32_t kCountMax = 32;
// What having been written counts, against 1 for each use. Plain hyperbolic caching has 1 here,
// which lets a loop push out what has proven itself: newcomers look busy while they are young.
constexpr double kNewcomerUses = 0.25;

std::uint32_t birth_now(Moment now) noexcept { return (now.tick >> kBirthShift) & kBirthMask; }
std::uint32_t age(std::uint32_t usage, Moment now) noexcept {
  return (birth_now(now) - (usage >> 8)) & kBirthMask;
}

std::uint32_t lfu_after_use(std::uint32_t usage, Moment now, base::Random& random) noexcept {
  std::uint32_t count = lfu_count(usage, now.minute);
  const double over = count > kLfuStart ? count - kLfuStart : 0;
  if (count < 255 && random.unit() < 1.0 / (over * kLfuLogFactor + 1)) ++count;
  return std::uint32_t{now.minute} << 8 | count;
}

std::uint32_t adaptive_after_use(std::uint32_t usage, Moment now) noexcept {
  const std::uint32_t count = (usage & 0xff) + 1;
  if (count < kCountMax) return usage + 1;
  const std::uint32_t birth = (birth_now(now) - age(usage, now) / 2) & kBirthMask;
  return birth << 8 | count / 2;
}

}  // namespace

std::uint8_t lfu_count(std::uint32_t usage, std::uint16_t minute) noexcept {
  const std::uint16_t idle =
      static_cast<std::uint16_t>(minute - static_cast<std::uint16_t>(usage >> 8));
  const std::uint32_t count = usage & 0xff;
  return static_cast<std::uint8_t>(count - std::min<std::uint32_t>(count, idle));
}

std::uint32_t usage_new(Eviction eviction, Moment now) noexcept {
  switch (eviction) {
    case Eviction::allkeys_lru:
    case Eviction::volatile_lru:
      return now.tick;
    case Eviction::allkeys_lfu:
    case Eviction::volatile_lfu:
      return std::uint32_t{now.minute} << 8 | kLfuStart;
    case Eviction::adaptive:
      return birth_now(now) << 8 | 1;
    default:
      return 0;
  }
}

std::uint32_t usage_after_use(Eviction eviction, std::uint32_t usage, Moment now,
                              base::Random& random) noexcept {
  switch (eviction) {
    case Eviction::allkeys_lru:
    case Eviction::volatile_lru:
      return now.tick;
    case Eviction::allkeys_lfu:
    case Eviction::volatile_lfu:
      return lfu_after_use(usage, now, random);
    case Eviction::adaptive:
      return adaptive_after_use(usage, now);
    default:
      return usage;
  }
}

double coldness(Eviction eviction, std::uint32_t usage, Moment now, std::size_t bytes) noexcept {
  switch (eviction) {
    case Eviction::allkeys_lru:
    case Eviction::volatile_lru:
      return now.tick - usage;
    case Eviction::allkeys_lfu:
    case Eviction::volatile_lfu:
      return 255.0 - lfu_count(usage, now.minute);
    case Eviction::adaptive:
      return (age(usage, now) + 1.0) * static_cast<double>(bytes) /
             ((usage & 0xff) - 1 + kNewcomerUses);
    default:
      return 0;
  }
}

}  // namespace larder::policy
