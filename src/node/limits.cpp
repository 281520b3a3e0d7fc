#include "node/limits.hpp"

#include <algorithm>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"

namespace larder::node {
namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::int64_t kCountMax = base::limits::kLimitMax;
constexpr std::int64_t kWindowMax = base::limits::kLimitWindowMax.count();

char letter_of(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::fixed_window:
      return 'f';
    case Algorithm::sliding_log:
      return 'l';
    case Algorithm::token_bucket:
      return 'b';
    case Algorithm::sliding_window:
      break;
  }
  return '\0';
}

/// The numbers behind the letter, none of them negative. None: something else stands there.
std::optional<Numbers> numbers_of(std::string_view text) {
  Numbers numbers;
  while (!text.empty()) {
    if (text.front() != ' ') return std::nullopt;
    text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(' '));
    const auto number = base::parse_integer(word);
    if (!number || *number < 0) return std::nullopt;
    numbers.push_back(*number);
    text.remove_prefix(word.size());
  }
  return numbers;
}

bool is_state(std::string_view text) noexcept {
  return (text.size() > 2 && text[1] == ' ' &&
          (text[0] == 'f' || text[0] == 'l' || text[0] == 'b')) ||
         parse_window(text).has_value();
}

void append(std::string& state, std::int64_t number) {
  state.push_back(' ');
  base::append_integer(state, number);
}

std::int64_t ceil_of(std::int64_t whole, std::int64_t part) noexcept {
  return (whole + part - 1) / part;
}

// ---- fixed window -------------------------------------------------------------------------------------

Outcome fixed(std::int64_t index, std::int64_t used, const Limit& limit, std::uint32_t count,
              Taking taking, std::int64_t wall_ms) {
  const std::int64_t length = limit.window.count();
  const std::int64_t now = wall_ms / length;
  const std::int64_t elapsed = now < index ? 0 : wall_ms % length;
  if (now > index) index = now, used = 0;
  Outcome out;
  out.decision.allowed = used + count <= limit.max;
  if (!out.decision.allowed) out.decision.retry_after = base::Millis{length - elapsed};
  if (out.decision.allowed && taking == Taking::take) used += count;
  out.decision.remaining = static_cast<std::uint32_t>(std::max<std::int64_t>(limit.max - used, 0));
  if (used > 0) out.decision.reset_after = base::Millis{length - elapsed};
  out.state = "f";
  append(out.state, index);
  append(out.state, used);
  return out;
}

// ---- sliding log --------------------------------------------------------------------------------------

struct Taken {
  std::int64_t at;
  std::int64_t count;
};

std::optional<std::vector<Taken>> takes_of(const Numbers& numbers) {
  if (numbers.size() % 2 != 0) return std::nullopt;
  std::vector<Taken> takes;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    constexpr std::int64_t kTimeMax = std::int64_t{1} << 53;
    if (numbers[i] > kTimeMax - at || numbers[i + 1] > kCountMax) return std::nullopt;
    at += numbers[i];
    takes.push_back({at, numbers[i + 1]});
  }
  return takes;
}

Outcome logged(std::vector<Taken> takes, const Limit& limit, std::uint32_t count, Taking taking,
               std::int64_t now) {
  const std::int64_t length = limit.window.count();
  if (!takes.empty()) now = std::max(now, takes.back().at);
  std::erase_if(takes, [&](const Taken& taken) { return taken.at + length <= now; });
  std::int64_t used = 0;
  for (const Taken& taken : takes) used += taken.count;
  Outcome out;
  out.decision.allowed = used + count <= limit.max;
  if (!out.decision.allowed) {
    std::int64_t too_many = used + count - limit.max;
    auto last = takes.begin();
    while ((too_many -= last->count) > 0) ++last;
    out.decision.retry_after = base::Millis{last->at + length - now};
  } else if (taking == Taking::take) {
    used += count;
    if (!takes.empty() && takes.back().at == now)
      takes.back().count += count;
    else
      takes.push_back({now, count});
  }
  out.decision.remaining = static_cast<std::uint32_t>(std::max<std::int64_t>(limit.max - used, 0));
  if (!takes.empty()) out.decision.reset_after = base::Millis{takes.back().at + length - now};
  out.state = "l";
  std::int64_t before = 0;
  for (const Taken& taken : takes) {
    append(out.state, taken.at - before);
    append(out.state, taken.count);
    before = taken.at;
  }
  return out;
}

