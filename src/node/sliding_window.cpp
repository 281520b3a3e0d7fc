#include "node/sliding_window.hpp"

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"

namespace larder::node {
namespace {

/// A place in time as one limit sees it.
struct Place {
  std::int64_t index;
  std::int64_t elapsed;
};

std::int64_t ceil_of(std::int64_t whole, std::int64_t part, std::int64_t parts) noexcept {
  if (whole == 0) return 0;
  return (whole * part + parts - 1) / parts;
}

Place roll(Window& window, std::int64_t length, std::int64_t wall_ms) noexcept {
  const Place now{wall_ms / length, wall_ms % length};
  if (now.index < window.index) return {window.index, 0};
  if (now.index > window.index)
    window = {now.index, now.index == window.index + 1 ? window.current : 0, 0};
  return now;
}

/// How long until `count` more fit. In this window they fit once enough of the previous has passed; else in the next,
/// of which the current is then the previous.
std::int64_t wait_for(const Window& window, const Limit& limit, std::int64_t count,
                      std::int64_t elapsed) noexcept {
  const std::int64_t length = limit.window.count();
  const std::int64_t room = limit.max - count - window.current;
  if (room >= 0) {
    if (window.previous <= room) return 0;
    return std::max<std::int64_t>(length - room * length / window.previous - elapsed, 0);
  }
  const std::int64_t after = limit.max - count;
  return length - elapsed + length - after * length / window.current;
}

std::int64_t reset_after(const Window& window, std::int64_t length, std::int64_t elapsed) noexcept {
  if (window.current > 0) return 2 * length - elapsed;
  return window.previous > 0 ? length - elapsed : 0;
}

}  // namespace

std::optional<Window> parse_window(std::string_view text) noexcept {
  std::array<std::int64_t, 3> parts{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && (at == text.size() || text[at++] != ' ')) return std::nullopt;
    std::uint64_t number = 0;
    const std::size_t digits = base::take_digits(text, at, number);
    if (digits == 0 || digits > base::kDigitsMax) return std::nullopt;
    if (digits > 1 && text[at] == '0') return std::nullopt;
    parts[i] = static_cast<std::int64_t>(number);
    at += digits;
  }
  // A stranger's numbers must not overflow what is computed with them.
  constexpr std::int64_t kMax = base::limits::kLimitMax;
  if (at != text.size() || parts[1] > kMax || parts[2] > kMax) return std::nullopt;
  return Window{parts[0], parts[1], parts[2]};
}

std::string_view write_window(const Window& window, char (&text)[kWindowTextMax]) noexcept {
  static_assert(3 * (base::kIntegerTextMax + 1) <= kWindowTextMax);
  char* end = base::write_integer(text, window.index);
  *end++ = ' ';
  end = base::write_integer(end, window.previous);
  *end++ = ' ';
  end = base::write_integer(end, window.current);
  return {text, static_cast<std::size_t>(end - text)};
}

std::string to_string(const Window& window) {
  char text[kWindowTextMax];
  return std::string(write_window(window, text));
}

Decision decide(Window& window, const Limit& limit, std::uint32_t count, Taking taking,
                std::int64_t wall_ms) noexcept {
  const std::int64_t length = limit.window.count();
  const Place now = roll(window, length, wall_ms);
  std::int64_t used = ceil_of(window.previous, length - now.elapsed, length) + window.current;
  Decision decision;
  decision.allowed = used + count <= limit.max;
  if (!decision.allowed)
    decision.retry_after = base::Millis{wait_for(window, limit, count, now.elapsed)};
  if (decision.allowed && taking == Taking::take) {
    window.current += count;
    used += count;
  }
  decision.remaining = static_cast<std::uint32_t>(std::max<std::int64_t>(limit.max - used, 0));
  decision.reset_after = base::Millis{reset_after(window, length, now.elapsed)};
  return decision;
}

}  // namespace larder::node
