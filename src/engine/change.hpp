// The change stream: every write, expiry and eviction of a shard, in the order in which they
// happened.
//
// One stream feeds all who must know: the log, snapshots, WATCH, client tracking, keyspace events,
// blocked clients. Changes come one by one under their shard's lock; `committed` closes an atomic
// step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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
    swap,      ///< two databases exchanged their names; key is empty. Each shard tells of it
  };
  What what;
  std::uint8_t db;
  Kind kind;
  std::uint32_t shard;
  std::string_view key;
  std::string_view value;  ///< Of a string that was written; empty otherwise.
  /// What of `value` is new: so many bytes from so far on; the rest is as it was. 0 bytes: all of it.
  struct Part {
    std::size_t offset = 0;
    std::size_t bytes = 0;
  };
  Part part;
  const Object* object;  ///< Of an out-of-line value that was written; null otherwise.
  std::optional<base::Instant> deadline;
  std::uint64_t version;      ///< 0 when the entry is gone.
  std::uint8_t other_db = 0;  ///< Of a swap.
};

/// Called under the shard's lock, on whichever thread has it: copy what you need, do not block, do
/// not visit. Calls for different shards run at the same time; what a sink keeps for each shard is
/// guarded by that shard's lock.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void changed(const Change& change) noexcept = 0;
  /// All changes of these shards since their last commit were one atomic step: a visit, a sweep, or
  /// everything under one Held (a transaction). Called while all of the shards' locks are still
  /// held; never without a change before.
  virtual void committed(std::span<const std::uint32_t> shards) noexcept { (void)shards; }
};

}  // namespace larder::engine
