// Which Redis we say we are.
#pragma once

#include <string_view>

namespace larder::server {

/// Clients switch features by it: redis-py caches on its side from 7.4 on.
inline constexpr std::string_view kRedisVersion = "7.4.2";

}  // namespace larder::server
