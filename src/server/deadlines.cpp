#include "server/deadlines.hpp"

#include <limits>
#include <string>

#include "server/call.hpp"

namespace larder::server {
namespace {

/// Some 292 years ahead. One less than the greatest, which engines read as "never".
constexpr std::int64_t kMillisMax = std::numeric_limits<std::int64_t>::max() - 1;
constexpr std::int64_t kMillisMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kNanosPerMilli = 1'000'000;

bool in_seconds(TimeForm form) { return form == TimeForm::seconds || form == TimeForm::at_seconds; }
bool is_absolute(TimeForm form) {
  return form == TimeForm::at_seconds || form == TimeForm::at_millis;
}

/// `from` moved by milliseconds, held within what an Instant can say.
base::Instant moved(base::Instant from, std::int64_t millis) {
  const std::int64_t at = from.time_since_epoch().count();
  std::int64_t nanos = 0;
  std::int64_t sum = 0;
  if (__builtin_mul_overflow(millis, kNanosPerMilli, &nanos) ||
      __builtin_add_overflow(at, nanos, &sum)) {
    sum = millis < 0 ? kMillisMin : kMillisMax;
  }
  return base::Instant{base::Nanos{sum}};
}

}  // namespace

std::optional<base::Instant> deadline_of(Call& call, std::int64_t amount, TimeForm form) {
  std::int64_t millis = amount;
  if (in_seconds(form) && __builtin_mul_overflow(amount, std::int64_t{1'000}, &millis)) return {};
  if (is_absolute(form)) {
    const std::int64_t zero = call.context.bridge.to_wall(base::Instant{}).count();
    std::int64_t distance = 0;
    if (__builtin_sub_overflow(millis, zero, &distance)) return moved({}, kMillisMin);
    return moved(base::Instant{}, distance);
  }
  // Redis refuses what does not fit when added to its wall clock; so do we.
  std::int64_t sum = 0;
  const std::int64_t wall = call.context.clock.wall().time_since_epoch().count();
  if (__builtin_add_overflow(millis, wall, &sum)) return {};
  return moved(call.now(), millis);
}

std::optional<base::Instant> positive_deadline(Call& call, std::size_t i, TimeForm form) {
  const auto amount = call.integer(i);
  if (!amount) return std::nullopt;
  const auto deadline = *amount > 0 ? deadline_of(call, *amount, form) : std::nullopt;
  if (!deadline) {
    call.fail("ERR invalid expire time in '" + std::string(call.command.name) + "' command");
  }
  return deadline;
}

}  // namespace larder::server
