// The commands that larder serve has beyond Redis', one for each operation that Redis needs a script for.
//
// A connection asks the server for them by name (redis/handshake.hpp): a command is there or it is not, whatever the
// server's make and version. One whose grammar must change gets another name.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace larder::store {

enum class Native : std::uint8_t {
  add,
  add_float,
  lease,
  fill,
  lock,
  extend,
  unlock,
  fenced_set,
  limit,
  generations,
  bump,
  limits,
  add_once,
  share,
  reshare,
  unshare,
};

inline constexpr std::array<std::string_view, 16> kNativeNames{
    "LARDER.ADD",     "LARDER.ADDFLOAT", "LARDER.LEASE",   "LARDER.FILL",
    "LARDER.LOCK",    "LARDER.EXTEND",   "LARDER.UNLOCK",  "LARDER.FSET",
    "LARDER.LIMIT",   "LARDER.GENS",     "LARDER.BUMP",    "LARDER.LIMITS",
    "LARDER.ADDONCE", "LARDER.SHARE",    "LARDER.RESHARE", "LARDER.UNSHARE",
};

constexpr std::string_view name_of(Native command) noexcept {
  return kNativeNames[static_cast<std::size_t>(command)];
}
inline std::span<const std::string_view> native_names() noexcept { return kNativeNames; }

}  // namespace larder::store
