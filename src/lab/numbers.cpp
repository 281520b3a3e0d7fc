#include "lab/numbers.hpp"

#include <charconv>
#include <cmath>

namespace larder::lab {
namespace {

Error not_a_count(std::string_view text) {
  return {Errc::bad_argument, Effect::not_sent,
          "expected a count such as 250, 100k or 1.5M, found \"" + std::string(text) + "\""};
}

double multiple_of(char suffix) {
  switch (suffix) {
    case 'k':
    case 'K':
      return 1e3;
    case 'm':
    case 'M':
      return 1e6;
    case 'g':
    case 'G':
      return 1e9;
    default:
      return 0;
  }
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::uint64_t whole = 0;
  const auto plain = std::from_chars(text.data(), end, whole);
  if (plain.ec == std::errc{} && plain.ptr == end) return whole;

  double number = 0;
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (read.ec != std::errc{} || end - read.ptr != 1 || !(number >= 0)) return not_a_count(text);
  const double multiple = multiple_of(*read.ptr);
  // 2^53: beyond it a double no longer holds every integer, and no experiment needs as many.
  if (multiple == 0 || number * multiple > 9e15) return not_a_count(text);
  return static_cast<std::uint64_t>(std::llround(number * multiple));
}

Result<SizeRange> parse_size_range(std::string_view text) {
  const auto bad = [&] {
    return Error{Errc::bad_argument, Effect::not_sent,
                 "expected bytes such as 64 or 16-1024, found \"" + std::string(text) + "\""};
  };
  const std::size_t dash = text.find('-');
  const auto low = parse_count(text.substr(0, dash));
  const auto high = dash == text.npos ? low : parse_count(text.substr(dash + 1));
  if (!low || !high || *low > *high || *high > UINT32_MAX) return bad();
  return SizeRange{static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high)};
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace larder::lab
