#include "store/redis_step_wire.hpp"

#include <algorithm>
#include <string>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/side_key.hpp"
#include "node/limits.hpp"
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

Decision decision_of(const Value& numbers) {
  return {numbers[0].integer() == 1, static_cast<std::uint32_t>(numbers[1].integer()),
          millis_of(numbers[2]), millis_of(numbers[3])};
}

/// Limits in words: max window count algorithm burst for each.
class LimitWords {
 public:
  explicit LimitWords(std::span<const LimitAsk> asks) : asks_(asks) {
    numbers_.reserve(asks.size() * 4);  // What stands in it is pointed at.
    for (const auto& [key, limit, count] : asks) {
      numbers_.push_back(std::to_string(limit.max));
      numbers_.push_back(text_of(limit.window));
      numbers_.push_back(std::to_string(count));
      numbers_.push_back(std::to_string(node::capacity_of(limit)));
    }
  }
  using Words = std::vector<std::string_view>;

  Words native(bool peek) const {
    Words words{peek ? "PEEK" : "TAKE"};
    for (std::size_t i = 0; i < asks_.size(); ++i) {
      words.push_back(asks_[i].key);
      append_limit(words, i);
    }
    return words;
  }
  Words keys() const {
    Words words;
    for (const LimitAsk& ask : asks_) words.push_back(ask.key);
    return words;
  }
  Words arguments(bool peek) const {
    Words words{peek ? "0" : "1"};
    for (std::size_t i = 0; i < asks_.size(); ++i) append_limit(words, i);
    return words;
  }

 private:
  void append_limit(Words& words, std::size_t i) const {
    for (std::size_t n = 0; n < 3; ++n) words.push_back(numbers_[4 * i + n]);
    words.push_back(node::kAlgorithmNames[static_cast<std::size_t>(asks_[i].limit.algorithm)]);
    words.push_back(numbers_[4 * i + 3]);
  }

  std::span<const LimitAsk> asks_;
  std::vector<std::string> numbers_;
};

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

// allowed remaining retry-after reset-after; of a script, and of any but the sliding window, once more in an array
void Wire<LimitTake>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  const bool nested = reply.is_aggregate() && reply.size() == 1 && reply[0].is_aggregate();
  const Value numbers = nested ? reply[0] : reply;
  if (!numbers.is_aggregate() || numbers.size() != 4) return unexpected();
  decision_ = decision_of(numbers);
}

std::uint32_t Wire<LimitTake>::write(base::Buffer& out, Ways& ways) {
  const LimitAsk one{op_.key, op_.limit, op_.count};
  if (op_.limit.algorithm != Algorithm::sliding_window) {
    const LimitWords words({&one, 1});
    return ask(out,
               {Native::limits, limit_script(), words.native(op_.peek), words.keys(),
                words.arguments(op_.peek)},
               ways);
  }
  const LimitWords words({&one, 1});
  const auto arguments = words.arguments(op_.peek);
  Ask request{Native::limit,
              limit_script(),
              {op_.key, arguments[1], arguments[2], arguments[3]},
              {op_.key},
              arguments};
  if (op_.peek) request.native_words.push_back("PEEK");
  return ask(out, request, ways);
}

std::uint32_t Wire<LimitTakeAll>::write(base::Buffer& out, Ways& ways) {
  decisions_.clear();
  const LimitWords words(op_.asks);
  return ask(out,
             {Native::limits, limit_script(), words.native(op_.peek), words.keys(),
              words.arguments(op_.peek)},
             ways);
}

void Wire<LimitTakeAll>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != op_.asks.size()) return unexpected();
  for (const Value numbers : reply) {
    if (!numbers.is_aggregate() || numbers.size() != 4) return unexpected();
    decisions_.push_back(decision_of(numbers));
  }
}

std::uint32_t Wire<AddOnce>::write(base::Buffer& out, Ways& ways) {
  const std::string delta = std::to_string(op_.delta), life = text_of(op_.remember);
  const std::string ttl = op_.ttl_if_new ? text_of(*op_.ttl_if_new) : std::string();
  Ask request{Native::add_once,
              add_once_script(),
              {op_.key, op_.once, delta, life},
              {op_.key, op_.once},
              {delta, life}};
  if (op_.ttl_if_new) {
    request.native_words.push_back("PX");
    request.native_words.push_back(ttl);
    request.arguments.push_back(ttl);
  }
  return ask(out, request, ways);
}

// sum counted; the sum of a script as text, for its numbers are doubles
void Wire<AddOnce>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != 2) return unexpected();
  const auto sum =
      reply[0].is_text() ? base::parse_integer(reply[0].text()) : std::optional{reply[0].integer()};
  if (!sum) return unexpected();
  counted_ = {*sum, reply[1].integer() == 1};
}

std::uint32_t Wire<ShareAcquire>::write(base::Buffer& out, Ways& ways) {
  const std::string fence = base::side_key(op_.key, base::kFenceTag);
  const std::string ttl = text_of(op_.ttl);
  const std::string weight = std::to_string(op_.share.weight);
  const std::string capacity = std::to_string(op_.share.capacity);
  const std::string life = text_of(std::max(op_.ttl, Millis{limits::kFenceTime}));
  return ask(out,
             {Native::share,
              share_script(),
              {op_.key, op_.owner, ttl, weight, capacity},
              {op_.key, fence},
              {op_.owner, ttl, weight, capacity, life}},
             ways);
}

void Wire<ShareAcquire>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (!answered(reply, ways)) return;
  if (!reply.is_aggregate() || reply.size() != 2) return unexpected();
  grant_ = {token_of(reply[0]), millis_of(reply[1])};
}

std::uint32_t Wire<ShareExtend>::write(base::Buffer& out, Ways& ways) {
  const std::string ttl = text_of(op_.ttl);
  return ask(
      out,
      {Native::reshare, reshare_script(), {op_.key, op_.owner, ttl}, {op_.key}, {op_.owner, ttl}},
      ways);
}

std::uint32_t Wire<ShareRelease>::write(base::Buffer& out, Ways& ways) {
  return ask(out, {Native::unshare, unshare_script(), {op_.key, op_.owner}, {op_.key}, {op_.owner}},
             ways);
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
