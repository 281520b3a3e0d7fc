// What the URLs that Store::open takes say, as plain structs; those of servers are in redis/url.hpp. Nothing here
// connects or allocates an engine.
//
// memory  := "memory:" [ folder ] [ "?" option ( "&" option )* ]  ; max_bytes eviction shards seed
//                                                            ; with a folder also fsync snapshot_every snapshot_compression
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "node/fsync.hpp"
#include "node/node.hpp"
#include "node/packer.hpp"

namespace larder::store {

struct MemoryUrl {
  node::NodeOptions node;
  std::string folder;  ///< Where a log and snapshots keep it; empty: nowhere.
  node::Fsync fsync = node::Fsync::everysec;
  base::Millis snapshot_every{60'000};
  node::Compression snapshot_compression = node::Compression::none;
};

/// Errors of both: `bad_url`; the detail names the part that could not be read and what is known instead, and never
/// repeats a user or a password.
Result<std::string> scheme_of(std::string_view url);
Result<MemoryUrl> read_memory_url(std::string_view url);

Error bad_url(std::string detail);
/// The URL as far as it can be repeated in a message: what may hold a password is left out.
std::string without_secret(std::string_view url);

}  // namespace larder::store
