// A narrated tour: what a cache does, shown on a live store. Every line it prints comes from a real
// call.
#pragma once

#include <string>

#include "lab/output.hpp"

namespace larder::lab {

struct TourOptions {
  std::string url = "memory:";
  bool fast = false;  ///< Shorter lives and shorter waits; every wait is still a real one.
  bool json = false;  ///< One JSON object on `output.results`: promises and whether they were kept.
};

/// Plays it on `output.results`, with `json` on `output.notes`. `kFailed` if the store broke a promise; the line that did says so.
int tour(const TourOptions& options, const Output& output);

}  // namespace larder::lab
