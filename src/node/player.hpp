// Player: applies operations from disk to a node that nobody uses yet.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/wall_bridge.hpp"
#include "engine/operation.hpp"
#include "node/load_clock.hpp"
#include "node/node.hpp"

namespace larder::node {

/// Lifetime  The clock is held from the Player's beginning to its end: deadlines that have passed are kept until then.
/// Cost      Writes that follow each other are visited together: about 300 ns each.
class Player {
 public:
  Player(Node& node, LoadClock& clock);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Applies all operations in `bytes`. Errors: `io`, what is there is no operation; `out_of_memory`.
  Result<void> play(std::string_view bytes);
  std::uint64_t operations() const noexcept { return operations_; }

 private:
  Result<void> play_writes();
  Result<void> apply(const engine::Operation& operation);
  Result<void> patch(const engine::Operation& operation);
  engine::Deadline deadline_of(const engine::Operation& operation) const;

  Node& node_;
  LoadClock& clock_;
  const base::Instant held_at_;
  const base::Millis wall_at_hold_;
  std::vector<engine::Operation> writes_;  // Of one database, one behind the other.
  std::vector<std::string_view> keys_;
  std::uint64_t operations_ = 0;
};

}  // namespace larder::node
