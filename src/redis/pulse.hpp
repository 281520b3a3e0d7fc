// Pulse: is a server dead? So many probes missed in a row say so, and one that is answered takes it back.
#pragma once

#include <algorithm>

namespace larder::redis {

/// A pure state machine. Threads: none of its own.
class Pulse {
 public:
  explicit Pulse(unsigned dead_after) noexcept : dead_after_(std::max(1U, dead_after)) {}

  enum class Turn : unsigned char { none, died, returned };
  Turn missed() noexcept {
    if (missed_ < dead_after_ && ++missed_ == dead_after_) return Turn::died;
    return Turn::none;
  }
  Turn answered() noexcept {
    const bool was_dead = dead();
    missed_ = 0;
    return was_dead ? Turn::returned : Turn::none;
  }
  /// What had to be done before it serves again failed: it stays dead.
  void not_yet() noexcept { missed_ = dead_after_; }

  bool dead() const noexcept { return missed_ >= dead_after_; }
  unsigned missed_in_a_row() const noexcept { return missed_; }

 private:
  unsigned dead_after_;
  unsigned missed_ = 0;
};

}  // namespace larder::redis
