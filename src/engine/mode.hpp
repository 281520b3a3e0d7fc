// What a visit is for.
#pragma once

#include <cstdint>

namespace larder::engine {

/// Whether a visit may change what it sees. Reads count as use for eviction and as hit or miss;
/// `peek` reads do not.
enum class Mode : std::uint8_t { read, write, peek };

}  // namespace larder::engine
