// What the blocking and the coroutine core say and count alike.
#pragma once

#include <larder/cache_options.hpp>
#include <larder/store.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

#include "cache/flight_table.hpp"
#include "cache/tally.hpp"

namespace larder::cache {

/// How long a writer waits for a fill that is on its way to the store when its call names no
/// deadline: longer than a store takes to give up by its own default.
inline constexpr Millis kFillPatience{5'000};
/// Waits are bounded so that no clock arithmetic can overflow.
inline constexpr Millis kWaitMax = std::chrono::hours{24 * 365};
inline Millis patience(Millis deadline) noexcept {
  return deadline > Millis::zero() ? std::min(deadline, kWaitMax) : kFillPatience;
}
inline Millis bounded(Millis wait) noexcept { return std::clamp(wait, Millis::zero(), kWaitMax); }

Error empty_key();
Error nothing_found(std::string_view full_key);
Error fill_still_there(std::string_view full_key);
Error waited_too_long(std::string_view full_key, Millis wait);
Error loads_itself(std::string_view full_key);
Error too_many_wait(std::string_view full_key);
Error gave_up(std::string_view full_key);

Error other_type(std::string_view full_key);
Error negative_ttl(std::string_view full_key);
Error guard_of_no_lock(std::string_view full_key);

/// The exception that is being handled, as the error of a load.
Error loader_failed(std::string_view full_key, std::exception_ptr thrown);

/// True for what the caller did wrong rather than the store: no reason to load.
bool is_callers(const Error& error) noexcept;

inline void count_read(Tally& tally, const Result<std::optional<Bytes>>& stored) noexcept {
  if (!stored) return tally.store_read_errors.add();
  (*stored ? tally.hits : tally.misses).add();
}
void count_reads(Tally& tally, const Result<std::vector<std::optional<Bytes>>>& stored) noexcept;

/// The error of a role that neither leads nor gets a value; none for the others.
std::optional<Error> role_error(Joined::Role role, std::string_view full_key);

Outcome outcome_of(Result<std::optional<std::string>> loaded);

}  // namespace larder::cache
