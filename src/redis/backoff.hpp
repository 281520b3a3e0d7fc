// Backoff: how long to wait before the next attempt to connect. At once the first time, then
// longer, never for ever.
#pragma once

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace larder::redis {

/// Exponential with jitter: each wait is drawn from the upper half of its step, so that a crowd
/// that lost one server does not return as one.
class Backoff {
 public:
  struct Range {
    base::Millis first{10};
    base::Millis most{1'000};
  };

  Backoff(base::Random random, Range range) noexcept : random_(random), range_(range) {}
  explicit Backoff(base::Random random) noexcept : Backoff(random, Range{}) {}

  base::Millis next() noexcept {
    const base::Millis step =
        std::exchange(step_, std::min(std::max(step_ * 2, range_.first), range_.most));
    const auto half = static_cast<std::uint64_t>(step.count() / 2);
    return step - base::Millis{half == 0 ? 0 : static_cast<std::int64_t>(random_.below(half))};
  }

  /// After a connection that worked.
  void reset() noexcept { step_ = base::Millis::zero(); }

 private:
  base::Random random_;
  Range range_;
  base::Millis step_{0};
};

}  // namespace larder::redis
