// The names of the eviction policies, as Redis' maxmemory-policy spells them, plus our default.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace larder::policy {

enum class Eviction : std::uint8_t {
  adaptive,  ///< Larder's default.
  noeviction,
  allkeys_lru,
  allkeys_lfu,
  allkeys_random,
  volatile_lru,
  volatile_lfu,
  volatile_random,
  volatile_ttl,
};

/// All of them, the default first.
inline constexpr Eviction kEvictions[] = {
    Eviction::adaptive,     Eviction::noeviction,      Eviction::allkeys_lru,
    Eviction::allkeys_lfu,  Eviction::allkeys_random,  Eviction::volatile_lru,
    Eviction::volatile_lfu, Eviction::volatile_random, Eviction::volatile_ttl};

std::string_view to_string(Eviction eviction) noexcept;  ///< "allkeys-lru"
std::optional<Eviction> eviction_from(std::string_view name) noexcept;
/// True if only entries with a deadline may be evicted. Where there are none, it is as
/// `noeviction`.
bool only_volatile(Eviction eviction) noexcept;

}  // namespace larder::policy
