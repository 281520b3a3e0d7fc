#include "store/local/setting.hpp"

#include <algorithm>
#include <array>

#include "base/units.hpp"
#include "policy/eviction.hpp"

namespace larder::store {
namespace {

// Redis reads no "MiB", but any number of bytes.
std::optional<std::string> size_for_redis(std::string_view value) {
  const auto bytes = base::parse_size(value);
  if (!bytes) return std::nullopt;
  return std::to_string(*bytes);
}

std::optional<std::string> eviction_for_redis(std::string_view value) {
  if (!policy::eviction_from(value)) return std::nullopt;
  return std::string(value);
}

constexpr std::array kSettings{
    Setting{"max_bytes", kTakesSize, "maxmemory", &size_for_redis,
            [](node::Node& node, std::string_view value) {
              node.set_bytes_max(static_cast<std::size_t>(base::parse_size(value).value()));
            }},
    Setting{"eviction", kTakesEviction, "maxmemory-policy", &eviction_for_redis,
            [](node::Node& node, std::string_view value) {
              node.set_eviction(policy::eviction_from(value).value());
            }},
};

}  // namespace

std::span<const Setting> settings() noexcept { return kSettings; }

const Setting* find_setting(std::string_view name) noexcept {
  const auto* found = std::find_if(kSettings.begin(), kSettings.end(),
                                   [&](const auto& setting) { return setting.name == name; });
  return found == kSettings.end() ? nullptr : found;
}

}  // namespace larder::store
