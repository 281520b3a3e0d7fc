// What larder serve does with a command, as Lua for a server that has none of its own.
//
// Every script answers as the native command does. Its keys are those of one slot: a name and its side key. All of it is
// one atomic step, by the server's clock.
#pragma once

#include <string_view>

#include "redis/script.hpp"

namespace larder::store {

// The greatest of one more than the last token and of now, in microseconds, as text that is exact.
inline constexpr std::string_view kGrowingNumber = R"(local function grow(key, life)
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

const redis::Script& compare_and_set_script();  ///< key; expected, value, words of SET
const redis::Script& lease_script();            ///< key, lease; ttl
const redis::Script& fill_script();             ///< key, lease; token, value, words of SET
const redis::Script& lock_script();             ///< key, fence; owner, ttl, life of the fence
const redis::Script& extend_script();           ///< key; owner, ttl
const redis::Script& unlock_script();           ///< key; owner, channel
const redis::Script&
fenced_set_script();  ///< key, fence; token, value, life of the fence, words of SET
const redis::Script&
limit_script();  ///< keys; 1 to take, of each max, window, count, algorithm, capacity
const redis::Script& add_once_script();  ///< key, what remembers; delta, life of that, ttl if new
const redis::Script&
share_script();  ///< key, fence; owner, ttl, weight, capacity, life of the fence
const redis::Script& reshare_script();      ///< key; owner, ttl
const redis::Script& unshare_script();      ///< key; owner, channel
const redis::Script& generations_script();  ///< side keys; life
const redis::Script& bump_script();         ///< side key; life

}  // namespace larder::store
