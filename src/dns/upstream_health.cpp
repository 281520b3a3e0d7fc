#include "dns/upstream_health.hpp"

#include <algorithm>
#include <tuple>

namespace larder::dns {
namespace {

constexpr base::Millis kPatienceMin{250};
constexpr base::Millis kPatienceUnknown{800};
constexpr base::Millis kPatienceDown{300};
constexpr std::chrono::seconds kPauseMin{1};
constexpr std::chrono::seconds kPauseMax{30};
constexpr std::uint64_t kExploreEvery = 32;

}  // namespace

UpstreamHealth::UpstreamHealth(std::size_t count, base::Millis patience_max)
    : patience_max_(patience_max), upstreams_(count) {}

std::size_t UpstreamHealth::pick(const std::vector<bool>& tried, base::Instant now,
                                 std::uint64_t luck) {
  const auto fresh = [&](std::size_t i) { return i >= tried.size() || !tried[i]; };
  std::size_t best = upstreams_.size();
  std::size_t up = 0;
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    Upstream& candidate = upstreams_[i];
    if (!fresh(i)) continue;
    if (!is_up(i)) {
      if (candidate.retry > now) continue;
      candidate.retry = now + candidate.pause;  // Nobody else asks it before that.
      return i;
    }
    ++up;
    if (best == upstreams_.size() || candidate.round_trip < upstreams_[best].round_trip) best = i;
  }
  if (up > 1 && luck % kExploreEvery == 0) {
    auto skip = luck / kExploreEvery % up;
    for (std::size_t i = 0; i < upstreams_.size(); ++i) {
      if (fresh(i) && is_up(i) && skip-- == 0) return i;
    }
  }
  if (best != upstreams_.size()) return best;
  // All are down or were tried: the one whose turn is next, for to ask somebody is better than to ask nobody.
  best = 0;
  for (std::size_t i = 1; i < upstreams_.size(); ++i) {
    const auto rank = [&](std::size_t j) {
      return std::tuple(!fresh(j), !is_up(j), upstreams_[j].retry);
    };
    if (rank(i) < rank(best)) best = i;
  }
  return best;
}

base::Millis UpstreamHealth::patience(std::size_t i) const noexcept {
  const Upstream& upstream = upstreams_[i];
  if (!is_up(i)) return std::min(kPatienceDown, patience_max_);
  if (upstream.round_trip == base::Nanos{0}) return std::min(kPatienceUnknown, patience_max_);
  const auto wanted = std::chrono::duration_cast<base::Millis>(4 * upstream.round_trip);
  return std::clamp(wanted, std::min(kPatienceMin, patience_max_), patience_max_);
}

void UpstreamHealth::answered(std::size_t i, base::Nanos round_trip) {
  Upstream& upstream = upstreams_[i];
  round_trip = std::max(round_trip, base::Nanos{1});
  upstream.round_trip = upstream.round_trip == base::Nanos{0}
                            ? round_trip
                            : (7 * upstream.round_trip + round_trip) / 8;
  upstream.silences = 0;
  upstream.pause = base::Nanos{0};
}

void UpstreamHealth::silent(std::size_t i, base::Instant now) {
  Upstream& upstream = upstreams_[i];
  ++upstream.silences;
  upstream.round_trip = std::min<base::Nanos>(
      std::max<base::Nanos>(2 * upstream.round_trip, kPatienceMin), patience_max_);
  if (is_up(i)) return;
  upstream.pause = std::clamp<base::Nanos>(2 * upstream.pause, kPauseMin, kPauseMax);
  upstream.retry = now + upstream.pause;
}

bool UpstreamHealth::is_any_up() const noexcept {
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    if (is_up(i)) return true;
  }
  return false;
}

}  // namespace larder::dns
