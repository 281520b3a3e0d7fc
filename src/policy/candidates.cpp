#include "policy/candidates.hpp"

#include <algorithm>

namespace larder::policy {

void Candidates::offer(const Candidate& candidate) noexcept {
  const auto begin = sorted_.begin();
  const auto same = std::find_if(begin, begin + size_, [&](const Candidate& c) {
    return c.hash == candidate.hash && c.space == candidate.space;
  });
  if (same != begin + size_) {
    std::move(same + 1, begin + size_, same);
    --size_;
  }
  if (size_ == kMax) {
    if (candidate.coldness <= sorted_[0].coldness) return;
    std::move(begin + 1, begin + size_, begin);
    --size_;
  }
  const auto place =
      std::upper_bound(begin, begin + size_, candidate.coldness,
                       [](double cold, const Candidate& c) { return cold < c.coldness; });
  std::move_backward(place, begin + size_, begin + size_ + 1);
  *place = candidate;
  ++size_;
}

std::optional<Candidate> Candidates::take() noexcept {
  if (size_ == 0) return std::nullopt;
  return sorted_[--size_];
}

}  // namespace larder::policy
