// What the cache counts.
#pragma once

#include <deque>

#include "base/metrics.hpp"

namespace larder::dns {

/// Of one server of the shared store.
struct PartitionCounters {
  base::Counter requests, hits, errors;
};

struct CacheCounters {
  base::Counter questions, near_hits, shared_hits, misses, stale_served, pinned_served, joined,
      prefetches;
  base::Counter shared_errors, shared_late, shared_bad, write_errors, failures;
  std::deque<PartitionCounters>
      partitions;         ///< As many as there are servers; fixed once the cache is made.
  base::Gauge under_way;  ///< Questions posted to a lane, waiters of flights, writes to the store.
};

}  // namespace larder::dns
