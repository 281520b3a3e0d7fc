#include "store/number.hpp"

#include <charconv>
#include <cmath>

#include "base/numbers.hpp"

namespace larder::store {
namespace {

Error refused(Errc code, std::string_view detail) {
  return {code, Effect::refused, std::string(detail)};
}

}  // namespace

Result<std::int64_t> integer_sum(std::string_view text, std::int64_t delta) {
  const auto number = base::parse_integer(text);
  if (!number) return refused(Errc::not_a_number, "value is not an integer or out of range");
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, delta, &sum)) {
    return refused(Errc::overflow, "increment or decrement would overflow");
  }
  return sum;
}

Result<std::string> double_sum(std::string_view text, double delta) {
  const auto number = base::parse_float(text);
  if (!number || !std::isfinite(*number)) {
    return refused(Errc::not_a_number, "value is not a valid float");
  }
  // Through its text, as if it had travelled: 0.1 on the wire is nearer to a tenth than the double
  // is.
  const long double sum = *number + base::parse_float(shortest(delta)).value_or(delta);
  if (!std::isfinite(static_cast<double>(sum))) {
    return refused(Errc::overflow, "increment would produce NaN or Infinity");
  }
  return base::float_text(sum);
}

std::string shortest(double number) {
  char buffer[32];
  const auto [end, failed] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return {buffer, end};
}

Result<double> to_double(std::string_view text) {
  if (const auto number = base::parse_float(text)) return static_cast<double>(*number);
  return refused(Errc::not_a_number, "value is not a valid float");
}

}  // namespace larder::store
