// Settings: what Store::configure can change while an engine runs, one row a setting.
#pragma once

#include <larder/error.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "node/node.hpp"

namespace larder::store {

inline constexpr std::string_view kTakesSize = "a size such as 64MiB or 1GiB";
inline constexpr std::string_view kTakesEviction =
    "adaptive, noeviction, allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru, volatile-lfu, "
    "volatile-random or volatile-ttl";

struct Setting {
  std::string_view name;        ///< As in the URL of `memory:`.
  std::string_view takes;       ///< In words, for messages.
  std::string_view redis_name;  ///< What CONFIG SET calls it.
  /// The value as CONFIG SET takes it; none: it does not fit.
  std::optional<std::string> (*redis_value)(std::string_view value);
  /// Requires a value that fits.
  void (*apply)(node::Node& node, std::string_view value);
};

std::span<const Setting> settings() noexcept;
/// Null: there is none of that name.
const Setting* find_setting(std::string_view name) noexcept;

}  // namespace larder::store
