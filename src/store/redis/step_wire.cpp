#include "store/redis/step_wire.hpp"

#include <algorithm>
#include <string>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/side_key.hpp"
#include "node/limits.hpp"
#include "redis/reply_error.hpp"
#include "resp/writer.hpp"
#include "store/redis/scripts.hpp"
#include "store/redis/set_words.hpp"

namespace larder::store {
namespace {

namespace limits = base::limits;
using resp::Value;

std::string text_of(Millis time) { return std::to_string(time.count()); }

Millis millis_of(const Value& reply) { return Millis{std::max<std::int64_t>(reply.integer(), 0)}; }

std::uint64_t token_of(const Value& reply) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(reply.integer(), 0));
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

// Words.

std::uint32_t write_step(const LeaseMiss& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string lease = base::side_key(op.key, base::kLeaseTag);
  const std::string ttl = text_of(op.ttl);
  return way.ask(out, {Native::lease, lease_script(), {op.key, ttl}, {op.key, lease}, {ttl}}, ways);
}

std::uint32_t write_step(const Fill& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string lease = base::side_key(op.key, base::kLeaseTag);
  const std::string token = std::to_string(op.token);
  const SetWords options{{.ttl = op.ttl}};
  StepWay::Ask request{
      Native::fill, fill_script(), {op.key, token, op.value}, {op.key, lease}, {token, op.value}};
  options.append_to(request.native_words);
  options.append_to(request.arguments);
  return way.ask(out, request, ways);
}

std::uint32_t write_step(const LockAcquire& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string fence = base::side_key(op.key, base::kFenceTag);
  const std::string ttl = text_of(op.ttl);
  const std::string life = text_of(std::max(op.ttl, Millis{limits::kFenceTime}));
  return way.ask(out,
                 {Native::lock,
                  lock_script(),
                  {op.key, op.owner, ttl},
                  {op.key, fence},
                  {op.owner, ttl, life}},
                 ways);
}

std::uint32_t write_step(const LockExtend& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string ttl = text_of(op.ttl);
  return way.ask(
      out, {Native::extend, extend_script(), {op.key, op.owner, ttl}, {op.key}, {op.owner, ttl}},
      ways);
}

std::uint32_t write_step(const LockRelease& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string channel = base::side_key(op.key, base::kReleasedTag);
  return way.ask(
      out, {Native::unlock, unlock_script(), {op.key, op.owner}, {op.key}, {op.owner, channel}},
      ways);
}

std::uint32_t write_step(const FencedSet& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string fence = base::side_key(op.key, base::kFenceTag);
  const std::string token = std::to_string(op.token);
  const std::string life = text_of(limits::kFenceTime);
  const SetWords options{op.options};
  StepWay::Ask request{Native::fenced_set,
                       fenced_set_script(),
                       {op.key, token, op.value},
                       {op.key, fence},
                       {token, op.value, life}};
  options.append_to(request.native_words);
  options.append_to(request.arguments);
  return way.ask(out, request, ways);
}

std::uint32_t write_step(const LimitTake& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const LimitAsk one{op.key, op.limit, op.count};
  if (op.limit.algorithm != Algorithm::sliding_window) {
    const LimitWords words({&one, 1});
    return way.ask(out,
                   {Native::limits, limit_script(), words.native(op.peek), words.keys(),
                    words.arguments(op.peek)},
                   ways);
  }
  const LimitWords words({&one, 1});
  const auto arguments = words.arguments(op.peek);
  StepWay::Ask request{Native::limit,
                       limit_script(),
                       {op.key, arguments[1], arguments[2], arguments[3]},
                       {op.key},
                       arguments};
  if (op.peek) request.native_words.push_back("PEEK");
  return way.ask(out, request, ways);
}

std::uint32_t write_step(const LimitTakeAll& op, StepWay& way, base::Buffer& out,
                         const Ways& ways) {
  const LimitWords words(op.asks);
  return way.ask(out,
                 {Native::limits, limit_script(), words.native(op.peek), words.keys(),
                  words.arguments(op.peek)},
                 ways);
}

std::uint32_t write_step(const AddOnce& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string delta = std::to_string(op.delta), life = text_of(op.remember);
  const std::string ttl = op.ttl_if_new ? text_of(*op.ttl_if_new) : std::string();
  StepWay::Ask request{Native::add_once,
                       add_once_script(),
                       {op.key, op.once, delta, life},
                       {op.key, op.once},
                       {delta, life}};
  if (op.ttl_if_new) {
    request.native_words.push_back("PX");
    request.native_words.push_back(ttl);
    request.arguments.push_back(ttl);
  }
  return way.ask(out, request, ways);
}

std::uint32_t write_step(const ShareAcquire& op, StepWay& way, base::Buffer& out,
                         const Ways& ways) {
  const std::string fence = base::side_key(op.key, base::kFenceTag);
  const std::string ttl = text_of(op.ttl);
  const std::string weight = std::to_string(op.share.weight);
  const std::string capacity = std::to_string(op.share.capacity);
  const std::string life = text_of(std::max(op.ttl, Millis{limits::kFenceTime}));
  return way.ask(out,
                 {Native::share,
                  share_script(),
                  {op.key, op.owner, ttl, weight, capacity},
                  {op.key, fence},
                  {op.owner, ttl, weight, capacity, life}},
                 ways);
}

std::uint32_t write_step(const ShareExtend& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  const std::string ttl = text_of(op.ttl);
  return way.ask(
      out, {Native::reshare, reshare_script(), {op.key, op.owner, ttl}, {op.key}, {op.owner, ttl}},
      ways);
}

std::uint32_t write_step(const ShareRelease& op, StepWay& way, base::Buffer& out,
                         const Ways& ways) {
  const std::string channel = base::side_key(op.key, base::kReleasedTag);
  return way.ask(
      out, {Native::unshare, unshare_script(), {op.key, op.owner}, {op.key}, {op.owner, channel}},
      ways);
}

std::uint32_t write_step(const Generations& op, StepWay& way, base::Buffer& out, const Ways& ways) {
  if (op.keys.empty()) return 0;
  std::vector<std::string> names;
  names.reserve(op.keys.size());
  for (const auto key : op.keys) names.push_back(base::side_key(key, base::kGenerationTag));
  const std::string life = text_of(limits::kGenerationTime);
  return way.ask(out,
                 {Native::generations,
                  generations_script(),
                  StepWay::Words(op.keys.begin(), op.keys.end()),
                  StepWay::Words(names.begin(), names.end()),
                  {life}},
                 ways);
}

std::uint32_t write_step(const BumpGeneration& op, StepWay& way, base::Buffer& out,
                         const Ways& ways) {
  const std::string name = base::side_key(op.key, base::kGenerationTag);
  const std::string life = text_of(limits::kGenerationTime);
  return way.ask(out, {Native::bump, bump_script(), {op.key}, {name}, {life}}, ways);
}

// Replies. Each answers false where the reply is of an unexpected kind.

template <class Op>
bool read_step(const Op&, const Value& reply, bool& yes) {
  yes = reply.integer() == 1;
  return reply.type() == resp::Type::integer;
}

bool read_step(const BumpGeneration&, const Value& reply, std::uint64_t& number) {
  number = static_cast<std::uint64_t>(reply.integer());
  return reply.type() == resp::Type::integer;
}

// "hit" value | "lease" token ttl | "busy" 0 left
bool read_step(const LeaseMiss&, const Value& reply, Lease& lease) {
  if (!reply.is_aggregate() || reply.size() < 2) return false;
  if (reply[0].text() == "hit") {
    lease.value.emplace(reply[1].text());
    return true;
  }
  if (reply.size() != 3) return false;
  lease.token = token_of(reply[1]);
  lease.left = millis_of(reply[2]);
  return true;
}

// token left; token 0: another has it
template <class Op>
bool read_step(const Op&, const Value& reply, LockGrant& grant) {
  if (!reply.is_aggregate() || reply.size() != 2) return false;
  grant = {token_of(reply[0]), millis_of(reply[1])};
  return true;
}

// allowed remaining retry-after reset-after
bool read_decision(const Value& numbers, Decision& decision) {
  if (!numbers.is_aggregate() || numbers.size() != 4) return false;
  decision = {numbers[0].integer() == 1, static_cast<std::uint32_t>(numbers[1].integer()),
              millis_of(numbers[2]), millis_of(numbers[3])};
  return true;
}

// Of a script, and of any but the sliding window, it stands in an array of one.
bool read_step(const LimitTake&, const Value& reply, Decision& decision) {
  const bool nested = reply.is_aggregate() && reply.size() == 1 && reply[0].is_aggregate();
  return read_decision(nested ? reply[0] : reply, decision);
}

bool read_step(const LimitTakeAll& op, const Value& reply, std::vector<Decision>& decisions) {
  if (!reply.is_aggregate() || reply.size() != op.asks.size()) return false;
  decisions.resize(op.asks.size());
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (!read_decision(reply[i], decisions[i])) return false;
  }
  return true;
}

