// A study: one list of requests played against a partitioned cache, once for each combination of what
// is compared, and the results kept so that a stop costs no more than the cell it stopped in.
//
// What a cell is made of (servers, a cache, a resolver) is handed in; this file knows how to ask, count
// and remember.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "lab/distribution.hpp"
#include "lab/output.hpp"

namespace larder::lab {

/// One combination.
struct StudyCell {
  std::string law = "uniform";  ///< As Distribution::parse reads it, or "replay".
  unsigned partitions = 1;
  std::string scheme = "hash";
  std::string policy = "allkeys-lru";
  std::uint64_t memory_bytes = 0;  ///< Of all partitions together; 0: more than is needed.
  unsigned repeat = 1;
  /// Also the stem of its file: "uniform-p4-ring-allkeys-lru-3145728-r1".
  std::string name() const;
};

/// In microseconds.
struct LatencyFacts {
  std::uint64_t count = 0;
  double mean = 0, deviation = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};

/// What a partition has seen, by its own count, and what it holds at the end.
struct StudyPartition {
  std::uint64_t requests = 0, hits = 0, keys = 0, bytes = 0, evictions = 0;
};

struct StudyOutcome {
  StudyCell cell;
  std::uint64_t requests = 0, hits = 0, misses = 0, failures = 0;
  double seconds = 0;
  LatencyFacts hit_us = {}, miss_us = {};
  std::vector<StudyPartition> partitions = {};
  std::vector<std::uint64_t> window_requests = {},
                             window_hits = {};  ///< Over time: kStudyWindows equal parts.
  std::vector<std::uint64_t> rank_requests = {},
                             rank_hits = {};  ///< By popularity: rank 1, 2-3, 4-7, 8-15, …
};
inline constexpr std::size_t kStudyWindows = 50;

/// Brings up what is asked. `ask` is called from several threads between begin and end.
class StudySubject {
 public:
  virtual ~StudySubject() = default;
  virtual Result<void> begin(const StudyCell& cell) = 0;
  struct Reply {
    bool answered = false;
    bool hit = false;
  };
  virtual Reply ask(const std::string& name) = 0;
  /// What the partitions have seen and what they hold, by their own count. Then everything is taken down.
  virtual Result<std::vector<StudyPartition>> end() = 0;
};

struct StudyOptions {
  std::vector<std::string> names;
  /// Which of them is asked for, by law; see request_order.
  std::function<std::vector<std::uint32_t>(const std::string& law)> requests;
  std::vector<StudyCell> cells;
  unsigned concurrency = 4;
  bool resume =
      true;  ///< Cells whose files are there, of the same names and requests, are not run again.
};

/// `count` indices below `names`, by a law; index 0 is the hottest. The same seed gives the same list, on every machine.
std::vector<std::uint32_t> request_order(const Distribution& law, std::size_t names,
                                         std::size_t count, std::uint64_t seed);

/// Runs all cells, in order; each is in `disk` when the next begins.
///
/// Errors   those of the subject; `io` of the disk. What was finished before stays.
/// Threads  `concurrency` of its own, which ask; `stop` is looked at from the caller's, a few times a second.
/// Cost     Memory: 30 KiB a thread and four bytes a request.
Result<std::vector<StudyOutcome>> run_study(const StudyOptions& options, StudySubject& subject,
                                            base::Disk& disk, const base::Clock& clock,
                                            const Output& output,
                                            const std::function<bool()>& stop);

/// One cell as lines of text, `name value...`; what read_outcome reads back. `settings` tells runs apart.
std::string outcome_text(const StudyOutcome& outcome, std::uint32_t settings);
/// None if the text is not whole, or of other settings.
std::optional<StudyOutcome> read_outcome(std::string_view text, std::uint32_t settings);

/// Makes or replaces a file of the disk, whole or not at all.
Result<void> put_file(base::Disk& disk, const std::string& name, std::string_view text);

}  // namespace larder::lab
