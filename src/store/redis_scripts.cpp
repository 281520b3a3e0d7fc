#include "store/redis_scripts.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace larder::store {
namespace {

constexpr std::string_view kCompareAndSet = R"(local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
if held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3))
return 1)";

constexpr std::string_view kLease = R"(local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
if held then return {'hit', held} end
local t = redis.call('TIME')
local token = string.format('%.0f', t[1] * 1000000 + t[2])
if redis.call('SET', KEYS[2], token, 'NX', 'PX', ARGV[1]) then
  return {'lease', tonumber(token), tonumber(ARGV[1])}
end
return {'busy', 0, math.max(redis.call('PTTL', KEYS[2]), 0)})";

constexpr std::string_view kFill = R"(if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3))
return 1)";

// A pattern's '.' stands for every byte, and the owner is all that follows the first space.
constexpr std::string_view kHolder =
    R"(local wrong = 'WRONGTYPE Operation against a key holding the wrong kind of value'
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
local token, owner
if held then
  token, owner = string.match(held, '^([1-9]%d*) (.*)$')
  if not token then return redis.error_reply(wrong) end
end
)";

// The greatest of one more than the last token and of now, in microseconds, as text that is exact.
constexpr std::string_view kGrow = R"(local function grow(key, life)
  local last = redis.pcall('GET', key)
  if type(last) == 'table' then return last end
  if last and not string.match(last, '^%d+$') or tonumber(last or 0) > 9007199254740992 then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
  local t = redis.call('TIME')
  local token = string.format('%.0f', math.max(tonumber(last or 0) + 1, t[1] * 1000000 + t[2]))
  redis.call('SET', key, token, 'PX', life)
  return token
end
)";

constexpr std::string_view kLock =
    R"(if held and owner ~= ARGV[1] then return {0, math.max(redis.call('PTTL', KEYS[1]), 0)} end
if held then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {tonumber(token), tonumber(ARGV[2])}
end
token = grow(KEYS[2], ARGV[3])
if type(token) == 'table' then return token end
redis.call('SET', KEYS[1], token .. ' ' .. ARGV[1], 'PX', ARGV[2])
return {tonumber(token), tonumber(ARGV[2])})";

constexpr std::string_view kExtend = R"(if not held or owner ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2]))";

constexpr std::string_view kUnlock = R"(if not held or owner ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1]))";

constexpr std::string_view kFencedSet = R"(local seen = redis.pcall('GET', KEYS[2])
if type(seen) == 'table' then return seen end
if seen and not string.match(seen, '^%d+$') or tonumber(seen or 0) > 9007199254740992 then
  return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
end
if tonumber(seen or 0) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 4))
return 1)";

// node/sliding_window.hpp in Lua, whose numbers are doubles: exact below 2^53. `muldiv` is floor(a * b / c) and what is
// left over, in two halves, so that no product comes near it: a and c below 2^27 or b and c below 2^35.
constexpr std::string_view kLimit =
    R"(local max, window, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local function muldiv(a, b, c)
  local high = math.floor(a / 65536)
  local whole = math.floor(high * b / c)
  local rest = (high * b - whole * c) * 65536 + (a - high * 65536) * b
  local more = math.floor(rest / c)
  return whole * 65536 + more, rest - more * c
end
local index, previous, current = 0, 0, 0
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
if held then
  index, previous, current = string.match(held, '^(%d+) (%d+) (%d+)$')
  if not index then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
  index, previous, current = tonumber(index), tonumber(previous), tonumber(current)
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local place = math.floor(now / window)
local elapsed = now - place * window
if place < index then
  place, elapsed = index, 0
elseif place > index then
  previous = place == index + 1 and current or 0
  index, current = place, 0
end
local weighted, rest = muldiv(previous, window - elapsed, window)
if rest > 0 then weighted = weighted + 1 end
local used = weighted + current
local allowed, retry = used + count <= max, 0
if not allowed then
  local room = max - count - current
  if room < 0 then
    retry = window - elapsed + window - muldiv(max - count, window, current)
  elseif previous > room then
    retry = math.max(window - muldiv(room, window, previous) - elapsed, 0)
  end
elseif ARGV[4] == '1' then
  current = current + count
  used = used + count
end
local reset = 0
if current > 0 then
  reset = 2 * window - elapsed
elseif previous > 0 then
  reset = window - elapsed
end
if allowed and ARGV[4] == '1' then
  redis.call('SET', KEYS[1], string.format('%.0f %.0f %.0f', index, previous, current), 'PX', string.format('%.0f', reset))
end
return {allowed and 1 or 0, math.max(max - used, 0), retry, reset})";

constexpr std::string_view kGenerations = R"(local numbers = {}
for i, key in ipairs(KEYS) do
  local number = redis.pcall('GET', key)
  if not number then
    number = grow(key, ARGV[1])
  elseif type(number) ~= 'table' then
    if not string.match(number, '^%d+$') then
      return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
    end
    local left = redis.call('PTTL', key)
    if left >= 0 and left < tonumber(ARGV[1]) / 2 then redis.call('PEXPIRE', key, ARGV[1]) end
  end
  if type(number) == 'table' then return number end
  numbers[i] = tonumber(number)
end
return numbers)";

constexpr std::string_view kBump = R"(local number = grow(KEYS[1], ARGV[1])
if type(number) == 'table' then return number end
return tonumber(number))";

/// A script of several pieces, and the text that it points into.
struct Joined {
  explicit Joined(std::initializer_list<std::string_view> pieces) {
    for (const auto piece : pieces) text.append(piece);
  }
  std::string text;
};

}  // namespace

const redis::Script& compare_and_set_script() {
  static const redis::Script script{kCompareAndSet};
  return script;
}
const redis::Script& lease_script() {
  static const redis::Script script{kLease};
  return script;
}
const redis::Script& fill_script() {
  static const redis::Script script{kFill};
  return script;
}
const redis::Script& lock_script() {
  static const Joined source{kHolder, kGrow, kLock};
  static const redis::Script script{source.text};
  return script;
}
const redis::Script& extend_script() {
  static const Joined source{kHolder, kExtend};
  static const redis::Script script{source.text};
  return script;
}
const redis::Script& unlock_script() {
  static const Joined source{kHolder, kUnlock};
  static const redis::Script script{source.text};
  return script;
}
const redis::Script& fenced_set_script() {
  static const redis::Script script{kFencedSet};
  return script;
}
const redis::Script& limit_script() {
  static const redis::Script script{kLimit};
  return script;
}
const redis::Script& generations_script() {
  static const Joined source{kGrow, kGenerations};
  static const redis::Script script{source.text};
  return script;
}
const redis::Script& bump_script() {
  static const Joined source{kGrow, kBump};
  static const redis::Script script{source.text};
  return script;
}

}  // namespace larder::store
