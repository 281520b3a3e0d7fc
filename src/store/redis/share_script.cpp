// node/shares.cpp and node/once.cpp in Lua.
#include <string>
#include <string_view>

#include "store/redis/scripts.hpp"

namespace larder::store {
namespace {

constexpr std::string_view kAddOnce =
    R"(local seen = redis.pcall('GET', KEYS[2])
if type(seen) == 'table' then return seen end
if seen then
  if not string.match(seen, '^%-?%d+$') then
    return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value')
  end
  return {seen, 0}
end
local new = redis.call('EXISTS', KEYS[1]) == 0
local sum = redis.pcall('INCRBY', KEYS[1], ARGV[1])
if type(sum) == 'table' then return sum end
if new and ARGV[3] then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
sum = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[2], sum, 'PX', ARGV[2])
return {sum, 1})";

// A pattern's '.' stands for every byte; an owner's are counted, so that it may be any.
constexpr std::string_view kShares =
    R"(local wrong = 'WRONGTYPE Operation against a key holding the wrong kind of value'
local held = redis.pcall('GET', KEYS[1])
if type(held) == 'table' then return held end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local shares, mine = {}, nil
if held then
  if string.sub(held, 1, 2) ~= 's ' then return redis.error_reply(wrong) end
  local at = 2
  while at <= #held do
    local token, ends, weight, bytes, from = string.match(held, '^ (%d+) (%d+) (%d+) (%d+) ()', at)
    if not token or from + bytes - 1 > #held then return redis.error_reply(wrong) end
    local share = {token, tonumber(ends), tonumber(weight), string.sub(held, from, from + bytes - 1)}
    if share[2] > now then
      shares[#shares + 1] = share
      if share[4] == ARGV[1] then mine = #shares end
    end
    at = from + bytes
  end
end
local function keep()
  if #shares == 0 then return redis.call('DEL', KEYS[1]) end
  local last, pieces = 0, {'s'}
  for _, share in ipairs(shares) do
    last = math.max(last, share[2])
    pieces[#pieces + 1] = string.format(' %s %.0f %.0f %d ', share[1], share[2], share[3], #share[4])
    pieces[#pieces + 1] = share[4]
  end
  redis.call('SET', KEYS[1], table.concat(pieces), 'PX', string.format('%.0f', last - now))
end
)";

constexpr std::string_view kShare =
    R"(local ttl, weight, capacity = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not mine then
  local used = weight
  for _, share in ipairs(shares) do used = used + share[3] end
  if used > capacity then
    table.sort(shares, function(a, b) return a[2] < b[2] end)
    for _, share in ipairs(shares) do
      used = used - share[3]
      if used <= capacity then return {0, share[2] - now} end
    end
    return {0, 0}
  end
  local token = grow(KEYS[2], ARGV[5])
  if type(token) == 'table' then return token end
  shares[#shares + 1] = {token, 0, weight, ARGV[1]}
  mine = #shares
end
shares[mine][2] = now + ttl
keep()
return {tonumber(shares[mine][1]), ttl})";

constexpr std::string_view kReshare = R"(if not mine then return 0 end
shares[mine][2] = now + ARGV[2]
keep()
return 1)";

constexpr std::string_view kUnshare = R"(if not mine then return 0 end
table.remove(shares, mine)
keep()
redis.pcall('SPUBLISH', ARGV[2], 'all')
return 1)";

std::string joined(std::string_view first, std::string_view second, std::string_view third = "") {
  return std::string(first).append(second).append(third);
}

}  // namespace

const redis::Script& add_once_script() {
  static const redis::Script script{kAddOnce};
  return script;
}
const redis::Script& share_script() {
  static const std::string source = joined(kGrowingNumber, kShares, kShare);
  static const redis::Script script{source};
  return script;
}
const redis::Script& reshare_script() {
  static const std::string source = joined(kShares, kReshare);
  static const redis::Script script{source};
  return script;
}
const redis::Script& unshare_script() {
  static const std::string source = joined(kShares, kUnshare);
  static const redis::Script script{source};
  return script;
}

}  // namespace larder::store
