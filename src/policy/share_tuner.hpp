// ShareTuner: chooses the rules of the two queues by trying all choices at once, in miniature.
//
// Each choice runs as a simulation of 128 entries over the same sample of the keys, taken by hash. A
// cache of n entries is sampled at a rate of 128 / n, for hit ratios scale (Waldspurger et al., ATC
// 2017). What is counted is which of the simulations hit together: a sum for each of the 32 patterns,
// fading with a half-life of 16 times the simulated entries. A choice replaces the present one when it
// hits more often than that by more than chance explains.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/queue_rules.hpp"
#include "policy/queue_simulation.hpp"

namespace larder::policy {

/// What became of a key's visit in the cache.
enum class Visit : std::uint8_t {
  hit,      ///< It was there: a read, or a write in its place.
  miss,     ///< A read found nothing.
  arrival,  ///< A write of what was not there.
};

/// Threads  One at a time.
class ShareTuner {
 public:
  ShareTuner();

  /// Every visit is told. A hit by simulation is a read or a write of what is there.
  /// Cost     One multiplication and one comparison where the hash is not in the sample.
  void access(std::uint64_t hash, Visit visit) noexcept {
    if (in_sample(hash, sampled_to_)) sample(hash, visit);
  }
  /// Whose visits change something: hashes for which in_sample(hash, sampled_to()) is true.
  std::uint64_t sampled_to() const noexcept { return sampled_to_; }
  static bool in_sample(std::uint64_t hash, std::uint64_t sampled_to) noexcept {
    return hash * kMix <= sampled_to;
  }
  /// How many entries the cache holds now. While it grows, the simulations begin anew with each
  /// eighth: a cache that fills evicts nothing, and what smaller ones did says little about it.
  void resize(std::size_t entries) noexcept;

  /// The best rules at present.
  const QueueRules& rules() const noexcept { return simulations_[best_].rules(); }
  double share() const noexcept { return rules().small_share; }

  std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  static constexpr std::size_t kChoices = 5;

  void sample(std::uint64_t hash, Visit visit) noexcept;
  void begin_anew() noexcept;
  void choose() noexcept;
  double lead(std::size_t choice) const noexcept;

  std::uint64_t sampled_to_ = ~std::uint64_t{0};
  std::size_t entries_ = 0;
  std::size_t entries_begun_ = 0;  ///< When the simulations last began.
  std::size_t simulated_ = 0;      ///< Entries of each simulation.
  std::size_t samples_left_ = 1;   ///< Until the next choice.
  std::size_t best_ = 0;
  std::vector<QueueSimulation> simulations_;
  std::array<float, std::size_t{1} << kChoices> patterns_{};  ///< Bit i of the index: choice i hit.
};

}  // namespace larder::policy
