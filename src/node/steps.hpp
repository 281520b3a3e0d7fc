// Steps: what recipes need beyond reading and writing, each one atomic step over the entries of a name. A Store in
// process and a server's native commands call the same functions; docs/native-commands.md says what they promise.
//
// All state stands in ordinary string entries, as docs/formats/keys.md has them, so that it is logged, expires and is
// seen like any other; leases alone live beside the entries (engine/leases.hpp).
//
// Errors   `wrong_type` where an entry holds what no such step wrote; those of Entry::assign.
#pragma once

#include <larder/error.hpp>
#include <larder/grants.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "node/node.hpp"
#include "node/sliding_window.hpp"

namespace larder::node {

using base::Millis;

// --- fills: fill.cpp

/// A lease for one client to fill a miss with. Requires vacancy.
Lease lease_miss(Node& node, engine::Entry& entry, Millis life);
/// Writes `value` if `token` still holds. False: it was lost, or the key was written or erased meanwhile.
Result<bool> fill(engine::Entry& entry, std::uint64_t token, std::string_view value,
                  engine::Deadline deadline);

// --- locks and fences: fence.cpp. `fence` is the side key of `name`; both are held.

/// Takes the lock if nobody has it, or `owner` itself: then its token stays, and its time begins anew.
Result<LockGrant> acquire_lock(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                               const HashedKey& fence, std::string_view owner, Millis life);
/// False: it is not, or no longer, `owner`'s.
Result<bool> extend_lock(engine::Entry& entry, std::string_view owner, base::Instant deadline);
Result<bool> release_lock(engine::Entry& entry, std::string_view owner);
/// A token greater than all before it, remembered for `life` at least.
Result<std::uint64_t> next_fence(Node& node, Node::Held& held, unsigned db, const HashedKey& fence,
                                 Millis life);
/// Writes `value` unless a newer token has written before.
Result<bool> fenced_set(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                        const HashedKey& fence, std::uint64_t token, std::string_view value,
                        engine::Deadline deadline);

// --- shares of a name: shares.cpp. Both keys are held, as a lock's.

/// Grants `want` if it fits beside all others; to an `owner` who has a share already, that one, with its time anew.
Result<LockGrant> acquire_share(Node& node, Node::Held& held, unsigned db, const HashedKey& name,
                                const HashedKey& fence, std::string_view owner, Millis life,
                                const Share& want);
Result<bool> extend_share(Node& node, engine::Entry& entry, std::string_view owner, Millis life);
Result<bool> release_share(Node& node, engine::Entry& entry, std::string_view owner);

// --- limits: take.cpp; sliding_window.hpp and limits.hpp have the algorithms

/// Takes `count` of the limit, all or nothing; with `peek` only tells what would be.
Result<Decision> take_limit(Node& node, engine::Entry& entry, const Limit& limit,
                            std::uint32_t count, Taking taking);
/// Takes of all if all allow it, and memory has room for all, else of none. All keys are held, and none comes twice.
Result<std::vector<Decision>> take_limits(Node& node, Node::Held& held, unsigned db,
                                          std::span<const LimitAsk> asks, Taking taking);

// --- sums: once.cpp

/// Adds to the integer `key`, unless `once` says that this was done; `once` remembers it for `life`. Both are held.
/// Errors: `not_a_number`, `overflow`.
Result<Counted> add_once(Node& node, Node::Held& held, unsigned db, std::string_view key,
                         std::string_view once, std::int64_t delta, Millis life,
                         std::optional<Millis> ttl_if_new);

// --- generations: fence.cpp. `entry` is that of the side key.

/// The generation of a tag; one that nobody asked for begins now.
Result<std::uint64_t> generation(Node& node, engine::Entry& entry);
/// A greater one.
Result<std::uint64_t> bump_generation(Node& node, engine::Entry& entry);

}  // namespace larder::node
