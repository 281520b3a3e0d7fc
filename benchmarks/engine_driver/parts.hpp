// The parts of the benchmark, as subcommands: each prints lines of JSON.
#pragma once

#include "options.hpp"

namespace larder::bench {

void measure_memory(const Options& options);
void measure_rewrites(const Options& options);
void measure_speed(const Options& options);
void measure_growing(const Options& options);
void measure_expiring(const Options& options);
void measure_flooding(const Options& options);

}  // namespace larder::bench
