// Where a command of larder/redis.hpp goes, found before anything is sent.
#pragma once

#include <larder/redis.hpp>

#include <span>

#include "store/redis/access.hpp"

namespace larder::store {

/// Lifetime  That of the words it was found in.
struct Aim {
  Place place;
  std::string_view key = {};  ///< That led there; empty: of this server, whatever happens.
  bool waits = false;         ///< On the server, so not on a connection that others use.
};

/// Errors: `unsupported`, `bad_argument`, `too_large`, `cross_slot`, all before anything was sent; `unreachable`.
Result<Aim> aim_of(const RedisAccess& access, const RedisCommand& command, std::string_view server);
/// The one place of all.
Result<Aim> aim_of_all(const RedisAccess& access, std::span<const RedisCommand> commands,
                       std::string_view server);
Result<Aim> aim_of_keys(const RedisAccess& access, std::span<const std::string> keys,
                        std::string_view server);

}  // namespace larder::store
