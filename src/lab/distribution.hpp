// Which key comes next: the popularity laws that stand in for real traffic.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace larder::lab {

/// A popularity law, without its keys.
struct Distribution {
  enum class Law : std::uint8_t {
    uniform,  ///< Every key alike.
    zipf,     ///< The key of rank r with weight 1/r^skew: `zipf:1.0`.
    scan,     ///< Every key in turn, over and over: what defeats an LRU cache.
    hotspot,  ///< `share` of the requests go to the `keys` hottest part: `hotspot:0.2,0.8`.
  };
  Law law = Law::uniform;
  double skew = 1.0;
  double hot_keys = 0.2;
  double hot_share = 0.8;

  /// Reads `uniform`, `scan`, `zipf[:SKEW]`, `hotspot[:KEYS,SHARE]`. Errors: `bad_argument` says
  /// what it knows.
  static Result<Distribution> parse(std::string_view text);
};

/// Zipf's law over ranks 1..n by rejection-inversion: O(1) a draw, no table, any n, any exponent >=
/// 0.
///
/// The histogram of weights 1/r^s lies under the curve x^-s. We draw from the curve by inverting
/// its integral, round to the nearest rank, and reject what fell outside that rank's bar; more than
/// four of five draws are kept at once. Source   W. Hörmann and G. Derflinger, "Rejection-inversion
/// to generate variates from monotone discrete
///          distributions", ACM TOMACS 6 (1996).
class Zipf {
 public:
  /// Requires keys > 0 and skew >= 0.
  Zipf(std::uint64_t keys, double skew) noexcept;

  /// A rank in [1, keys].
  std::uint64_t operator()(base::Random& random) const noexcept;

 private:
  double integral(double x) const noexcept;
  double integral_inverse(double y) const noexcept;
  double weight(double x) const noexcept;

  std::uint64_t keys_;
  double skew_;
  double integral_first_;
  double integral_last_;
  double sure_;  ///< A draw this close below its rank needs no second look.
};

/// Draws keys 0..keys-1 by one law. The hottest key is 0 (a scan begins there).
///
/// Threads  One per thread: a scan has a place, and the generator belongs to the picker.
class KeyPicker {
 public:
  KeyPicker(const Distribution& distribution, std::uint64_t keys, std::uint64_t seed) noexcept;

  std::uint64_t next() noexcept;
  /// The generator behind it, for whatever else the same traffic draws.
  base::Random& random() noexcept { return random_; }

 private:
  Distribution distribution_;
  std::uint64_t keys_;
  std::uint64_t hot_;
  std::uint64_t position_ = 0;
  Zipf zipf_;
  base::Random random_;
};

}  // namespace larder::lab
