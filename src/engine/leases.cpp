#include "engine/leases.hpp"

#include <algorithm>
#include <iterator>

#include "base/limits.hpp"

namespace larder::engine {

Leases::Grant Leases::grant(std::uint64_t entry, std::uint64_t token, base::Nanos life,
                            base::Instant now) {
  if (const auto found = leases_.find(entry); found != leases_.end()) {
    if (found->second.deadline > now) return {0, found->second.deadline - now};
    found->second = {token, now + life};
    return {token, life};
  }
  make_room(now);
  leases_.emplace(entry, Kept{token, now + life});
  return {token, life};
}

bool Leases::take(std::uint64_t entry, std::uint64_t token, base::Instant now) noexcept {
  const auto found = leases_.find(entry);
  if (found == leases_.end() || found->second.token != token) return false;
  const bool holds = found->second.deadline > now;
  leases_.erase(found);
  return holds;
}

// Looked through each time their number has doubled, so that a grant costs the same on average. Where all still hold,
// an eighth of them goes: their fills will be refused, which costs a load each and no more.
void Leases::make_room(base::Instant now) {
  if (leases_.size() < tidy_at_) return;
  std::erase_if(leases_, [now](const auto& lease) { return lease.second.deadline <= now; });
  constexpr std::size_t kKept = base::limits::kLeasesMax / 8 * 7;
  if (leases_.size() > kKept) leases_.erase(std::next(leases_.begin(), kKept), leases_.end());
  tidy_at_ = std::clamp<std::size_t>(2 * leases_.size(), 64, base::limits::kLeasesMax);
}

}  // namespace larder::engine
