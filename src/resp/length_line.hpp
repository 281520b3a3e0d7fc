// The line that every counted element begins with: a tag, a decimal number, CRLF.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/numbers.hpp"

namespace larder::resp {

/// No number that fits 64 bits is longer, sign and CRLF included, so neither may its line be.
inline constexpr std::size_t kLengthLineMax = base::kIntegerTextMax + 3;

struct LengthLine {
  enum class Found : std::uint8_t { incomplete, number, not_a_number, too_long };
  Found found;
  std::int64_t number = 0;
  const char* end = nullptr;  ///< Behind the CRLF; only for `number`.
};

/// The general case: signs, long numbers, lines cut off, lines that lie.
inline LengthLine read_length_slowly(const char* at, const char* end) noexcept {
  using Found = LengthLine::Found;
  const std::string_view seen(at, std::min(static_cast<std::size_t>(end - at), kLengthLineMax));
  const std::size_t cr = seen.find('\r');
  if (cr == std::string_view::npos) {
    return {seen.size() == kLengthLineMax ? Found::too_long : Found::incomplete};
  }
  if (cr + 1 == static_cast<std::size_t>(end - at)) return {Found::incomplete};
  const auto number = base::parse_integer(seen.substr(1, cr - 1));
  if (!number || at[cr + 1] != '\n') return {Found::not_a_number};
  return {Found::number, *number, at + cr + 2};
}

/// Reads the line whose tag stands at `at`. Requires at < end.
inline LengthLine read_length(const char* at, const char* end) noexcept {
  // Nearly every length has one to four digits, no sign, and is all there.
  const char* p = at + 1;
  std::int64_t number = 0;
  while (p < end && p - at <= 4 && *p >= '0' && *p <= '9') number = number * 10 + (*p++ - '0');
  if (end - p >= 2 && p[0] == '\r' && p[1] == '\n' && p != at + 1 &&
      (at[1] != '0' || p == at + 2)) {
    return {LengthLine::Found::number, number, p + 2};
  }
  return read_length_slowly(at, end);
}

}  // namespace larder::resp
