// What the cache counts.
#pragma once

#include "base/metrics.hpp"

namespace larder::dns {

struct CacheCounters {
  base::Counter questions, near_hits, shared_hits, misses, stale_served, pinned_served, joined,
      prefetches;
  base::Counter shared_errors, shared_late, shared_bad, write_errors, failures;
  base::Gauge under_way;  ///< Questions posted to a lane, waiters of flights, writes to the store.
};

}  // namespace larder::dns
