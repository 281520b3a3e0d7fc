// Numbers as Redis reads and writes them: strict, so that a counter's text has exactly one form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::base {

/// take_digits takes so many: what any 64 bits hold.
inline constexpr std::size_t kDigitsMax = 18;
/// The digits of `text` from `begin` on as a number, leading zeros or not. Returns how many they are; more than kDigitsMax:
/// they are more, and `number` means nothing.
std::size_t take_digits(std::string_view text, std::size_t begin, std::uint64_t& number) noexcept;

/// A decimal integer with no leading zero, plus, space or "-0"; none otherwise or when it does not
/// fit.
std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;
std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;

/// A number as INCRBYFLOAT takes it: decimal or exponent form, infinities; no NaN, space or
/// trailing text. Long double, because Redis adds in it: 0.1 + 0.2 is "0.3" there.
std::optional<long double> parse_float(std::string_view text) noexcept;
/// As INCRBYFLOAT writes it: 17 decimals, trailing zeros cut, never an exponent. Requires a finite
/// number.
std::string float_text(long double value);

/// The longest text of a 64-bit integer: "-9223372036854775808".
inline constexpr std::size_t kIntegerTextMax = 20;
/// Writes `value` at `out`, which has room for kIntegerTextMax, and returns the end. What lies behind that in this room may
/// be overwritten.
char* write_integer(char* out, std::int64_t value) noexcept;
char* write_unsigned(char* out, std::uint64_t value) noexcept;
void append_integer(std::string& out, std::int64_t value);

}  // namespace larder::base
