#include "store/redis_wire.hpp"

#include <vector>

#include "base/numbers.hpp"
#include "base/side_key.hpp"
#include "redis/script.hpp"
#include "resp/writer.hpp"
#include "store/number.hpp"
#include "store/redis_scripts.hpp"
#include "store/set_words.hpp"
#include "store/setting.hpp"

namespace larder::store {
namespace {

using resp::append_command;
using resp::Value;

// Of a batch, how many keys one command names: about a millisecond of the server's time.
constexpr std::size_t kKeysOfOneCommand = 1'000;

void append_words(base::Buffer& out, const Words& words) { append_command(out, words); }

/// Appends `name key key …`, a bounded number of keys a command; answers how many commands that
/// took.
std::uint32_t append_batches(base::Buffer& out, std::string_view name,
                             std::span<const std::string_view> keys) {
  std::uint32_t commands = 0;
  for (; !keys.empty(); ++commands) {
    const auto batch = keys.first(std::min(keys.size(), kKeysOfOneCommand));
    Words words{name};
    words.insert(words.end(), batch.begin(), batch.end());
    append_words(out, words);
    keys = keys.subspan(batch.size());
  }
  return commands;
}

}  // namespace

std::uint32_t Wire<Get>::write(base::Buffer& out, Ways&) {
  append_command(out, {"GET", op_.key});
  return 1;
}

std::uint32_t Wire<Set>::write(base::Buffer& out, Ways&) {
  Words words{"SET", op_.key, op_.value};
  const SetWords options{op_.options};
  options.append_to(words);
  append_words(out, words);
  return 1;
}

std::uint32_t Wire<CompareAndSet>::write(base::Buffer& out, Ways& ways) {
  if (way_ == Way::native && !ways.set_if_equal) way_ = Way::script_by_hash;
  SetOptions unconditional = op_.options;
  unconditional.condition = SetIf::always;  // What equals something is present.
  const SetWords options{unconditional};
  if (way_ == Way::native) {
    Words words{"SET", op_.key, op_.value, "IFEQ", op_.expected};
    options.append_to(words);
    append_words(out, words);
  } else {
    Words words{op_.key, op_.expected, op_.value};
    options.append_to(words);
    compare_and_set_script().append_call(out, way_ == Way::script_by_hash, 1, words);
  }
  return 1;
}

void Wire<CompareAndSet>::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (way_ == Way::native) {
    if (reply.is_error() && reply.text().starts_with("ERR syntax error")) {
      ways.set_if_equal = false;
      again_ = true;
      return;
    }
    written_ = text(reply).has_value();
    return;
  }
  if (way_ == Way::script_by_hash && reply.is_error() && redis::is_unknown_script(reply.text())) {
    way_ = Way::script;
    again_ = true;
    return;
  }
  written_ = integer(reply) == 1;
}

template <class Op>
std::uint32_t EraseRow<Op>::write_erase(base::Buffer& out, std::span<const std::string_view> keys,
                                        const Ways& ways) {
  leases_ = 0;
  if (!ways.knows(Native::lease)) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const auto key : keys) names.push_back(base::side_key(key, base::kLeaseTag));
    leases_ = append_batches(out, "UNLINK", Words(names.begin(), names.end()));
  }
  return leases_ + append_batches(out, "UNLINK", keys);
}

std::uint32_t Wire<Erase>::write(base::Buffer& out, Ways& ways) {
  return write_erase(out, {&op_.key, 1}, ways);
}

std::uint32_t Wire<Exists>::write(base::Buffer& out, Ways&) {
  append_command(out, {"EXISTS", op_.key});
  return 1;
}

std::uint32_t Wire<Expire>::write(base::Buffer& out, Ways& ways) {
  if (!op_.ttl) {
    append_command(out, {"EXISTS", op_.key});
    append_command(out, {"PERSIST", op_.key});
    return 2;
  }
  if (*op_.ttl <= Millis::zero()) return write_erase(out, {&op_.key, 1}, ways);
  append_command(out, {"PEXPIRE", op_.key, std::to_string(op_.ttl->count())});
  return 1;
}

std::uint32_t Wire<TimeToLive>::write(base::Buffer& out, Ways&) {
  append_command(out, {"PTTL", op_.key});
  return 1;
}

Ttl Wire<TimeToLive>::take() const {
  if (millis_ == -2) return {Ttl::State::missing, Millis{0}};
  if (millis_ == -1) return {Ttl::State::persistent, Millis{0}};
  return {Ttl::State::remaining, Millis{millis_}};
}

