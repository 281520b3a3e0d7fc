#include "store/redis_step_wire.hpp"

#include <algorithm>
#include <string>

#include "base/limits.hpp"
#include "base/side_key.hpp"
#include "resp/writer.hpp"
#include "store/redis_scripts.hpp"
#include "store/set_words.hpp"

namespace larder::store {
namespace {

namespace limits = base::limits;
using resp::Value;

std::string text_of(Millis time) { return std::to_string(time.count()); }

Millis millis_of(const Value& reply) { return Millis{std::max<std::int64_t>(reply.integer(), 0)}; }

std::uint64_t token_of(const Value& reply) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(reply.integer(), 0));
}

}  // namespace

template <class Op>
std::uint32_t StepRow<Op>::ask(base::Buffer& out, const Ask& ask, const Ways& ways) {
  native_ = ask.native;
  if (way_ == Way::unchosen) way_ = ways.knows(native_) ? Way::native : Way::script_by_hash;
  if (way_ == Way::native) {
    Words words{name_of(native_)};
    words.insert(words.end(), ask.native_words.begin(), ask.native_words.end());
    resp::append_command(out, words);
    return 1;
  }
  Words words = ask.keys;
  words.insert(words.end(), ask.arguments.begin(), ask.arguments.end());
  ask.script.append_call(out, way_ == Way::script_by_hash, ask.keys.size(), words);
  return 1;
}

std::uint32_t Wire<LeaseMiss>::write(base::Buffer& out, Ways& ways) {
  const std::string lease = base::side_key(op_.key, base::kLeaseTag);
  const std::string ttl = text_of(op_.ttl);
  return ask(out, {Native::lease, lease_script(), {op_.key, ttl}, {op_.key, lease}, {ttl}}, ways);
}

// "hit" value | "lease" token ttl | "busy" 0 left
void Wire<LeaseMiss>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() < 2) return unexpected();
  if (reply[0].text() == "hit") {
    lease_.value.emplace(reply[1].text());
  } else if (reply.size() == 3) {
    lease_.token = token_of(reply[1]);
    lease_.left = millis_of(reply[2]);
  } else {
    unexpected();
  }
}

std::uint32_t Wire<Fill>::write(base::Buffer& out, Ways& ways) {
  const std::string lease = base::side_key(op_.key, base::kLeaseTag);
  const std::string token = std::to_string(op_.token);
  const SetWords options{{.ttl = op_.ttl}};
  Ask request{Native::fill,
              fill_script(),
              {op_.key, token, op_.value},
              {op_.key, lease},
              {token, op_.value}};
  options.append_to(request.native_words);
  options.append_to(request.arguments);
  return ask(out, request, ways);
}

std::uint32_t Wire<LockAcquire>::write(base::Buffer& out, Ways& ways) {
  const std::string fence = base::side_key(op_.key, base::kFenceTag);
  const std::string ttl = text_of(op_.ttl);
  const std::string life = text_of(std::max(op_.ttl, Millis{limits::kFenceTime}));
  return ask(out,
             {Native::lock,
              lock_script(),
              {op_.key, op_.owner, ttl},
              {op_.key, fence},
              {op_.owner, ttl, life}},
             ways);
}

// token left; token 0: another has it
void Wire<LockAcquire>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != 2) return unexpected();
  grant_ = {token_of(reply[0]), millis_of(reply[1])};
}

std::uint32_t Wire<LockExtend>::write(base::Buffer& out, Ways& ways) {
  const std::string ttl = text_of(op_.ttl);
  return ask(
      out,
      {Native::extend, extend_script(), {op_.key, op_.owner, ttl}, {op_.key}, {op_.owner, ttl}},
      ways);
}

std::uint32_t Wire<LockRelease>::write(base::Buffer& out, Ways& ways) {
  return ask(out, {Native::unlock, unlock_script(), {op_.key, op_.owner}, {op_.key}, {op_.owner}},
             ways);
}

std::uint32_t Wire<FencedSet>::write(base::Buffer& out, Ways& ways) {
  const std::string fence = base::side_key(op_.key, base::kFenceTag);
  const std::string token = std::to_string(op_.token);
  const std::string life = text_of(limits::kFenceTime);
  const SetWords options{op_.options};
  Ask request{Native::fenced_set,
              fenced_set_script(),
              {op_.key, token, op_.value},
              {op_.key, fence},
              {token, op_.value, life}};
  options.append_to(request.native_words);
  options.append_to(request.arguments);
  return ask(out, request, ways);
}

std::uint32_t Wire<LimitTake>::write(base::Buffer& out, Ways& ways) {
  const std::string max = std::to_string(op_.limit.max);
  const std::string window = text_of(op_.limit.window);
  const std::string count = std::to_string(op_.count);
  Ask request{Native::limit,
              limit_script(),
              {op_.key, max, window, count},
              {op_.key},
              {max, window, count, op_.peek ? "0" : "1"}};
  if (op_.peek) request.native_words.push_back("PEEK");
  return ask(out, request, ways);
}

// allowed remaining retry-after reset-after
void Wire<LimitTake>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != 4) return unexpected();
  decision_ = {reply[0].integer() == 1, static_cast<std::uint32_t>(reply[1].integer()),
               millis_of(reply[2]), millis_of(reply[3])};
}

std::uint32_t Wire<Generations>::write(base::Buffer& out, Ways& ways) {
  numbers_.clear();
  if (op_.keys.empty()) return 0;
  std::vector<std::string> names;
  names.reserve(op_.keys.size());
  for (const auto key : op_.keys) names.push_back(base::side_key(key, base::kGenerationTag));
  const std::string life = text_of(limits::kGenerationTime);
  return ask(out,
             {Native::generations,
              generations_script(),
              Words(op_.keys.begin(), op_.keys.end()),
              Words(names.begin(), names.end()),
              {life}},
             ways);
}

void Wire<Generations>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != op_.keys.size()) return unexpected();
  for (const Value number : reply) numbers_.push_back(token_of(number));
}

std::uint32_t Wire<BumpGeneration>::write(base::Buffer& out, Ways& ways) {
  const std::string name = base::side_key(op_.key, base::kGenerationTag);
  const std::string life = text_of(limits::kGenerationTime);
  return ask(out, {Native::bump, bump_script(), {op_.key}, {name}, {life}}, ways);
}

}  // namespace larder::store
