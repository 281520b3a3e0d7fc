// What the URLs that Store::open takes say, as plain structs. Nothing here connects or allocates an
// engine.
//
// memory  := "memory:" [ folder ] [ "?" option ( "&" option )* ]  ; max_bytes eviction shards seed
//                                                            ; with a folder also fsync snapshot_every
// redis   := "redis://" [ [user] ":" password "@" ] host [ ":" port ] [ "/" database ]
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "node/fsync.hpp"
#include "node/node.hpp"

namespace larder::store {

struct MemoryUrl {
  node::NodeOptions node;
  std::string folder;  ///< Where a log and snapshots keep it; empty: nowhere.
  node::Fsync fsync = node::Fsync::everysec;
  base::Millis snapshot_every{60'000};
};

struct RedisUrl {
  std::string user, password;  ///< Percent-decoded. Empty: none given.
  std::string host;            ///< Without the brackets of an IPv6 address.
  std::uint16_t port = 6379;
  unsigned database = 0;
  std::string shown;  ///< The URL without user and password: for messages.
};

/// Errors of all three: `bad_url`; the detail names the part that could not be read and what is
/// known instead, and never repeats a user or a password.
Result<std::string> scheme_of(std::string_view url);
Result<MemoryUrl> read_memory_url(std::string_view url);
Result<RedisUrl> read_redis_url(std::string_view url);

}  // namespace larder::store
