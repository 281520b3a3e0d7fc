// node/sliding_window.hpp and node/limits.hpp in Lua, for one limit or many: all are looked at, then all are taken from,
// or none. A function takes time to make, so one limit alone is answered as soon as its own are there.
//
// Lua's numbers are doubles: exact below 2^53. `muldiv` is floor(a * b / c) and what is left over, in two halves, so that
// no product comes near it: requires a / 65536 * b, c * 65536 and 65536 * b below 2^53.
#include <string_view>

#include "store/redis/scripts.hpp"

namespace larder::store {
namespace {

constexpr std::string_view kLimits =
    R"(local function wrong() return redis.error_reply('WRONGTYPE Operation against a key holding the wrong kind of value') end
local t = redis.call('TIME')
local wall = t[1] * 1000 + math.floor(t[2] / 1000)
local function muldiv(a, b, c)
  local high = math.floor(a / 65536)
  local whole = math.floor(high * b / c)
  local rest = (high * b - whole * c) * 65536 + (a - high * 65536) * b
  local more = math.floor(rest / c)
  return whole * 65536 + more, rest - more * c
end
local function is_state(held)
  return string.match(held, '^[flb] ') or string.match(held, '^%d+ %d+ %d+$')
end
local function ask(i, take, way)
  local held = redis.pcall('GET', KEYS[i])
  if type(held) == 'table' then return held end
  local a = 5 * i - 3
  local allowed, left, retry, reset, state = way(
    held, tonumber(ARGV[a]), tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2]), take, tonumber(ARGV[a + 4]))
  if allowed == nil then return wrong() end
  if allowed and take then redis.call('SET', KEYS[i], state, 'PX', string.format('%.0f', reset)) end
  return {allowed and 1 or 0, left, retry, reset}
end
local function alone(way)
  local answer = ask(1, ARGV[1] == '1', way)
  return answer.err and answer or {answer}
end
local only = #KEYS == 1 and ARGV[5]

local function sliding(held, max, window, count, take)
  local index, previous, current = 0, 0, 0
  if held then
    local i, p, c = string.match(held, '^(%d+) (%d+) (%d+)$')
    if i then
      index, previous, current = tonumber(i), tonumber(p), tonumber(c)
    elseif not is_state(held) then
      return nil
    end
  end
  local place = math.floor(wall / window)
  local elapsed = wall - place * window
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
  elseif take then
    current = current + count
    used = used + count
  end
  local reset = 0
  if current > 0 then
    reset = 2 * window - elapsed
  elseif previous > 0 then
    reset = window - elapsed
  end
  return allowed, math.max(max - used, 0), retry, reset, string.format('%.0f %.0f %.0f', index, previous, current)
end

if only == 'SLIDING' then return alone(sliding) end

local function numbers(held, letter)
  local found = {}
  if not held then return found end
  if not is_state(held) then return nil end
  if string.sub(held, 1, 1) ~= letter then return found end
  local rest = string.sub(held, 2)
  if string.gsub(rest, ' %d+', '') ~= '' then return nil end
  for number in string.gmatch(rest, '%d+') do found[#found + 1] = tonumber(number) end
  return found
end


local function fixed(held, max, window, count, take)
  local kept = numbers(held, 'f')
  if not kept or #kept ~= 0 and #kept ~= 2 then return nil end
  local index, used = kept[1] or 0, kept[2] or 0
  local place = math.floor(wall / window)
  local elapsed = wall - place * window
  if place < index then elapsed = 0 end
  if place > index then index, used = place, 0 end
  local allowed, retry = used + count <= max, 0
  if not allowed then retry = window - elapsed elseif take then used = used + count end
  return allowed, math.max(max - used, 0), retry, used > 0 and window - elapsed or 0, string.format('f %.0f %.0f', index, used)
end

if only == 'FIXED' then return alone(fixed) end

local function log(held, max, window, count, take)
  local kept = numbers(held, 'l')
  if not kept or #kept % 2 ~= 0 then return nil end
  local at, times, counts, now = 0, {}, {}, wall
  for i = 1, #kept, 2 do
    at = at + kept[i]
    times[#times + 1], counts[#counts + 1] = at, kept[i + 1]
  end
  now = math.max(now, at)
  local first, used = 1, 0
  while first <= #times and times[first] + window <= now do first = first + 1 end
  for i = first, #times do used = used + counts[i] end
  local allowed, retry = used + count <= max, 0
  if not allowed then
    local over, i = used + count - max, first
    while over > counts[i] do
      over = over - counts[i]
      i = i + 1
    end
    retry = times[i] + window - now
  elseif take then
    used = used + count
    if #times >= first and times[#times] == now then
      counts[#counts] = counts[#counts] + count
    else
      times[#times + 1], counts[#counts + 1] = now, count
    end
  end
  local pieces, before = {'l'}, 0
  for i = first, #times do
    pieces[#pieces + 1] = string.format(' %.0f %.0f', times[i] - before, counts[i])
    before = times[i]
  end
  return allowed, math.max(max - used, 0), retry, #times >= first and times[#times] + window - now or 0, table.concat(pieces)
end

if only == 'LOG' then return alone(log) end

local function bucket(held, max, window, count, take, capacity)
  local kept = numbers(held, 'b')
  if not kept or #kept ~= 0 and #kept ~= 3 then return nil end
  local at, whole, part = kept[1] or 0, kept[2] or 0, math.min(kept[3] or 0, window - 1)
  local now = math.max(wall, at)
  local function time_for(taken, rest)
    local ms, left = muldiv(taken, window, max)
    return ms + math.ceil((left + rest) / max)
  end
  local elapsed = math.min(now - at, time_for(whole, part))
  local drained, drained_part = muldiv(elapsed, max, window)
  whole, part = whole - drained, part - drained_part
  if part < 0 then whole, part = whole - 1, part + window end
  if whole < 0 then whole, part = 0, 0 end
  local allowed, retry = whole + count + (part > 0 and 1 or 0) <= capacity, 0
  if not allowed then
    retry = time_for(whole + count - capacity, part)
  elseif take then
    whole = whole + count
  end
  local left = math.max(capacity - whole - (part > 0 and 1 or 0), 0)
  return allowed, left, retry, time_for(whole, part), string.format('b %.0f %.0f %.0f', now, whole, part)
end

if only == 'BUCKET' then return alone(bucket) end

local ways = {SLIDING = sliding, FIXED = fixed, LOG = log, BUCKET = bucket}
local function all(take)
  local answers, allowed = {}, true
  for i = 1, #KEYS do
    answers[i] = ask(i, take, ways[ARGV[5 * i]])
    if answers[i].err then return answers[i], false end
    allowed = allowed and answers[i][1] == 1
  end
  return answers, allowed
end
local answers, allowed = all(false)
if allowed and ARGV[1] == '1' then answers = all(true) end
return answers)";

}  // namespace

const redis::Script& limit_script() {
  static const redis::Script script{kLimits};
  return script;
}

}  // namespace larder::store
