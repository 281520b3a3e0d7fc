// Sliding window: `max` for each window that slides along, counted in two numbers however many are taken.
//
//        previous window        current window
//   |----------------------|-----------+----------|
//            weight: the part    elapsed
//            not yet passed
//
//   used = ceil(previous * (window - elapsed) / window) + current
//
// Windows lie on the wall clock, so no state says where they begin. No window of the clock sees more than `max`. The
// previous one is taken to be spread evenly: if all of it came in its last moment, a window that begins there may see
// twice `max`, if then as many come as this lets through. What was refused is not counted. Time that runs backwards
// stands still here.
// Source: the counter form of the sliding window log, as Cloudflare described it in 2017.
//
//   state := index " " previous " " current          ; decimal; index = milliseconds since the epoch / window
#pragma once

#include <larder/grants.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::node {

struct Window {
  std::int64_t index = 0;
  std::int64_t previous = 0;
  std::int64_t current = 0;
  friend bool operator==(const Window&, const Window&) = default;
};

std::optional<Window> parse_window(std::string_view text) noexcept;
std::string to_string(const Window& window);
/// The same into memory, and without: the longest state has so many bytes.
inline constexpr std::size_t kWindowTextMax = 64;
std::string_view write_window(const Window& window, char (&text)[kWindowTextMax]) noexcept;

enum class Taking : bool { peek, take };

/// Moves the state to `wall_ms`, and takes `count` from it if the limit allows. Requires count <= limit.max, and both
/// within base/limits.hpp.
Decision decide(Window& window, const Limit& limit, std::uint32_t count, Taking taking,
                std::int64_t wall_ms) noexcept;

}  // namespace larder::node
