// The rules of the adaptive policy that can be chosen while it runs, and what they are chosen for.
#pragma once

namespace larder::policy {

/// Uses are counted up to here, in two bits. Three rounds of grace in the main queue keep the busiest
/// entries best: two were 0.05, one 0.3 points of hit ratio worse over eight traces.
inline constexpr unsigned kUsesMax = 3;

/// How many that left are remembered for each entry that is there: 1.8 bytes. Half as many cost 0.3
/// points, twice as many nothing gained.
inline constexpr double kGhostsForEachEntry = 0.9;

/// What a cache does with its two queues.
struct QueueRules {
  /// Small's share of all bytes. Little for streams where popularity lasts, much where what was just
  /// used is used again.
  double small_share = 0.1;
  /// Of the entries that leave small unused, every so-manieth moves to main all the same; 0: none. A
  /// loop longer than the cache never uses an entry twice in time. Main fills with it this way and
  /// keeps the part that fits (bimodal insertion; Qureshi et al., ISCA 2007).
  unsigned keep_one_in = 0;
};

}  // namespace larder::policy
