// What an experiment says of its numbers: intervals, evenness, and what theory would expect.
#pragma once

#include <cstdint>
#include <span>

namespace larder::lab {

/// A share with the bounds between which the true one lies, 95 times of 100.
struct Share {
  double value = 0;
  double low = 0;
  double high = 0;
};
/// All zero where `of` is 0. Source: Wilson's score interval (1927), which stays within [0, 1].
Share share_of(std::uint64_t count, std::uint64_t of) noexcept;

/// How evenly something is spread over a few places.
struct Evenness {
  double variation = 0;  ///< Standard deviation by mean (the coefficient of variation): 0 is even.
  double max_over_mean = 0;  ///< The busiest place against the mean: 1 is even.
  double chi_square = 0;     ///< Pearson's statistic against an even spread.
  double chance = 1;         ///< Of a statistic at least so large if the places were drawn evenly.
};
/// All zero, chance 1, where nothing was counted.
Evenness evenness_of(std::span<const std::uint64_t> counts) noexcept;

/// The part of `requests` that finds its name asked before, if names are drawn evenly and nothing is
/// ever forgotten: 1 - N/R (1 - (1 - 1/N)^R).
double uniform_hit_rate(std::uint64_t names, std::uint64_t requests) noexcept;

/// The chance of a chi-square variable with `freedom` degrees to be at least `statistic`.
/// Source   the regularised upper incomplete gamma function: series below freedom/2 + 1, continued
///          fraction (Lentz) above.
double chi_square_chance(double statistic, double freedom) noexcept;

/// Mean and standard deviation of a stream (Welford, 1962).
class Spread {
 public:
  void add(double value) noexcept {
    const double before = value - mean_;
    mean_ += before / static_cast<double>(++count_);
    squares_ += before * (value - mean_);
  }
  void merge(const Spread& other) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  double mean() const noexcept { return mean_; }
  double deviation() const noexcept;

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

}  // namespace larder::lab
