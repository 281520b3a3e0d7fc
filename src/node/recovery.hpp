// Recovery: from the files of a folder to a node as it was.
//
// The newest snapshot that is whole, then the records of all logs from its generation on, in order, up to where they
// end. A last record cut short is what a crash leaves: it is cut off, and said. Anything else that is missing or bad is
// not what a crash leaves, and nobody's data is thrown away for it: recovery refuses, and names file and offset.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "node/load_clock.hpp"
#include "node/node.hpp"

namespace larder::node {

struct Progress {
  std::uint64_t bytes = 0;      ///< Read so far,
  std::uint64_t bytes_all = 0;  ///< of so many.
  std::uint64_t operations = 0;
};

struct RecoveryOptions {
  /// Called now and then. Empty: nobody wants to know.
  std::function<void(const Progress& progress)> progress = {};
};

struct Recovered {
  std::uint64_t sequence = 0;           ///< Of the last step that is there.
  std::uint64_t generation = 0;         ///< The highest in the folder; 0: it was empty.
  std::uint64_t snapshot_sequence = 0;  ///< What the snapshot held; 0: there was none.
  std::uint64_t snapshot_bytes = 0;
  std::int64_t snapshot_ms = 0;    ///< When it was begun, by the wall clock.
  std::uint64_t log_bytes = 0;     ///< Of the logs that were played.
  std::uint64_t operations = 0;    ///< Played, those of the snapshot included.
  std::uint64_t cut_bytes = 0;     ///< Of a last record that was not whole.
  std::vector<std::string> notes;  ///< What somebody should know, in sentences.
};

/// Fills `node`, which is empty and has no listener. Cuts off what is torn, removes what was never finished, and leaves
/// files that what is appended next can follow.
/// Errors: `io`, with file and offset, and what to do.
Result<Recovered> recover(base::Disk& disk, Node& node, LoadClock& clock,
                          const RecoveryOptions& options = {});

}  // namespace larder::node
