// The rules of the adaptive policy that can be chosen while it runs, and what they are chosen for.
#pragma once

#include <cstddef>

namespace larder::policy {

/// Uses are counted up to here, in two bits. Three rounds of grace in the main queue keep the busiest
/// entries best: two were 0.05, one 0.3 points of hit ratio worse over eight traces.
inline constexpr unsigned kUsesMax = 3;

/// How many that left are remembered for each entry that is there: 1.8 bytes. Half as many cost 0.3
/// points, twice as many nothing gained.
inline constexpr double kGhostsForEachEntry = 0.9;

/// Uses that an entry must have to be kept when its turn to leave comes, and spends to stay in main:
/// one, two above twice the mean bytes of an entry, three above four times. What takes the place of
/// many must be wanted more. Against one use for all, capacity in bytes, three traces with sizes: 0.4
/// points more requests hit, 0.5 points fewer bytes.
constexpr unsigned uses_needed(std::size_t bytes, std::size_t bytes_mean) noexcept {
  if (bytes > 4 * bytes_mean) return 3;
  return bytes > 2 * bytes_mean ? 2 : 1;
}

/// True if rules for loops may keep an entry unused: it is no larger than usual. Kept at any size,
/// large ones of a disk's trace pushed out so many that 5 points fewer requests hit.
constexpr bool may_be_kept_unused(std::size_t bytes, std::size_t bytes_mean) noexcept {
  return 4 * bytes <= 5 * bytes_mean;
}

/// What a cache does with its two queues.
struct QueueRules {
  /// Small's share of all bytes. Little for streams where popularity lasts, much where what was just
  /// used is used again.
  double small_share = 0.1;
  /// Of the entries that leave small unused, every so-manieth moves to main all the same; 0: none. A
  /// loop longer than the cache never uses an entry twice in time. Main fills with it this way and
  /// keeps the part that fits (bimodal insertion; Qureshi et al., ISCA 2007).
  unsigned keep_one_in = 0;

  /// True if main takes an entry that leaves small unused, the `nth` of those that may be kept since
  /// the last it took. While
  /// main holds less than its share it takes every second.
  constexpr bool keeps_unused(unsigned nth, bool main_has_its_share) const noexcept {
    return keep_one_in > 0 && nth >= (main_has_its_share ? keep_one_in : 2);
  }
};

}  // namespace larder::policy
