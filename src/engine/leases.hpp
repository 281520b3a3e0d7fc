// Leases: who may fill which vacancy of a table. A token and a deadline for each, until it was used, a client wrote or
// erased the entry, or its time is over.
//
// They live beside the entries, not among them: whoever writes or erases ends them, by whatever command, and memory
// pressure cannot. What is lost with the process is only that a fill under way is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/clock.hpp"

namespace larder::engine {

class Leases {
 public:
  struct Grant {
    std::uint64_t token = 0;  ///< 0: somebody else has one.
    base::Nanos left{0};      ///< What is left of it, whoever has it.
  };

  /// One at a time for each entry. `entry` is what tells entries apart, `token` not 0.
  Grant grant(std::uint64_t entry, std::uint64_t token, base::Nanos life, base::Instant now);
  /// Ends the lease. True: it was this one, and its time was not over.
  bool take(std::uint64_t entry, std::uint64_t token, base::Instant now) noexcept;
  void end(std::uint64_t entry) noexcept { leases_.erase(entry); }
  void end_all() noexcept { leases_.clear(); }
  bool empty() const noexcept { return leases_.empty(); }
  std::size_t size() const noexcept { return leases_.size(); }

 private:
  struct Kept {
    std::uint64_t token;
    base::Instant deadline;
  };
  void make_room(base::Instant now);

  std::unordered_map<std::uint64_t, Kept> leases_;  // Keys are keyed hashes already.
  std::size_t tidy_at_ = 64;                        // So many: those whose time is over go first.
};

}  // namespace larder::engine
