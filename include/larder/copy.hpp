// copy: the entries of one Store into another, of any two kinds, with their times to live.
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace larder {

/// How far a copy is, and how it ended.
struct CopyCounts {
  std::uint64_t seen = 0;    ///< Keys looked at, some of them perhaps twice.
  std::uint64_t copied = 0;  ///< Written.
  std::uint64_t there = 0;   ///< Left alone: the other store has such a key.
  std::uint64_t gone = 0;    ///< Expired or erased between the look at the key and at its value.
  std::uint64_t other_kinds =
      0;  ///< Not copied: lists, hashes and the like, which a Store does not read.
};

struct CopyOptions {
  std::string match = {};  ///< Glob, as in ScanOptions; empty: all.
  bool replace = false;    ///< Write over what the other store has under that name.
  /// Told after each page, on the caller's thread. False ends the copy: `cancelled`.
  std::function<bool(const CopyCounts&)> progress = {};
  Millis deadline{0};  ///< Of each call, as in CallOptions.
};

/// Copies every entry that is there all the while. Values go byte for byte; of a time to live what is left of it goes, to
/// within the copy's own delay. Not a moment's picture: what is written meanwhile may be copied or not, so let writers
/// write to both stores, or copy once more. What Larder keeps beside entries goes along, but for leases, which end soon.
/// It can be broken off and begun again: without `replace`, entries that arrived are passed over. To fill a ring that
/// grew, copy from its old URL to its new one.
///
/// Errors   Those of the two stores; what was copied until then stays.
/// Threads  Blocks the caller; not on Larder's own I/O threads (`would_deadlock`).
/// Cost     For a page of 256 keys, three round trips in all; a page's values in memory.
Result<CopyCounts> copy(const Store& from, const Store& to, const CopyOptions& options = {});

}  // namespace larder
