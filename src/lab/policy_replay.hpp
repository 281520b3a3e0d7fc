// Comparing eviction policies: a trace through the engine's own eviction, for each policy and size.
//
// A cache of a share of what the trace asks for, by number of keys or by bytes, overhead not
// counted: so that the hit ratios can be set beside published ones.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "lab/capacity.hpp"
#include "lab/replay_source.hpp"
#include "policy/eviction.hpp"

namespace larder::lab {

struct PolicyReplayOptions {
  SourceOptions source = {};  ///< Its seed is that of the policies too.
  std::vector<policy::Eviction> policies = {};
  std::vector<Capacity> sizes = {};
  By by = By::count;
  std::uint64_t requests_per_second = 100;  ///< Of the trace's own time.
  bool ttl = false;      ///< Let entries expire after the trace's third column, in that time.
  unsigned threads = 1;  ///< So many cells at once; the results are the same.
  bool json = false;
};

/// Reads "adaptive,allkeys-lru" or "all". Each comes once. Errors: `bad_argument` names them all.
Result<std::vector<policy::Eviction>> parse_policies(std::string_view list);

/// Plays all cells, writes a table or JSON to `output.results`, and answers with an exit status.
int policy_replay(const PolicyReplayOptions& options, const Output& output);

}  // namespace larder::lab
