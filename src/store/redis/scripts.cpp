#include "store/redis/scripts.hpp"

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
local token, owner
if held then
  if type(held) == 'table' then return held end
  token, owner = string.match(held, '^([1-9]%d*) (.*)$')
  if not token then return redis.error_reply(wrong) end
end
)";

constexpr std::string_view kLock = R"(if held then
  if owner ~= ARGV[1] then return {0, math.max(redis.call('PTTL', KEYS[1]), 0)} end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {tonumber(token), tonumber(ARGV[2])}
end
local last = redis.pcall('GET', KEYS[2])
if type(last) == 'table' then return last end
local t = redis.call('TIME')
token = t[1] * 1000000 + t[2]
if last then
  last = string.match(last, '^%d+$') and tonumber(last)
  if not last or last > 9007199254740992 then return redis.error_reply(wrong) end
  if token <= last then token = last + 1 end
end
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text, 'PX', ARGV[3])
redis.call('SET', KEYS[1], text .. ' ' .. ARGV[1], 'PX', ARGV[2])
return {token, tonumber(ARGV[2])})";

constexpr std::string_view kExtend = R"(if not held or owner ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2]))";

// Whoever may not publish, or cannot (before Redis 7), has given it back all the same.
constexpr std::string_view kUnlock = R"(if not held or owner ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.pcall('SPUBLISH', ARGV[2], 'one')
return 1)";

constexpr std::string_view kFencedSet = R"(local seen = redis.pcall('GET', KEYS[2])
if type(seen) == 'table' then return seen end
if seen and not string.match(seen, '^%d+$') or tonumber(seen or 0) > 9007199254740992 then
  return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
end
if tonumber(seen or 0) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 4))
return 1)";

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
  static const Joined source{kHolder, kLock};
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
const redis::Script& generations_script() {
  static const Joined source{kGrowingNumber, kGenerations};
  static const redis::Script script{source.text};
  return script;
}
const redis::Script& bump_script() {
  static const Joined source{kGrowingNumber, kBump};
  static const redis::Script script{source.text};
  return script;
}

}  // namespace larder::store
