#include "policy/adaptive.hpp"

namespace larder::policy {
namespace {

constexpr unsigned kAdjustEvery = 16;  // Evictions from one look at the sizes to the next.

}  // namespace

bool Adaptive::spare(std::uint64_t hash, const Leaving& leaving) noexcept {
  if (left_++ % kAdjustEvery == 0) {
    tuner_.resize(leaving.entries);
    ghosts_.resize(leaving.entries);
  }
  if (may_be_kept_unused(leaving.bytes, leaving.bytes_mean) &&
      tuner_.rules().keeps_unused(++unused_, leaving.main_has_its_share)) {
    unused_ = 0;
    return true;
  }
  ghosts_.add(hash);
  return false;
}

}  // namespace larder::policy
