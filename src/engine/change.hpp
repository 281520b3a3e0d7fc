// The change stream: every write, expiry and eviction of a shard, in the order in which they happened.
//
// One stream feeds all who must know: the log, snapshots, WATCH, client tracking, keyspace events, blocked clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "engine/entry.hpp"

namespace larder::engine {

struct Change {
  enum class What : std::uint8_t {
    write,     ///< value (and deadline) are new
    deadline,  ///< only the deadline changed
    erase,     ///< a client erased it
    expire,    ///< its time came
    evict,     ///< memory was needed
    flush,     ///< the whole database went; key is empty
  };
  What what;
  std::uint8_t db;
  Kind kind;
  std::string_view key;
  std::string_view value;  ///< Of a string that was written; empty otherwise.
  const Object* object;    ///< Of an out-of-line value that was written; null otherwise.
  std::optional<base::Instant> deadline;
  std::uint64_t version;
};

/// Called under the shard's lock: copy what you need, do not block, do not visit.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void changed(const Change& change) noexcept = 0;
};

}  // namespace larder::engine