// sum counted; the sum of a script as text, for its numbers are doubles
bool read_step(const AddOnce&, const Value& reply, Counted& counted) {
  if (!reply.is_aggregate() || reply.size() != 2) return false;
  const auto sum =
      reply[0].is_text() ? base::parse_integer(reply[0].text()) : std::optional{reply[0].integer()};
  if (!sum) return false;
  counted = {*sum, reply[1].integer() == 1};
  return true;
}

bool read_step(const Generations& op, const Value& reply, std::vector<std::uint64_t>& numbers) {
  if (!reply.is_aggregate() || reply.size() != op.keys.size()) return false;
  numbers.clear();
  for (const Value number : reply) numbers.push_back(token_of(number));
  return true;
}

}  // namespace

std::uint32_t StepWay::ask(base::Buffer& out, const Ask& ask, const Ways& ways) {
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

bool StepWay::turns(const Value& refusal, const Ways& ways) {
  const bool unknown = redis::is_unknown_command(refusal.text());
  if (way_ == Way::native && unknown) {
    native_refused_ = true;
    way_ = Way::script_by_hash;
  } else if (way_ == Way::script_by_hash && redis::is_unknown_script(refusal.text())) {
    way_ = Way::script;
  } else if (way_ != Way::native && unknown && !native_refused_ && ways.knows(native_)) {
    way_ = Way::native;
  } else {
    return false;
  }
  return true;
}

template <class Op>
std::uint32_t StepWire<Op>::write(base::Buffer& out, Ways& ways) {
  return write_step(this->op_, way_, out, ways);
}

template <class Op>
void StepWire<Op>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (reply.is_error()) {
    again_ = way_.turns(reply, ways);
    if (!again_) this->failed(reply);
  } else if (!read_step(this->op_, reply, this->answer_)) {
    this->unexpected();
  }
}

template class StepWire<LeaseMiss>;
template class StepWire<Fill>;
template class StepWire<LockAcquire>;
template class StepWire<LockExtend>;
template class StepWire<LockRelease>;
template class StepWire<FencedSet>;
template class StepWire<LimitTake>;
template class StepWire<LimitTakeAll>;
template class StepWire<AddOnce>;
template class StepWire<ShareAcquire>;
template class StepWire<ShareExtend>;
template class StepWire<ShareRelease>;
template class StepWire<Generations>;
template class StepWire<BumpGeneration>;

}  // namespace larder::store
