// One cell of a comparison of policies: a trace, played as read-through traffic through one table of
// the engine, of one size, under one policy.
//
// Time is the trace's own. Request n comes n / rate seconds after the first, deadlines are kept to
// the millisecond, and upkeep runs ten times a second, as in a node.
#pragma once

#include <cstdint>
#include <functional>

#include "lab/capacity.hpp"
#include "lab/numbered_trace.hpp"
#include "lab/value_pattern.hpp"
#include "policy/eviction.hpp"

namespace larder::lab {

struct CellOptions {
  policy::Eviction policy = policy::Eviction::adaptive;
  By by = By::count;
  std::uint64_t capacity = 1;  ///< Entries or bytes.
  std::uint64_t seed = 7;      ///< The same seed gives the same hits.
  std::uint64_t requests_per_second = 100;
  bool ttl = false;  ///< Entries expire after the trace's third column. False: they live on.
};

struct CellResult {
  std::uint64_t requests = 0;
  std::uint64_t hits = 0;
  std::uint64_t bytes = 0;  ///< Asked for; as many as the objects have.
  std::uint64_t bytes_hit = 0;
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;
  std::uint64_t refused = 0;  ///< Writes: nothing could be evicted, or the object was too large.
};

/// Told the requests played since it was told last.
using CellProgress = std::function<void(std::uint64_t requests)>;

/// Requires `values` to hold trace.bytes_max where `by` is bytes; by count, values are empty.
/// Cost     Memory for what the table holds.
CellResult play_cell(const NumberedTrace& trace, const ValuePattern& values,
                     const CellOptions& options, const CellProgress& progress = {});

}  // namespace larder::lab
