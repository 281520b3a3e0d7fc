// Breaker: spares callers the wait for a server that lets every call run into its deadline.
//
//     closed ──so many failed calls in a row──> open ──a reply, or a new connection──> closed
//                                                └─ one call in a while is let through, to find out
#pragma once

#include "base/clock.hpp"

namespace larder::redis {

/// A pure state machine. Threads: none of its own.
class Breaker {
 public:
  struct Bounds {
    unsigned failures = 5;
    base::Millis every{500};  ///< Open, one call in this time is let through.
  };

  Breaker() noexcept : Breaker(Bounds{}) {}
  explicit Breaker(Bounds bounds) noexcept : bounds_(bounds) {}

  /// May a call go? Counts the one that finds out.
  bool allows(base::Instant now) noexcept {
    if (failed_ < bounds_.failures) [[likely]]
      return true;
    if (now < next_) return false;
    next_ = now + bounds_.every;
    return true;
  }
  /// A call ran into its deadline.
  void failed(base::Instant now) noexcept {
    if (++failed_ == bounds_.failures) next_ = now + bounds_.every;
  }
  void worked() noexcept { failed_ = 0; }
  bool open() const noexcept { return failed_ >= bounds_.failures; }

 private:
  Bounds bounds_;
  unsigned failed_ = 0;
  base::Instant next_{};
};

}  // namespace larder::redis