template <class Op>
std::uint32_t SumRow<Op>::write_sum(base::Buffer& out, const Names& names, std::string_view delta,
                                    const Ways& ways) {
  const auto& op = this->op_;
  native_ = op.ttl_if_new && !refused_ && ways.knows(names.native);
  if (!op.ttl_if_new) {
    append_command(out, {names.command, op.key, delta});
    return 1;
  }
  const std::string ttl = std::to_string(op.ttl_if_new->count());
  if (native_) {
    append_command(out, {name_of(names.native), op.key, delta, "PX", ttl});
    return 1;
  }
  append_command(out, {"MULTI"});
  append_command(out, {"SET", op.key, "0", "NX", "PX", ttl});
  append_command(out, {names.command, op.key, delta});
  append_command(out, {"EXEC"});
  return 4;
}

std::uint32_t Wire<AddInteger>::write(base::Buffer& out, Ways& ways) {
  return write_sum(out, {Native::add, "INCRBY"}, std::to_string(op_.delta), ways);
}

std::uint32_t Wire<AddDouble>::write(base::Buffer& out, Ways& ways) {
  return write_sum(out, {Native::add_float, "INCRBYFLOAT"}, shortest(op_.delta), ways);
}

void Wire<AddDouble>::read_sum(const Value& reply) {
  const auto sum = text(reply);
  if (!sum) return;
  const auto number = to_double(*sum);
  if (!number) return unexpected();
  sum_ = *number;
}

std::uint32_t Wire<GetMany>::write(base::Buffer& out, Ways&) {
  values_.clear();
  values_.reserve(op_.keys.size());
  return append_batches(out, "MGET", op_.keys);
}

void Wire<GetMany>::read(std::uint32_t index, const Value& reply, Ways&) {
  if (failed(reply)) return;
  const std::size_t left = op_.keys.size() - index * kKeysOfOneCommand;
  if (reply.size() != std::min(left, kKeysOfOneCommand)) return unexpected();
  for (const Value value : reply) {
    if (value.is_null()) {
      values_.emplace_back();
    } else {
      values_.emplace_back(std::in_place, value.text());
    }
  }
}

std::uint32_t Wire<SetMany>::write(base::Buffer& out, Ways&) {
  const SetWords options{op_.options};
  const bool plain =
      !op_.options.ttl && !op_.options.keep_ttl && op_.options.condition == SetIf::always;
  const std::size_t step = plain ? kKeysOfOneCommand : 1;
  std::uint32_t commands = 0;
  Words words;
  for (auto left = op_.entries; !left.empty();
       left = left.subspan(std::min(step, left.size())), ++commands) {
    words.assign(1, plain ? "MSET" : "SET");
    for (const auto& [key, value] : left.first(std::min(step, left.size()))) {
      words.insert(words.end(), {key, value});
    }
    if (!plain) options.append_to(words);
    append_words(out, words);
  }
  return commands;
}

std::uint32_t Wire<EraseMany>::write(base::Buffer& out, Ways& ways) {
  return write_erase(out, op_.keys, ways);
}

std::uint32_t Wire<Scan>::write(base::Buffer& out, Ways&) {
  const std::string cursor = std::to_string(op_.cursor);
  const std::string count = std::to_string(op_.count);
  Words words{"SCAN", cursor, "COUNT", count};
  if (!op_.match.empty()) words.insert(words.end(), {"MATCH", op_.match});
  append_words(out, words);
  return 1;
}

void Wire<Scan>::read(std::uint32_t, const Value& reply, Ways&) {
  if (failed(reply)) return;
  if (reply.size() != 2 || !reply[1].is_aggregate()) return unexpected();
  const auto cursor = base::parse_unsigned(reply[0].text());
  if (!cursor) return unexpected();
  page_ = {*cursor, {}};
  for (const Value key : reply[1]) page_.keys.emplace_back(key.text());
}

std::uint32_t Wire<Size>::write(base::Buffer& out, Ways&) {
  append_command(out, {"DBSIZE"});
  return 1;
}

std::uint32_t Wire<Flush>::write(base::Buffer& out, Ways&) {
  append_command(out, {"FLUSHDB"});
  return 1;
}

std::uint32_t Wire<Ping>::write(base::Buffer& out, Ways&) {
  append_command(out, {"PING"});
  return 1;
}

std::uint32_t Wire<Configure>::write(base::Buffer& out, Ways&) {
  const Setting& setting = *find_setting(op_.name);
  append_command(out, {"CONFIG", "SET", setting.redis_name, *setting.redis_value(op_.value)});
  return 1;
}

std::uint32_t Wire<Info>::write(base::Buffer& out, Ways&) {
  append_command(out, {"INFO"});
  return 1;
}

}  // namespace larder::store
