// From the times that clients give to deadlines: relative or absolute, seconds or milliseconds,
// each checked for range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace larder::server {

class Call;

enum class TimeForm : std::uint8_t { seconds, millis, at_seconds, at_millis };

/// The instant that `amount` means; none when it does not fit (Redis: "invalid expire time").
///
/// A year-300-million deadline is legal in Redis; in nanoseconds it would not fit, so it becomes
/// the last instant.
std::optional<base::Instant> deadline_of(Call& call, std::int64_t amount, TimeForm form);

/// The deadline that argument `i` gives. Replies with an error and says none when it is no time to
/// come.
std::optional<base::Instant> positive_deadline(Call& call, std::size_t i, TimeForm form);
/// The same of a number of milliseconds from now.
inline std::optional<base::Instant> life_from_now(Call& call, std::size_t i) {
  return positive_deadline(call, i, TimeForm::millis);
}

}  // namespace larder::server
