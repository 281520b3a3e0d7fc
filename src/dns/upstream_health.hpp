// UpstreamHealth: which upstream to ask next, by what they did lately. Time is handed in.
//
// The fastest of those that are up, by a smoothed round trip (RFC 6298's eighth); now and then another one, so that its time stays
// known. One that kept silent several times in a row is down: it gets single questions at growing distances until it answers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace larder::dns {

/// Threads  Of one thread.
class UpstreamHealth {
 public:
  UpstreamHealth(std::size_t count, base::Millis patience_max);

  /// One that is not in `tried`, if there is such a one; else any. `luck`: random bits.
  std::size_t pick(const std::vector<bool>& tried, base::Instant now, std::uint64_t luck);
  /// How long to wait for it before another attempt.
  base::Millis patience(std::size_t i) const noexcept;

  void answered(std::size_t i, base::Nanos round_trip);
  void silent(std::size_t i, base::Instant now);

  bool is_up(std::size_t i) const noexcept { return upstreams_[i].silences < kSilencesToDown; }
  bool is_any_up() const noexcept;

  static constexpr unsigned kSilencesToDown = 3;

 private:
  struct Upstream {
    base::Nanos round_trip{0};  ///< 0: not known yet.
    unsigned silences = 0;
    base::Instant retry{};  ///< When one that is down gets its next question.
    base::Nanos pause{0};
  };
  const base::Millis patience_max_;
  std::vector<Upstream> upstreams_;
};

}  // namespace larder::dns
