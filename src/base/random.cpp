// xoshiro256++ with SplitMix64 seeding, and the operating system's entropy.
#include "base/random.hpp"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include <atomic>
#include <bit>

#include "base/assert.hpp"

namespace larder::base {
namespace {

std::uint64_t split_mix(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

__extension__ using Wide = unsigned __int128;

}  // namespace

Random::Random(std::uint64_t seed) noexcept {
  for (auto& word : state_) word = split_mix(seed);
}

std::uint64_t Random::operator()() noexcept {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  LARDER_ASSERT(bound > 0);
  auto product = static_cast<Wide>((*this)()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    // The only division, and rarely reached: below this threshold some answers would come up once
    // too often.
    const std::uint64_t threshold = (0 - bound) % bound;
    while (low < threshold) {
      product = static_cast<Wide>((*this)()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Random::unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

std::uint64_t system_entropy() noexcept {
  std::uint64_t value = 0;
  ssize_t got;
  do {
    got = ::getrandom(&value, sizeof value, 0);
  } while (got < 0 && errno == EINTR);
  // Without entropy every keyed hash would be guessable: better not to run at all.
  LARDER_ASSERT(got == sizeof value);
  return value;
}

std::uint64_t thread_entropy() noexcept {
  // A child that was forked has its parent's generators: all of them are then out of date.
  static std::atomic<unsigned> forks{0};
  static const int registered =
      ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  LARDER_ASSERT(registered == 0);
  struct Seeded {
    unsigned forks;
    Random random{system_entropy()};
  };
  thread_local Seeded seeded{forks.load(std::memory_order_relaxed)};
  const unsigned now = forks.load(std::memory_order_relaxed);
  if (seeded.forks != now) seeded = {now, Random{system_entropy()}};
  return seeded.random();
}

HashKey random_hash_key() noexcept { return {system_entropy(), system_entropy()}; }

}  // namespace larder::base
