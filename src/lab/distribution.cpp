#include "lab/distribution.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace larder::lab {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool is_share(std::optional<double> value) { return value && *value > 0 && *value <= 1; }

}  // namespace

Result<Distribution> Distribution::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view rest = colon == text.npos ? "" : text.substr(colon + 1);
  const bool bare = colon == text.npos;

  Distribution result;
  if (name == "uniform" && bare) return result;
  if (name == "scan" && bare) {
    result.law = Law::scan;
    return result;
  }
  if (name == "zipf") {
    result.law = Law::zipf;
    const auto skew = bare ? result.skew : number(rest);
    if (skew && *skew >= 0 && *skew <= 10) {
      result.skew = *skew;
      return result;
    }
  }
  if (name == "hotspot") {
    result.law = Law::hotspot;
    const std::size_t comma = rest.find(',');
    const auto keys = bare ? result.hot_keys : number(rest.substr(0, comma));
    const auto share = comma == rest.npos ? result.hot_share : number(rest.substr(comma + 1));
    if (is_share(keys) && is_share(share)) {
      result.hot_keys = *keys;
      result.hot_share = *share;
      return result;
    }
  }
  return Error{
      Errc::bad_argument, Effect::not_sent,
      "expected uniform, scan, zipf:SKEW (0 to 10) or hotspot:KEYS,SHARE (parts of 1), found " +
          base::quoted(text)};
}

namespace {

// Near skew 1 the integral (x^(1-s) - 1) / (1 - s) turns into a logarithm; these two are exact on
// both sides of it.
double expm1_over(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2 * (1 + x / 3);
}
double log1p_over(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x * (0.5 - x / 3);
}

}  // namespace

Zipf::Zipf(std::uint64_t keys, double skew) noexcept : keys_(keys), skew_(skew) {
  LARDER_ASSERT(keys > 0 && skew >= 0);
  // The first bar is taken whole: its part of the integral is its weight, 1.
  integral_first_ = integral(1.5) - 1;
  integral_last_ = integral(static_cast<double>(keys) + 0.5);
  sure_ = 2 - integral_inverse(integral(2.5) - weight(2));
}

double Zipf::weight(double x) const noexcept { return std::exp(-skew_ * std::log(x)); }

double Zipf::integral(double x) const noexcept {
  const double log_x = std::log(x);
  return expm1_over((1 - skew_) * log_x) * log_x;
}

double Zipf::integral_inverse(double y) const noexcept {
  // Rounding may push it below -1, where the logarithm ends.
  const double t = std::max(y * (1 - skew_), -1.0);
  return std::exp(log1p_over(t) * y);
}

std::uint64_t Zipf::operator()(base::Random& random) const noexcept {
  for (;;) {
    const double y = integral_last_ + random.unit() * (integral_first_ - integral_last_);
    const double x = integral_inverse(y);
    const double nearest = std::clamp(std::floor(x + 0.5), 1.0, static_cast<double>(keys_));
    if (nearest - x <= sure_ || y >= integral(nearest + 0.5) - weight(nearest)) {
      return static_cast<std::uint64_t>(nearest);
    }
  }
}

KeyPicker::KeyPicker(const Distribution& distribution, std::uint64_t keys,
                     std::uint64_t seed) noexcept
    : distribution_(distribution),
      keys_(keys),
      hot_(std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::llround(
                                         static_cast<double>(keys) * distribution.hot_keys)),
                                     1, keys)),
      zipf_(keys, distribution.skew),
      random_(seed) {}

std::uint64_t KeyPicker::next() noexcept {
  switch (distribution_.law) {
    case Distribution::Law::uniform:
      return random_.below(keys_);
    case Distribution::Law::zipf:
      return zipf_(random_) - 1;
    case Distribution::Law::scan:
      return position_ == keys_ ? (position_ = 1, 0) : position_++;
    case Distribution::Law::hotspot:
      break;
  }
  if (hot_ == keys_ || random_.unit() < distribution_.hot_share) return random_.below(hot_);
  return hot_ + random_.below(keys_ - hot_);
}

}  // namespace larder::lab
