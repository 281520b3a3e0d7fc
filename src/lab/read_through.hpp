// Read-through traffic: get, and on a miss load and set, as an application does in front of a slow
// source; every value that comes back is checked.
#pragma once

#include <larder/cache.hpp>

#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.hpp"
#include "base/histogram.hpp"
#include "lab/trace.hpp"

namespace larder::lab {

struct ReadThroughOptions {
  unsigned threads = 1;
  std::uint64_t requests = 0;  ///< Stop after so many; 0: all there are.
  bool ttl = false;            ///< Give entries the request's TTL, in real seconds.
  bool keep = false;           ///< Leave the entries there at the end.
};

struct ReadThroughReport {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t distinct = 0;  ///< Keys, counted here, not by the cache.
  std::uint64_t wrong = 0;     ///< Hits with other bytes than were set.
  double seconds = 0;          ///< Of the requests; the erasing afterwards is not in it.
  base::Histogram hit_ns;      ///< Of the get.
  base::Histogram miss_ns;     ///< Of the get and the set.
  std::optional<Error>
      failure;  ///< What ended it early: a line that does not parse, a store that is gone.

  std::uint64_t expected_hits() const noexcept { return requests - distinct; }
  void merge(const ReadThroughReport& other);
};

/// Told now and then, on the calling thread.
using ReadThroughProgress =
    std::function<void(std::optional<double> done, std::uint64_t requests, std::uint64_t hits)>;

/// Sends every request of `source` through `cache`. Nothing else may write to its space meanwhile.
///
/// With several threads each key belongs to one of them, so requests for one key keep their order
/// and the hits come out as with one thread (but not the order in which a full cache evicts).
///
/// Cost  Memory for the distinct keys, about 50 bytes each, and one value; never for the requests.
ReadThroughReport read_through(const Cache<Bytes>& cache, RequestSource& source,
                               const ReadThroughOptions& options, const base::Clock& clock,
                               const ReadThroughProgress& progress = {});

}  // namespace larder::lab
