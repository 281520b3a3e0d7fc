// The cursor of a scan over several servers: whose turn it is, and where that server is.
//
//     63        54 53                         0
//     [ server   ][ the server's own cursor    ]
//
// Redis' cursors have as many bits as its table has buckets; those of larder serve 48 and the number of its shards.
#pragma once

#include <cstdint>
#include <optional>

namespace larder::store {

inline constexpr unsigned kScanCursorBits = 54;
inline constexpr std::uint32_t kScanServersMax = 1U << (64 - kScanCursorBits);

struct ScanPosition {
  std::uint32_t server = 0;  ///< Its number.
  std::uint64_t cursor = 0;
};

constexpr ScanPosition scan_position(std::uint64_t cursor) noexcept {
  return {static_cast<std::uint32_t>(cursor >> kScanCursorBits),
          cursor & ((std::uint64_t{1} << kScanCursorBits) - 1)};
}

/// None: the server's cursor has more bits than there is room for.
constexpr std::optional<std::uint64_t> scan_cursor(ScanPosition at) noexcept {
  if (at.cursor >> kScanCursorBits != 0) return std::nullopt;
  return std::uint64_t{at.server} << kScanCursorBits | at.cursor;
}

}  // namespace larder::store
