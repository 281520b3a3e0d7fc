#include "policy/eviction.hpp"

#include <utility>

namespace larder::policy {
namespace {

constexpr std::pair<Eviction, std::string_view> kNames[] = {
    {Eviction::adaptive, "adaptive"},
    {Eviction::noeviction, "noeviction"},
    {Eviction::allkeys_lru, "allkeys-lru"},
    {Eviction::allkeys_lfu, "allkeys-lfu"},
    {Eviction::allkeys_random, "allkeys-random"},
    {Eviction::volatile_lru, "volatile-lru"},
    {Eviction::volatile_lfu, "volatile-lfu"},
    {Eviction::volatile_random, "volatile-random"},
    {Eviction::volatile_ttl, "volatile-ttl"},
};

}  // namespace

std::string_view to_string(Eviction eviction) noexcept {
  for (const auto& [value, name] : kNames) {
    if (value == eviction) return name;
  }
  return "?";
}

std::optional<Eviction> eviction_from(std::string_view name) noexcept {
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

bool only_volatile(Eviction eviction) noexcept {
  return eviction == Eviction::volatile_lru || eviction == Eviction::volatile_lfu ||
         eviction == Eviction::volatile_random || eviction == Eviction::volatile_ttl;
}

}  // namespace larder::policy
