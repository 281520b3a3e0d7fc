// Sizes of values as people type them: 64, 16-1024, 1k-4KiB.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string_view>

namespace larder::lab {

/// Sizes in bytes, both ends included.
struct SizeRange {
  std::uint32_t low = 64;
  std::uint32_t high = 64;
  friend bool operator==(const SizeRange&, const SizeRange&) = default;

  /// How many sizes there are to choose from.
  std::uint64_t choices() const noexcept { return std::uint64_t{high} - low + 1; }
};

/// Reads `64` or `16-1024`, each as base::parse_size does. Errors: `bad_argument` quotes the text.
Result<SizeRange> parse_size_range(std::string_view text);

}  // namespace larder::lab
