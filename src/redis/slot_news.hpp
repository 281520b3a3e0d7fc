// SlotNews: which of two words on a slot is the newer one. Servers of a cluster learn of changes one after the other, so an
// answer may be older than what we know already, and must not replace it.
//
// An owner's claim to a slot has a config epoch, and the greater one wins (Redis Cluster specification, "Configuration
// handling"). So for each slot the epoch of the owner we believe in is kept, and what an answer says with a lesser one is old.
// MOVED names no epoch: it refutes the owner before it, and with that every claim that is no greater; and what was asked
// before it is old, whatever it says.
//
//     known X@3 ── MOVED Y ──> Y, refuted 3 ── answer X@3: old ── answer Z@4: newer ── an answer to what was asked before: old
//
// Epochs begin anew where a cluster is made anew: what as many answers in a row say as there are servers to ask is believed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "redis/slots.hpp"

namespace larder::redis {

/// Pure; threads: none of its own. Cost: 128 KiB.
class SlotNews {
 public:
  /// When a question was asked, in the order of what happened.
  using Order = std::uint64_t;

  Order ask() noexcept { return ++now_; }
  /// MOVED named another owner than the one we had.
  void moved(std::uint32_t slot);

  /// The answer to the question `asked` comes, slot by slot; `servers` is how many can be asked.
  void begin_answer(Order asked, std::size_t servers) noexcept;
  /// Is what it says of this slot to be believed? `as_known`: it names the owner that we have. Epoch 0: not told.
  bool believes(std::uint32_t slot, bool as_known, std::uint64_t epoch);
  void end_answer() noexcept { old_in_a_row_ = some_was_old_ ? old_in_a_row_ + 1 : 0; }

 private:
  struct Moved {
    Order at = 0;
    std::uint64_t refuted = 0;
  };

  std::array<std::uint64_t, kSlots> epochs_{};  ///< Of the owner we have, or had when MOVED came.
  std::unordered_map<std::uint32_t, Moved> moved_;
  Order now_ = 0;
  Order asked_ = 0;
  std::size_t old_in_a_row_ = 0;  ///< Answers with something old in them.
  bool some_was_old_ = false;
  bool believes_all_ = false;
};

}  // namespace larder::redis
