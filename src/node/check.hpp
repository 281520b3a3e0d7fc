// What a folder holds, without touching it; and what can be saved of one that is damaged.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "node/load_clock.hpp"
#include "node/node.hpp"

namespace larder::node {

struct FileReport {
  std::string name = {};
  std::string what = {};  ///< "generation 3, steps 17 to 40: 24 records, whole"
  bool good = true;       ///< False: torn or damaged.
};

struct FolderReport {
  std::vector<FileReport> files;
  bool starts = true;              ///< A server would start from it.
  std::vector<std::string> notes;  ///< What it would say then; or the one reason why it would not.
  std::uint64_t sequence = 0;      ///< The step it would come to.
};

/// Reads all files, and does what a start would do, with `node`, without changing any. Errors: `io`.
Result<FolderReport> check_folder(base::Disk& disk, Node& node, LoadClock& clock);

struct Salvaged {
  std::uint64_t operations = 0;
  std::uint64_t steps = 0;         ///< Of logs.
  std::vector<std::string> notes;  ///< What could not be saved, in sentences.
};

/// Plays everything good that there is into `node`, whatever is missing in between: what comes out may never have been.
Result<Salvaged> salvage(base::Disk& disk, Node& node, LoadClock& clock);

}  // namespace larder::node
