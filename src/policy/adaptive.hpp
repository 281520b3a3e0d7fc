// Adaptive: what a table keeps beside its two queues when it evicts by the default policy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "policy/ghosts.hpp"
#include "policy/share_tuner.hpp"

namespace larder::policy {

/// Threads  One at a time.
class Adaptive {
 public:
  /// Every visit is told, or at least those in the tuner's sample.
  void visited(std::uint64_t hash, Visit visit) noexcept { tuner_.access(hash, visit); }
  /// Whether a newcomer was here lately, and goes to the main queue at once.
  bool comes_back(std::uint64_t hash) noexcept { return ghosts_.take(hash); }
  /// See ShareTuner::in_sample.
  std::uint64_t sampled_to() const noexcept { return tuner_.sampled_to(); }
  double small_share() const noexcept { return tuner_.share(); }

  /// What an unused entry is weighed against, when it is the oldest of the small queue.
  struct Leaving {
    std::size_t bytes;
    std::size_t bytes_mean;  ///< Of all entries.
    std::size_t entries;     ///< How many there are.
    bool main_has_its_share;
  };
  /// True: it stays for a round in the main queue all the same. False: it must go, and is remembered.
  bool spare(std::uint64_t hash, const Leaving& leaving) noexcept;

  std::size_t memory_bytes() const noexcept {
    return sizeof *this + tuner_.memory_bytes() + ghosts_.memory_bytes();
  }

 private:
  ShareTuner tuner_;
  Ghosts ghosts_;
  unsigned unused_ = 0;  ///< Left small unused since the last that was spared.
  unsigned left_ = 0;    ///< Left small unused since the sizes were adjusted.
};

}  // namespace larder::policy
