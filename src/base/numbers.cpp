// from_chars and to_chars do the work; what is added here is strictness and Redis' long double
// forms.
#include "base/numbers.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace larder::base {
namespace {

template <class Int>
std::optional<Int> parse_decimal(std::string_view text) noexcept {
  const std::string_view digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
  if (digits.empty()) return std::nullopt;
  if (digits[0] == '0' && text != "0") return std::nullopt;  // "007", "-0", "00"
  Int value{};
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

char* write_integer(char* out, std::int64_t value) noexcept {
  return std::to_chars(out, out + kIntegerTextMax, value).ptr;
}

char* write_unsigned(char* out, std::uint64_t value) noexcept {
  return std::to_chars(out, out + kIntegerTextMax, value).ptr;
}

void append_integer(std::string& out, std::int64_t value) {
  char text[kIntegerTextMax];
  out.append(text, write_integer(text, value));
}

}  // namespace larder::base
