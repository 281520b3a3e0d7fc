// What the LARDER.* commands have in common. What reads an argument replies with an error where it is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "server/call.hpp"

namespace larder::server {

/// Argument `i` as a whole number from 1 to `max`; `what` names it in the error.
std::optional<std::int64_t> within(Call& call, std::size_t i, std::int64_t max,
                                   std::string_view what);
/// A life in milliseconds, at most 100 years.
std::optional<base::Millis> life(Call& call, std::size_t i);
bool owner_fits(Call& call, std::size_t i);
/// To who waits for the name, argument 1, that it was given back: whether "one" of them may have it, or "all". Call it after
/// the step.
void tell_released(Call& call, std::string_view whom);

}  // namespace larder::server
