// What `larder top` shows: two looks at INFO, and what went on between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apps/report.hpp"
#include "base/clock.hpp"

namespace larder::apps {

/// One look. Over several servers, whose INFO stands one behind the other: the sum of all.
struct TopLook {
  base::Instant at{};
  std::uint64_t commands = 0, hits = 0, misses = 0, evicted = 0, expired = 0;  ///< Since the start.
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t memory_bytes = 0, memory_bytes_max = 0, keys = 0, clients = 0;
};
TopLook top_look(std::string_view info, base::Instant at);

/// What happened in a second between two looks. Counters that fell (a restart, CONFIG RESETSTAT) count from 0.
struct TopRates {
  double commands = 0, evicted = 0, expired = 0, bytes_in = 0, bytes_out = 0;
  double hit_ratio = -1;  ///< 0 to 1; below 0: nothing was looked up.
};
TopRates top_rates(const TopLook& before, const TopLook& now);

std::string top_header();
std::string top_line(const TopRates& rates, const TopLook& now);
Json top_json(const TopRates& rates, const TopLook& now);

}  // namespace larder::apps
