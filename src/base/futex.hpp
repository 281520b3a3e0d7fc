// Sleeping on a word: what a mutex and a condition are made of, for where both would be too much. See futex(2).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"

namespace larder::base {

/// Sleeps while `word` is `expected`, at most so long; perhaps less, for no reason.
void sleep_while(std::atomic<std::uint32_t>& word, std::uint32_t expected, Nanos at_most) noexcept;
/// Wakes one thread that sleeps on `word`, which need not be there any more: nobody sleeps then.
void wake_one(std::atomic<std::uint32_t>& word) noexcept;

}  // namespace larder::base
