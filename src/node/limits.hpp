// Limits: fixed window, sliding log and token bucket, as states that are text. The fourth, the sliding window that two
// numbers count, stands in sliding_window.hpp.
//
//   fixed  := "f " index count                  ; index = milliseconds / window
//   log    := "l" (time count)+                 ; the first time in milliseconds, the others as steps from the one before
//   bucket := "b " time whole part              ; what was taken and has not flowed back: whole + part / window, at `time`
//
// Fixed window. `max` for each window of the clock; around the boundary of two, up to twice as many.
// Sliding log. Every take is kept for a window: never more than `max` in any window, wherever it begins. The state grows
//   with the takes, those of one millisecond together; `max` is at most limits::kLogLimitMax.
// Token bucket. `burst` at once, and `max` for each window flow back evenly: in any time t at most burst + max * t / window.
//   Kept as a debt that drains, which is GCRA (ITU-T I.371) without its rounding: all numbers are whole.
//
// Time that runs backwards stands still in all of them. What is denied leaves the state as it was.
#pragma once

#include <larder/error.hpp>
#include <larder/grants.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/sliding_window.hpp"

namespace larder::node {

/// As commands and scripts call them, in the order of Algorithm.
inline constexpr std::array<std::string_view, 4> kAlgorithmNames{"SLIDING", "FIXED", "LOG",
                                                                 "BUCKET"};

/// What may be taken at once: a count above it can never be allowed.
constexpr std::uint32_t capacity_of(const Limit& limit) noexcept {
  return limit.algorithm == Algorithm::token_bucket && limit.burst > 0 ? limit.burst : limit.max;
}

/// The answer, and the state as it is after it: to be kept if something was taken.
struct Outcome {
  Decision decision;
  std::string state;
};

/// Of any algorithm. `kept`: the state, or "". A state of another algorithm counts as none: a limit may change its ways.
/// None: `kept` is no limiter's state. Requires count <= capacity_of(limit), and all within base/limits.hpp.
std::optional<Outcome> decide(std::string_view kept, const Limit& limit, std::uint32_t count,
                              Taking taking, std::int64_t wall_ms);

}  // namespace larder::node
