// Trace replay: recorded or made-up requests sent through a cache as read-through traffic, and what
// came of them.
//
// Every request is a get; a miss "loads" the object (makes a value of the stated size) and sets it.
// With a cache that nothing leaves, hits are requests minus distinct keys, exactly: the report says
// whether that held.
#pragma once

#include <cstdint>
#include <string>

#include "lab/output.hpp"
#include "lab/size_range.hpp"

namespace larder::lab {

struct ReplayOptions {
  std::string trace = {};        ///< A path, `-` for standard input, or empty: see `generate`.
  std::string generate = {};     ///< A law (see Distribution::parse), in place of a trace.
  std::uint64_t keys = 100'000;  ///< Of a generated trace; so are `seed` and `size`.
  std::uint64_t requests = 0;    ///< Stop after so many; 0: all, or a million generated ones.
  std::uint64_t seed = 7;
  SizeRange size{64, 64};  ///< Bytes of key and value together. A key keeps its size.

  std::string url = "memory:";
  unsigned threads = 1;  ///< Each key belongs to one of them, so the hits stay exact.
  bool ttl = false;      ///< Send the third column as real seconds. False: entries live on.
  bool keep = false;     ///< Leave the entries in the store, under a prefix of this run alone.
  bool json = false;
};

/// Runs it, writes the report to `output.results`, and answers with an exit status.
int replay(const ReplayOptions& options, const Output& output);

}  // namespace larder::lab
