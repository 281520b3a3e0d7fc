// Leases and guarded fills: of all who miss a key, one loads it, and what was written or erased meanwhile wins.
#include "node/steps.hpp"
#include "node/wrong_kind.hpp"

namespace larder::node {

Lease lease_miss(Node& node, engine::Entry& entry, Millis life) {
  const auto grant = entry.lease(node.next_token(), life);
  return {std::nullopt, grant.token, std::chrono::ceil<Millis>(grant.left)};
}

Result<bool> fill(engine::Entry& entry, std::uint64_t token, std::string_view value,
                  engine::Deadline deadline) {
  // Used up in any case. Whoever wrote has ended it, so an entry that is there was not overlooked.
  if (!entry.take_lease(token) || entry.exists()) return false;
  if (auto done = entry.assign(value, deadline); !done) return done.error();
  return true;
}

}  // namespace larder::node
