// Chance, handed in: one seeded generator per owner, so that a test's luck can be replayed.
#pragma once

#include <cstdint>

#include "base/hash.hpp"

namespace larder::base {

/// xoshiro256++ (Blackman and Vigna, 2019), seeded through SplitMix64. Not for secrets. Not thread-safe: one per owner.
class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed) noexcept;

  std::uint64_t operator()() noexcept;
  /// Uniform in [0, bound); `bound` > 0. Lemire's multiply-shift without bias.
  std::uint64_t below(std::uint64_t bound) noexcept;
  /// Uniform in [0, 1).
  double unit() noexcept;

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

 private:
  std::uint64_t state_[4];
};

/// 64 bits from the operating system (getrandom): seeds, hash keys, owner ids.
std::uint64_t system_entropy() noexcept;
/// 64 bits that no other thread or process is likely to get, a fork of this one among them. Not for secrets: who sees some
/// can tell the next ones. Cost: about 2 ns, where system_entropy's system call takes several hundred.
std::uint64_t thread_entropy() noexcept;
/// A fresh secret from the operating system.
HashKey random_hash_key() noexcept;

}  // namespace larder::base
