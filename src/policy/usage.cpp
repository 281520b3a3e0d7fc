#include "policy/usage.hpp"

#include <algorithm>

namespace larder::policy {
namespace {

// Redis' defaults: a new entry starts at 5 so that it is not the first to go before it had a
// chance, and the counter grows with probability 1 / ((count - 5) * 10 + 1): about a million uses
// to fill it.
constexpr std::uint32_t kLfuStart = 5;
constexpr double kLfuLogFactor = 10;

std::uint32_t lfu_after_use(std::uint32_t usage, Moment now, base::Random& random) noexcept {
  std::uint32_t count = lfu_count(usage, now.minute);
  const double over = count > kLfuStart ? count - kLfuStart : 0;
  if (count < 255 && random.unit() < 1.0 / (over * kLfuLogFactor + 1)) ++count;
  return std::uint32_t{now.minute} << 8 | count;
}

}  // namespace

bool is_lru(Eviction eviction) noexcept {
  return eviction == Eviction::allkeys_lru || eviction == Eviction::volatile_lru;
}

bool is_lfu(Eviction eviction) noexcept {
  return eviction == Eviction::allkeys_lfu || eviction == Eviction::volatile_lfu;
}

std::uint8_t lfu_count(std::uint32_t usage, std::uint16_t minute) noexcept {
  const auto idle = static_cast<std::uint16_t>(minute - static_cast<std::uint16_t>(usage >> 8));
  const std::uint32_t count = usage & 0xff;
  return static_cast<std::uint8_t>(count - std::min<std::uint32_t>(count, idle));
}

std::chrono::milliseconds idle_time(std::uint32_t usage, Moment now) noexcept {
  return std::chrono::milliseconds{std::int64_t{now.tick - usage} << 4};
}

std::uint32_t usage_new(Eviction eviction, Moment now) noexcept {
  return is_lfu(eviction) ? std::uint32_t{now.minute} << 8 | kLfuStart : now.tick;
}

std::uint32_t usage_after_use(Eviction eviction, std::uint32_t usage, Moment now,
                              base::Random& random) noexcept {
  return is_lfu(eviction) ? lfu_after_use(usage, now, random) : now.tick;
}

double coldness(Eviction eviction, std::uint32_t usage, Moment now) noexcept {
  return is_lfu(eviction) ? 255.0 - lfu_count(usage, now.minute) : now.tick - usage;
}

}  // namespace larder::policy
