#include "policy/share_tuner.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace larder::policy {
namespace {

constexpr std::size_t kSimulated = 256;

// A fifth share between any two made no difference. The last choice is for loops.
constexpr QueueRules kRules[] = {
    {.small_share = 0.10},
    {.small_share = 0.01},
    {.small_share = 0.30},
    {.small_share = 0.60},
    {.small_share = 0.01, .keep_one_in = 16},
};

// Samples from one choice to the next: an eighth of the simulated entries, but not so few that
// choosing costs more than simulating. The counts halve in 128 times as many.
constexpr std::size_t samples_between(std::size_t simulated) noexcept {
  return std::max<std::size_t>(16, simulated / 8);
}
constexpr float kFade = 0.9946f;  // 2 to the power of -1/128

}  // namespace

ShareTuner::ShareTuner() : best_(0), samples_left_(1), samples_between_(1) {
  static_assert(std::size(kRules) == kChoices);
  simulations_.reserve(kChoices);
  for (const QueueRules& rules : kRules) simulations_.emplace_back(kSimulated, rules);
  resize(kSimulated);
}

void ShareTuner::resize(std::size_t entries) noexcept {
  if (entries == entries_) return;
  entries_ = entries;
  const std::size_t simulated = std::clamp<std::size_t>(entries, 1, kSimulated);
  for (QueueSimulation& simulation : simulations_) simulation.set_capacity(simulated);
  samples_between_ = samples_between(simulated);
  samples_left_ = std::min(samples_left_, samples_between_);
  constexpr std::uint64_t all = ~std::uint64_t{0};
  sampled_to_ = entries <= kSimulated ? all : all / entries * kSimulated;
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
  samples_left_ = samples_between_;
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

// Hits by which a choice is ahead of the present one, less what chance explains: of n samples where
// only one of two equal ones hits, their numbers differ by about the square root of n.
double ShareTuner::lead(std::size_t choice) const noexcept {
  float only_it = 0;
  float only_best = 0;
  for (std::size_t hits = 0; hits < patterns_.size(); ++hits) {
    const bool it = (hits >> choice & 1) != 0;
    const bool best = (hits >> best_ & 1) != 0;
    if (it && !best) only_it += patterns_[hits];
    if (best && !it) only_best += patterns_[hits];
  }
  return static_cast<double>(only_it - only_best) -
         std::sqrt(static_cast<double>(only_it + only_best));
}

std::size_t ShareTuner::memory_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const QueueSimulation& simulation : simulations_) bytes += simulation.memory_bytes();
  return bytes;
}

}  // namespace larder::policy
