// Ghosts: what left the cache lately, remembered by two bytes each, to know a newcomer that was sent
// away too soon.
//
// Fingerprints of 16 bits lie in buckets of one cache line, 32 to a bucket, newest first: the oldest
// falls out when another comes. So a bucket is a queue of its own, and adding or finding touches one
// line. A stranger is taken for a ghost about once in 2,000 times, which costs a place in the main
// queue, nothing more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/pages.hpp"

namespace larder::policy {

/// One cache line of fingerprints, newest first. All zero is an empty one.
struct alignas(64) GhostBucket {
  static constexpr std::size_t kPlaces = 32;

  /// Of what is there it keeps the newest, up to `places` with the new one.
  void add(std::uint16_t fingerprint, std::size_t places = kPlaces) noexcept;
  /// True if it was there; it is gone then.
  bool take(std::uint16_t fingerprint) noexcept;
  /// Takes in the newer half of another bucket, in turn with the newer half of its own.
  void merge(const GhostBucket& other) noexcept;

  std::array<std::uint16_t, kPlaces> fingerprints{};  ///< 0: free. The free ones come last.
};

/// The 16 bits that stand for a hash; never 0. They are its lowest, so the bucket is chosen by others.
constexpr std::uint16_t ghost_fingerprint(std::uint64_t hash) noexcept {
  const auto bits = static_cast<std::uint16_t>(hash);
  return bits == 0 ? 1 : bits;
}

/// How many ghosts belong to a cache of so many entries, and how they lie.
struct GhostLayout {
  std::size_t buckets = 0;
  std::size_t places =
      0;  ///< In use of each bucket: it matters where a cache has fewer than a bucket's.
};
GhostLayout ghost_layout(std::size_t entries) noexcept;

/// The ghosts of a table of any size. Its buckets grow and shrink one at a time, as a linear hash
/// table's do (Litwin, VLDB 1980). Fingerprints are too short to tell which half of a split bucket
/// they belong to, so both halves keep all of them and the wrong ones age away. A bucket that was
/// split already remembers twice as far back as one that was not yet, which the hit ratio does not mind.
///
/// Threads  One at a time.
class Ghosts {
 public:
  /// How many entries are cached now, for each of which kGhostsForEachEntry are remembered. It gets
  /// there by up to eight buckets for each call, and for each ghost added.
  /// Errors   Where memory is short it stays as large as it can.
  void resize(std::size_t entries) noexcept;
  void add(std::uint64_t hash) noexcept;
  /// True if an entry of this hash left lately. It is no longer remembered then.
  bool take(std::uint64_t hash) noexcept;
  void clear() noexcept;
  std::size_t memory_bytes() const noexcept { return buckets_ * sizeof(GhostBucket); }

 private:
  GhostBucket& bucket(std::uint64_t hash) noexcept;
  GhostBucket* at(std::size_t index) noexcept;
  void approach() noexcept;
  bool split() noexcept;
  void join() noexcept;

  base::Pages pages_;
  std::size_t buckets_ = 0;
  std::size_t buckets_wanted_ = 0;
  std::size_t places_ = GhostBucket::kPlaces;
  std::size_t level_ = 1;  ///< The largest power of two up to buckets_.
};

}  // namespace larder::policy
