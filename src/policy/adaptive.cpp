#include "policy/adaptive.hpp"

namespace larder::policy {
namespace {

constexpr unsigned kAdjustEvery = 16;  // Evictions from one look at the sizes to the next.

}  // namespace

bool Adaptive::spare(std::uint64_t hash, std::size_t entries) noexcept {
  if (left_++ % kAdjustEvery == 0) {
    tuner_.resize(entries);
    ghosts_.resize(entries);
  }
  const unsigned keep_one_in = tuner_.rules().keep_one_in;
  if (keep_one_in != 0 && ++unused_ >= keep_one_in) {
    unused_ = 0;
    return true;
  }
  ghosts_.add(hash);
  return false;
}

}  // namespace larder::policy
