// The load generator: threads of connections that set a server's keys up, ask for them in a closed
// or open loop, and erase them again.
#pragma once

#include <larder/error.hpp>

#include <functional>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "lab/bench.hpp"
#include "lab/load_connection.hpp"

namespace larder::lab {

struct LoadReport {
  LoadCounts counts;             ///< Of the measured time alone.
  double seconds = 0;            ///< From the first request of it to the last reply.
  double generator_seconds = 0;  ///< Processor time of this process in it.
  std::uint64_t late = 0;  ///< Open loop: requests that found every connection's pipeline full.
  std::vector<std::uint64_t> replies;  ///< Of each connection, in the same time.
  std::optional<Error> failure;        ///< What ended the run early.

  /// Replies of the connection that had fewest, as a part of their mean: 1 is fair. 0: no replies.
  double fairness() const noexcept;
  double rate() const noexcept {
    return seconds > 0 ? static_cast<double>(counts.answered()) / seconds : 0;
  }
};

/// Told about ten times a second: the phase ("loading", "measuring", …), how far it is (0 to 1),
/// and the requests answered in it. From any of the load's threads, one at a time.
using LoadProgress = std::function<void(const char* phase, double done, std::uint64_t answered)>;

/// Runs it all and answers when it is over.
/// Errors   `bad_argument`, `unreachable`, `unauthorized`: nothing was measured. A connection lost
/// later is
///          LoadReport::failure.
Result<LoadReport> run_load(const BenchOptions& options, const base::Clock& clock,
                            const LoadProgress& progress = {});

}  // namespace larder::lab
