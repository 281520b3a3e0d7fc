// Sizes, counts and durations as people type and read them.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace larder::base {

/// "64", "100k", "512mb", "1GiB": as in redis.conf, k is 1000 and kb 1024; KiB, MiB, GiB, TiB too;
/// case does not matter. Errors: `bad_argument`, naming the text and the forms that are read.
Result<std::uint64_t> parse_size(std::string_view text);
/// "1000", "100k", "1M", "2G": powers of 1000.
Result<std::uint64_t> parse_count(std::string_view text);
/// "250ms", "10s", "5m" or "5min", "1h", "7d"; the unit is needed, except for 0.
Result<Millis> parse_duration(std::string_view text);

/// "1.5 GiB", "64 B".
std::string size_text(std::uint64_t bytes);
/// "1,234,567".
std::string count_text(std::uint64_t count);
/// "870 ns", "12.3 us", "4.56 ms", "1.20 s", "2 h 5 min".
std::string duration_text(Nanos duration);

}  // namespace larder::base
