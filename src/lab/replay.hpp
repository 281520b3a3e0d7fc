// Trace replay: recorded or made-up requests sent through a cache as read-through traffic, and what
// came of them.
//
// Every request is a get; a miss "loads" the object (makes a value of the stated size) and sets it.
// With a cache that nothing leaves, hits are requests minus distinct keys, exactly: the report says
// whether that held.
#pragma once

#include <string>

#include "lab/output.hpp"
#include "lab/replay_source.hpp"

namespace larder::lab {

struct ReplayOptions {
  SourceOptions source = {};
  std::string url = "memory:";
  unsigned threads = 1;  ///< Each key belongs to one of them, so the hits stay exact.
  bool ttl = false;      ///< Send the third column as real seconds. False: entries live on.
  bool keep = false;     ///< Leave the entries in the store, under a prefix of this run alone.
  bool json = false;
};

/// Runs it, writes the report to `output.results`, and answers with an exit status.
int replay(const ReplayOptions& options, const Output& output);

}  // namespace larder::lab
