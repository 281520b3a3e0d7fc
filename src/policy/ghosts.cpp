#include "policy/ghosts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <new>

#include "policy/queue_rules.hpp"

namespace larder::policy {
namespace {

// Address space for 2^27 ghosts, more than a table has entries. Where less is granted, fewer fit.
constexpr std::size_t kReservedBytes = std::size_t{1} << 28;
// Buckets that one call adds or removes at most: about a microsecond.
constexpr int kStepsMax = 8;
constexpr std::size_t kPageBytes = 4096;

}  // namespace

void GhostBucket::add(std::uint16_t fingerprint, std::size_t places) noexcept {
  std::memmove(&fingerprints[1], &fingerprints[0], sizeof(fingerprints) - sizeof(fingerprint));
  fingerprints[0] = fingerprint;
  if (places < kPlaces) std::fill(fingerprints.begin() + places, fingerprints.end(), 0);
}

bool GhostBucket::take(std::uint16_t fingerprint) noexcept {
  // Mostly it is not there. A loop without an exit is compiled to a few vector instructions.
  std::uint16_t there = 0;
  for (const std::uint16_t each : fingerprints) {
    there = static_cast<std::uint16_t>(there | (each == fingerprint ? 0xffff : 0));
  }
  if (there == 0) return false;
  const auto found = std::find(fingerprints.begin(), fingerprints.end(), fingerprint);
  std::move(found + 1, fingerprints.end(), found);
  fingerprints.back() = 0;
  return true;
}

void GhostBucket::merge(const GhostBucket& other) noexcept {
  const auto own = fingerprints;
  for (std::size_t i = 0; i < kPlaces; ++i)
    fingerprints[i] = (i % 2 ? other.fingerprints : own)[i / 2];
  std::stable_partition(fingerprints.begin(), fingerprints.end(), [](auto f) { return f != 0; });
}

GhostLayout ghost_layout(std::size_t entries) noexcept {
  const double ghosts = std::ceil(static_cast<double>(entries) * kGhostsForEachEntry);
  const auto count = static_cast<std::size_t>(ghosts);
  if (count == 0) return {};
  const std::size_t buckets = (count + GhostBucket::kPlaces - 1) / GhostBucket::kPlaces;
  return {.buckets = buckets, .places = (count + buckets - 1) / buckets};
}

GhostBucket* Ghosts::at(std::size_t index) noexcept {
  return reinterpret_cast<GhostBucket*>(pages_.data()) + index;
}

GhostBucket& Ghosts::bucket(std::uint64_t hash) noexcept {
  // Mixed, for all hashes of one table may agree in the bits that chose the table.
  const std::uint64_t bits = (hash * 0x9e3779b97f4a7c15u) >> 32;
  const std::uint64_t index = bits & (2 * level_ - 1);
  return *at(index < buckets_ ? index : index - level_);
}

void Ghosts::add(std::uint64_t hash) noexcept {
  if (buckets_ != buckets_wanted_) approach();
  if (buckets_ != 0) bucket(hash).add(ghost_fingerprint(hash), places_);
}

bool Ghosts::take(std::uint64_t hash) noexcept {
  return buckets_ != 0 && bucket(hash).take(ghost_fingerprint(hash));
}

void Ghosts::resize(std::size_t entries) noexcept {
  const GhostLayout layout = ghost_layout(entries);
  buckets_wanted_ = layout.buckets;
  places_ = layout.places;
  approach();
}

void Ghosts::approach() noexcept {
  for (int step = 0; step < kStepsMax && buckets_ != buckets_wanted_; ++step) {
    if (buckets_ > buckets_wanted_) {
      join();
    } else if (!split()) {
      buckets_wanted_ = buckets_;
    }
  }
}

bool Ghosts::split() noexcept {
  if (pages_.reserved() == 0) {
    try {
      pages_ = base::Pages(kReservedBytes);
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  if (!pages_.grow_to((buckets_ + 1) * sizeof(GhostBucket))) return false;
  // The new half's ghosts are among those of the other half, at whose address they were sought.
  if (buckets_ > 0) *at(buckets_) = *at(buckets_ - std::bit_floor(buckets_));
  level_ = std::bit_floor(++buckets_);
  return true;
}

void Ghosts::join() noexcept {
  const std::size_t last = buckets_ - 1;
  if (last > 0) at(last - std::bit_floor(last))->merge(*at(last));
  *at(last) = {};
  pages_.give_back(last * sizeof(GhostBucket), kPageBytes);
  buckets_ = last;
  level_ = std::max<std::size_t>(1, std::bit_floor(buckets_));
}

void Ghosts::clear() noexcept {
  const std::size_t bytes = memory_bytes() / kPageBytes * kPageBytes;
  if (bytes > 0) pages_.give_back(0, bytes);
  for (std::size_t i = bytes / sizeof(GhostBucket); i < buckets_; ++i) *at(i) = {};
}

}  // namespace larder::policy
