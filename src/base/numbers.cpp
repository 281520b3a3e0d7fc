// Integers of usual length eight digits at a time; from_chars for the others. What is added besides is strictness, and
// Redis' long double forms.
#include "base/numbers.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace larder::base {
namespace {

static_assert(std::endian::native == std::endian::little, "eight digits are read as they lie");

constexpr std::uint64_t kEach = 0x0101010101010101;
constexpr std::uint64_t kTenToThe8 = 100'000'000;

/// The number whose eight digits are these bytes, the first of them lowest. Pairs, fours, eights are joined side by side, by
/// one multiplication each (Lemire's parse_eight_digits_unrolled).
constexpr std::uint64_t joined(std::uint64_t digits) noexcept {
  digits = digits * (1 + (10 << 8)) >> 8 & 0x00ff00ff00ff00ff;
  digits = digits * (1 + (100 << 16)) >> 16 & 0x0000ffff0000ffff;
  return digits * (1 + (std::uint64_t{10'000} << 32)) >> 32;
}

/// The reverse, of a number below 10^8: halves are divided side by side, by multiplications that are exact so far.
constexpr std::uint64_t parted(std::uint64_t number) noexcept {
  std::uint64_t parts = number / 10'000 | number % 10'000 << 32;
  const std::uint64_t hundreds = parts * 10'486 >> 20 & 0x0000007f0000007f;
  parts = hundreds | (parts - hundreds * 100) << 16;
  const std::uint64_t tens = parts * 103 >> 10 & 0x000f000f000f000f;
  return tens | (parts - tens * 10) << 8;
}

char* write_eight(char* out, std::uint64_t number) noexcept {
  const std::uint64_t text = parted(number) + '0' * kEach;
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text;
}

/// The bytes from `at` on, the first of them lowest, and zeros behind the end.
std::uint64_t eight_from(std::string_view text, std::size_t at) noexcept {
  const std::size_t left = text.size() - at;
  std::uint64_t bytes = 0;
  if (left >= sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
  } else if (left > 0 && text.size() >= sizeof bytes) {
    // The last eight, without those before `at`.
    std::memcpy(&bytes, text.data() + text.size() - sizeof bytes, sizeof bytes);
    bytes >>= 8 * (sizeof bytes - left);
  } else if (left > 0) {
    std::memcpy(&bytes, text.data() + at, left);
  }
  return bytes;
}

/// A number below 10^8 without leading zeros. May write eight bytes, whatever it needs of them.
char* write_first(char* out, std::uint64_t number) noexcept {
  if (number < 10) {
    *out = static_cast<char>('0' + number);
    return out + 1;
  }
  const std::uint64_t digits = parted(number);
  const auto zeros = static_cast<unsigned>(std::countr_zero(digits)) / 8;
  const std::uint64_t text = (digits + '0' * kEach) >> 8 * zeros;
  std::memcpy(out, &text, sizeof text);
  return out + sizeof text - zeros;
}

template <class Int>
std::optional<Int> parse_decimal(std::string_view text) noexcept {
  const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  if (digits.empty()) return std::nullopt;
  if (digits[0] == '0' && text != "0") return std::nullopt;  // "007", "-0", "00"
  Int value{};
  if (digits.size() == text.size() && digits.size() <= kDigitsMax) {
    std::uint64_t number = 0;
    if (take_digits(digits, 0, number) != digits.size()) return std::nullopt;
    return static_cast<Int>(number);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  return parse_decimal<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept {
  return parse_decimal<std::uint64_t>(text);
}

namespace {

std::optional<long double> infinity(std::string_view text) noexcept {
  constexpr long double kInfinity = std::numeric_limits<long double>::infinity();
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (!same_word(text, "inf") && !same_word(text, "infinity")) return std::nullopt;
  return negative ? -kInfinity : kInfinity;
}

}  // namespace

std::optional<long double> parse_float(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  // Redis takes a leading plus here (strtold does), though never two signs.
  if (text[0] == '+') {
    text.remove_prefix(1);
    if (text.empty() || text[0] == '-' || text[0] == '+') return std::nullopt;
  }
  if (const auto named = infinity(text)) return named;
  // Told by its first letter, since libstdc++ 12's from_chars reads beyond the end after "inf" and "nan".
  const char first = text[text[0] == '-' && text.size() > 1 ? 1 : 0];
  if (lower(first) == 'i' || lower(first) == 'n') return std::nullopt;
  long double value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || std::isnan(value)) {
    return std::nullopt;
  }
  return value;
}

std::string float_text(long double value) {
  LARDER_ASSERT(std::isfinite(value));
  // The longest: every digit in front of the point that a long double can have.
  char buffer[std::numeric_limits<long double>::max_exponent10 + 32];
  const int length = std::snprintf(buffer, sizeof buffer, "%.17Lf", value);
  std::string text(buffer, static_cast<std::size_t>(length));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  if (text == "-0") text = "0";
  return text;
}

std::size_t take_digits(std::string_view text, std::size_t begin, std::uint64_t& number) noexcept {
  constexpr std::uint64_t kTenToThe[9] = {1,       10,        100,        1'000,     10'000,
                                          100'000, 1'000'000, 10'000'000, kTenToThe8};
  number = 0;
  for (std::size_t at = begin;;) {
    std::uint64_t digits = eight_from(text, at) ^ '0' * kEach;
    // The highest bit of what is no digit; a carry from there spoils only what comes after it.
    const std::uint64_t others = (digits | (digits + 0x76 * kEach)) & 0x80 * kEach;
    const auto count = static_cast<unsigned>(std::countr_zero(others)) / 8;
    if (count == 0) return at - begin;
    number = number * kTenToThe[count] + joined(digits << 8 * (8 - count));
    at += count;
    if (count < 8 || at - begin > kDigitsMax || at == text.size()) return at - begin;
    if (static_cast<unsigned char>(text[at] - '0') > 9) return at - begin;
  }
}

char* write_unsigned(char* out, std::uint64_t value) noexcept {
  if (value < kTenToThe8) return write_first(out, value);
  const std::uint64_t front = value / kTenToThe8;
  out = front < kTenToThe8 ? write_first(out, front)
                           : write_eight(write_first(out, front / kTenToThe8), front % kTenToThe8);
  return write_eight(out, value % kTenToThe8);
}

char* write_integer(char* out, std::int64_t value) noexcept {
  if (value >= 0) return write_unsigned(out, static_cast<std::uint64_t>(value));
  *out = '-';
  return write_unsigned(out + 1, -static_cast<std::uint64_t>(value));
}

void append_integer(std::string& out, std::int64_t value) {
  char text[kIntegerTextMax];
  out.append(text, write_integer(text, value));
}

}  // namespace larder::base
