#include "policy/share_tuner.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace larder::policy {
namespace {

constexpr std::size_t kSimulated = 128;

struct Choice {
  QueueRules rules;
  /// By which part of all requests it must hit more often than the first. What a large small queue
  /// or a main full of a loop pushes out is not there when their turn is over, so neither is taken
  /// for a trifle.
  double handicap = 0;
};

constexpr Choice kChosenFrom[] = {
    {.rules = {.small_share = 0.10}},
    {.rules = {.small_share = 0.01}},
    {.rules = {.small_share = 0.30}, .handicap = 0.005},
    {.rules = {.small_share = 0.60}, .handicap = 0.02},
    {.rules = {.small_share = 0.01, .keep_one_in = 32}, .handicap = 0.01},  // for loops
};

// Samples from one choice to the next: an eighth of the simulated entries, but not so few that
// choosing costs more than simulating. The counts halve in 128 times as many.
constexpr std::size_t samples_between(std::size_t simulated) noexcept {
  return std::max<std::size_t>(16, simulated / 8);
}
constexpr float kFade = 0.9946f;  // 2 to the power of -1/128

}  // namespace

ShareTuner::ShareTuner() {
  static_assert(std::size(kChosenFrom) == kChoices);
  simulations_.reserve(kChoices);
  for (const Choice& choice : kChosenFrom) simulations_.emplace_back(kSimulated, choice.rules);
  resize(kSimulated);
}

void ShareTuner::resize(std::size_t entries) noexcept {
  if (entries == entries_) return;
  entries_ = entries;
  if (entries > entries_begun_ + entries_begun_ / 8) {
    entries_begun_ = entries;
    begin_anew();
  } else if (entries < entries_begun_ / 2) {
    entries_begun_ = entries;
  }
  const std::size_t simulated = std::clamp<std::size_t>(entries, 1, kSimulated);
  if (simulated != simulated_) {
    simulated_ = simulated;
    for (QueueSimulation& simulation : simulations_) simulation.set_capacity(simulated);
    samples_left_ = std::min(samples_left_, samples_between(simulated));
  }
  constexpr std::uint64_t all = ~std::uint64_t{0};
  sampled_to_ = entries <= kSimulated ? all : all / entries * kSimulated;
}

void ShareTuner::begin_anew() noexcept {
  for (QueueSimulation& simulation : simulations_) simulation.clear();
  patterns_ = {};
}

void ShareTuner::sample(std::uint64_t hash, Visit visit) noexcept {
  // Other bits than those that chose the sample.
  const auto key = static_cast<std::uint32_t>((hash * 0xd6e8feb86659fd93u) >> 32);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < kChoices; ++i) {
    if (visit != Visit::arrival && simulations_[i].read(key)) {
      hits |= std::size_t{1} << i;
    } else if (visit != Visit::miss) {
      simulations_[i].write(key);
    }
  }
  if (visit == Visit::arrival) return;
  patterns_[hits] += 1;
  if (--samples_left_ == 0) choose();
}

void ShareTuner::choose() noexcept {
  samples_left_ = samples_between(simulated_);
  double most = 0;
  std::size_t best = best_;
  for (std::size_t i = 0; i < kChoices; ++i) {
    const double ahead = i == best_ ? 0 : lead(i);
    if (ahead > most) {
      most = ahead;
      best = i;
    }
  }
  best_ = best;
  for (float& count : patterns_) count *= kFade;
}

// Hits by which a choice is ahead of the present one beyond its handicap, less what chance explains:
// of n requests where only one of two equals hits, their numbers differ by about the square root of n.
double ShareTuner::lead(std::size_t choice) const noexcept {
  double all = 0;
  double only_it = 0;
  double only_best = 0;
  for (std::size_t hits = 0; hits < patterns_.size(); ++hits) {
    const double count = patterns_[hits];
    const bool it = (hits >> choice & 1) != 0;
    const bool best = (hits >> best_ & 1) != 0;
    all += count;
    if (it && !best) only_it += count;
    if (best && !it) only_best += count;
  }
  const double handicap = kChosenFrom[choice].handicap - kChosenFrom[best_].handicap;
  return only_it - only_best - handicap * all - std::sqrt(only_it + only_best);
}

std::size_t ShareTuner::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const QueueSimulation& simulation : simulations_) bytes += simulation.memory_bytes();
  return bytes;
}

}  // namespace larder::policy
