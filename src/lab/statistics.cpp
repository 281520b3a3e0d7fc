#include "lab/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace larder::lab {

Share share_of(std::uint64_t count, std::uint64_t of) noexcept {
  if (of == 0) return {};
  constexpr double kZ = 1.959963984540054;  // Of 95 %, both sides.
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(count) / n;
  const double scale = 1 + kZ * kZ / n;
  const double middle = (p + kZ * kZ / (2 * n)) / scale;
  const double half = kZ / scale * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Evenness evenness_of(std::span<const std::uint64_t> counts) noexcept {
  Evenness result;
  double sum = 0, most = 0;
  for (const auto count : counts) {
    sum += static_cast<double>(count);
    most = std::max(most, static_cast<double>(count));
  }
  if (sum == 0) return result;
  const double mean = sum / static_cast<double>(counts.size());
  double squares = 0;
  for (const auto count : counts)
    squares += (static_cast<double>(count) - mean) * (static_cast<double>(count) - mean);
  result.variation = std::sqrt(squares / static_cast<double>(counts.size())) / mean;
  result.max_over_mean = most / mean;
  result.chi_square = squares / mean;
  if (counts.size() > 1)
    result.chance = chi_square_chance(result.chi_square, static_cast<double>(counts.size() - 1));
  return result;
}

double uniform_hit_rate(std::uint64_t names, std::uint64_t requests) noexcept {
  if (names == 0 || requests == 0) return 0;
  const auto n = static_cast<double>(names), r = static_cast<double>(requests);
  // log1p: (1 - 1/N)^R loses all its digits for large N otherwise.
  const double never_asked = names == 1 ? 0 : std::exp(r * std::log1p(-1 / n));
  return 1 - n / r * (1 - never_asked);
}

double chi_square_chance(double statistic, double freedom) noexcept {
  if (statistic <= 0 || freedom <= 0) return 1;
  const double a = freedom / 2, x = statistic / 2;
  const double front = std::exp(-x + a * std::log(x) - std::lgamma(a));
  constexpr int kSteps = 1'000;
  constexpr double kTiny = 1e-300, kEnough = 1e-14;
  if (x < a + 1) {
    double term = 1 / a, sum = term;
    for (int n = 1; n < kSteps && term > sum * kEnough; ++n) sum += term *= x / (a + n);
    return std::clamp(1 - front * sum, 0.0, 1.0);
  }
  double b = x + 1 - a, c = 1 / kTiny, d = 1 / b, fraction = d;
  for (int n = 1; n < kSteps; ++n) {
    const double top = -n * (n - a);
    b += 2;
    d = top * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + top / c;
    if (std::abs(c) < kTiny) c = kTiny;
    fraction *= c * d;
    if (std::abs(c * d - 1) < kEnough) break;
  }
  return std::clamp(front * fraction, 0.0, 1.0);
}

void Spread::merge(const Spread& other) noexcept {
  if (other.count_ == 0) return;
  const auto mine = static_cast<double>(count_), theirs = static_cast<double>(other.count_);
  const double apart = other.mean_ - mean_;
  count_ += other.count_;
  mean_ += apart * theirs / (mine + theirs);
  squares_ += other.squares_ + apart * apart * mine * theirs / (mine + theirs);
}

double Spread::deviation() const noexcept {
  return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

}  // namespace larder::lab
