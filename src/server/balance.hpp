// Balance: which thread gives work to which, and which connections go. Only arithmetic; the threads do the moving.
//
// Connections are spread when they come, by number. How much each of them asks for shows only later: once a second a
// thread that is clearly and repeatedly busier than the idlest gives away what is above the mean, but no more than the
// other lacks to it. So several may give to one at the same time, and it does not become the busiest by that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace larder::server {

/// Nanoseconds of a processor that turns of a connection cost, estimated from what they did: the two system calls of a
/// turn, its commands, its bytes. Measured times would tell of the machine's other work too.
constexpr std::uint64_t estimated_work(std::uint64_t turns, std::uint64_t commands,
                                       std::uint64_t bytes) noexcept {
  return turns * 4'000 + commands * 400 + bytes / 8;
}

/// A difference that is worth moving something for: 2 % of a processor, in nanoseconds for each millisecond.
inline constexpr std::uint64_t kWorthMoving = 20'000;
/// Connections that one thread gives away at once. Each costs its client a few microseconds.
inline constexpr std::size_t kMovesMax = 16;
/// So many times in a row must a thread be too busy: what is over in a second is not worth it.
inline constexpr unsigned kBusyInARow = 2;

struct Gift {
  std::size_t to;      ///< The thread.
  std::uint64_t work;  ///< How much, at most.
};

/// What thread `own` should give, by what each did in the last `millis`. None: nothing.
std::optional<Gift> gift_of(std::span<const std::uint64_t> work, std::size_t own,
                            std::uint64_t millis);

/// Which of these connections together come nearest to `work` without going beyond it, the busiest first; at most
/// kMovesMax. A connection that asks for more than that by itself stays: elsewhere it would be as much in the way.
std::vector<std::size_t> choose_connections(std::span<const std::uint64_t> work_of_each,
                                            std::uint64_t work);

}  // namespace larder::server
