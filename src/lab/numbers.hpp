// Counts and sizes as people type them: 100k, 1M, 64, 16-1024.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::lab {

/// Reads `250`, `100k`, `1.5M`, `2G`: decimal multiples. Errors: `bad_argument` quotes the text.
Result<std::uint64_t> parse_count(std::string_view text);

/// Sizes in bytes, both ends included.
struct SizeRange {
  std::uint32_t low = 64;
  std::uint32_t high = 64;
  friend bool operator==(const SizeRange&, const SizeRange&) = default;
};

/// Reads `64` or `16-1024`. Errors: `bad_argument` quotes the text.
Result<SizeRange> parse_size_range(std::string_view text);

/// 1234567 as "1,234,567".
std::string with_commas(std::uint64_t number);

}  // namespace larder::lab