// ---- token bucket -------------------------------------------------------------------------------------

struct Debt {
  std::int64_t at = 0;
  std::int64_t whole = 0;
  std::int64_t part = 0;
};

Outcome bucket(Debt debt, const Limit& limit, std::uint32_t count, Taking taking,
               std::int64_t wall_ms) {
  // In units of 1/window: each taken is `length` of them, `max` drain in a millisecond. At most 1e8 * 3.2e10.
  const std::int64_t length = limit.window.count(), rate = limit.max;
  const std::int64_t capacity = capacity_of(limit);
  const std::int64_t now = std::max(wall_ms, debt.at);
  std::int64_t owed = debt.whole * length + std::min(debt.part, length - 1);
  const std::int64_t elapsed = std::min(now - debt.at, ceil_of(owed, rate));
  owed = std::max<std::int64_t>(owed - elapsed * rate, 0);
  const std::int64_t room = (capacity - count) * length;
  Outcome out;
  out.decision.allowed = owed <= room;
  if (!out.decision.allowed) {
    out.decision.retry_after = base::Millis{ceil_of(owed - room, rate)};
  } else if (taking == Taking::take) {
    owed += count * length;
  }
  const std::int64_t left = capacity * length - owed;
  out.decision.remaining = static_cast<std::uint32_t>(std::max<std::int64_t>(left, 0) / length);
  out.decision.reset_after = base::Millis{ceil_of(owed, rate)};
  out.state = "b";
  append(out.state, now);
  append(out.state, owed / length);
  append(out.state, owed % length);
  return out;
}

std::optional<Outcome> decide_sliding(std::string_view kept, const Limit& limit,
                                      std::uint32_t count, Taking taking, std::int64_t wall_ms) {
  Window window;
  if (const auto parsed = parse_window(kept))
    window = *parsed;
  else if (!kept.empty() && !is_state(kept))
    return std::nullopt;
  Outcome out;
  out.decision = decide(window, limit, count, taking, wall_ms);
  out.state = to_string(window);
  return out;
}

}  // namespace

std::optional<Outcome> decide(std::string_view kept, const Limit& limit, std::uint32_t count,
                              Taking taking, std::int64_t wall_ms) {
  if (limit.algorithm == Algorithm::sliding_window)
    return decide_sliding(kept, limit, count, taking, wall_ms);
  Numbers numbers;
  if (!kept.empty() && !is_state(kept)) return std::nullopt;
  if (kept.starts_with(letter_of(limit.algorithm))) {
    auto parsed = numbers_of(kept.substr(1));
    if (!parsed) return std::nullopt;
    numbers = *std::move(parsed);
  }
  const auto three = [&](std::size_t i) { return i < numbers.size() ? numbers[i] : 0; };
  switch (limit.algorithm) {
    case Algorithm::fixed_window:
      if (!numbers.empty() && (numbers.size() != 2 || three(1) > kCountMax)) return std::nullopt;
      return fixed(three(0), three(1), limit, count, taking, wall_ms);
    case Algorithm::sliding_log: {
      auto takes = takes_of(numbers);
      if (!takes) return std::nullopt;
      return logged(*std::move(takes), limit, count, taking, wall_ms);
    }
    case Algorithm::token_bucket:
    case Algorithm::sliding_window:
      break;
  }
  if (!numbers.empty() && (numbers.size() != 3 || three(1) > kCountMax || three(2) > kWindowMax))
    return std::nullopt;
  return bucket({three(0), three(1), three(2)}, limit, count, taking, wall_ms);
}

}  // namespace larder::node
