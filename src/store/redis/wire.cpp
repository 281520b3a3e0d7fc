#include "store/redis/wire.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "base/side_key.hpp"
#include "redis/reply_error.hpp"
#include "redis/script.hpp"
#include "resp/writer.hpp"
#include "store/local/setting.hpp"
#include "store/number.hpp"
#include "store/redis/scripts.hpp"
#include "store/redis/set_words.hpp"

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

std::uint32_t write_plain(const Get& op, base::Buffer& out) {
  append_command(out, {"GET", op.key});
  return 1;
}

std::uint32_t write_plain(const Set& op, base::Buffer& out) {
  Words words{"SET", op.key, op.value};
  const SetWords options{op.options};
  options.append_to(words);
  append_words(out, words);
  return 1;
}

std::uint32_t write_plain(const Exists& op, base::Buffer& out) {
  append_command(out, {"EXISTS", op.key});
  return 1;
}

std::uint32_t write_plain(const TimeToLive& op, base::Buffer& out) {
  append_command(out, {"PTTL", op.key});
  return 1;
}

std::uint32_t write_plain(const GetMany& op, base::Buffer& out) {
  return append_batches(out, "MGET", op.keys);
}

std::uint32_t write_plain(const SetMany& op, base::Buffer& out) {
  const SetWords options{op.options};
  const bool plain =
      !op.options.ttl && !op.options.keep_ttl && op.options.condition == SetIf::always;
  const std::size_t step = plain ? kKeysOfOneCommand : 1;
  std::uint32_t commands = 0;
  Words words;
  for (auto left = op.entries; !left.empty();
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

std::uint32_t write_plain(const Scan& op, base::Buffer& out) {
  const std::string cursor = std::to_string(op.cursor);
  const std::string count = std::to_string(op.count);
  Words words{"SCAN", cursor, "COUNT", count};
  if (!op.match.empty()) words.insert(words.end(), {"MATCH", op.match});
  append_words(out, words);
  return 1;
}

std::uint32_t write_plain(const Configure& op, base::Buffer& out) {
  const Setting& setting = *find_setting(op.name);
  append_command(out, {"CONFIG", "SET", setting.redis_name, *setting.redis_value(op.value)});
  return 1;
}

std::uint32_t write_word(base::Buffer& out, std::string_view word) {
  append_command(out, {word});
  return 1;
}
std::uint32_t write_plain(const Size&, base::Buffer& out) { return write_word(out, "DBSIZE"); }
std::uint32_t write_plain(const Flush&, base::Buffer& out) { return write_word(out, "FLUSHDB"); }
std::uint32_t write_plain(const Ping&, base::Buffer& out) { return write_word(out, "PING"); }
std::uint32_t write_plain(const Info&, base::Buffer& out) { return write_word(out, "INFO"); }

// Replies that are no errors. Each answers false where it is of an unexpected kind.

bool read_plain(const Get&, std::uint32_t, const Value& reply, std::optional<Bytes>& value) {
  if (reply.is_null()) return true;
  value.emplace(reply.text());
  return reply.is_text();
}

bool read_plain(const Set&, std::uint32_t, const Value& reply, bool& written) {
  written = !reply.is_null();
  return reply.is_null() || reply.is_text();
}

bool read_plain(const Exists&, std::uint32_t, const Value& reply, bool& exists) {
  exists = reply.integer() != 0;
  return reply.type() == resp::Type::integer;
}

bool read_plain(const TimeToLive&, std::uint32_t, const Value& reply, Ttl& ttl) {
  const std::int64_t millis = reply.integer();
  ttl.state = millis == -2   ? Ttl::State::missing
              : millis == -1 ? Ttl::State::persistent
                             : Ttl::State::remaining;
  ttl.left = Millis{std::max<std::int64_t>(millis, 0)};
  return reply.type() == resp::Type::integer;
}

bool read_plain(const GetMany& op, std::uint32_t index, const Value& reply,
                std::vector<std::optional<Bytes>>& values) {
  if (index == 0) {
    values.clear();
    values.reserve(op.keys.size());
  }
  const std::size_t left = op.keys.size() - index * kKeysOfOneCommand;
  if (reply.size() != std::min(left, kKeysOfOneCommand)) return false;
  for (const Value value : reply) {
    if (value.is_null()) {
      values.emplace_back();
    } else {
      values.emplace_back(std::in_place, value.text());
    }
  }
  return true;
}

bool read_plain(const Scan&, std::uint32_t, const Value& reply, ScanPage& page) {
  if (reply.size() != 2 || !reply[1].is_aggregate()) return false;
  const auto cursor = base::parse_unsigned(reply[0].text());
  if (!cursor) return false;
  page = {*cursor, {}};
  for (const Value key : reply[1]) page.keys.emplace_back(key.text());
  return true;
}

bool read_plain(const Size&, std::uint32_t, const Value& reply, std::size_t& size) {
  size = static_cast<std::size_t>(reply.integer());
  return reply.type() == resp::Type::integer;
}

bool read_plain(const Info&, std::uint32_t, const Value& reply, std::string& words) {
  words = reply.text();
  return reply.is_null() || reply.is_text();
}

/// Those that only tell that it was done.
template <class Op>
bool read_plain(const Op&, std::uint32_t, const Value&, std::monostate&) {
  return true;
}

/// Appends the erasing of leases, then of entries; answers how many replies are about leases, and about the rest.
std::pair<std::uint32_t, std::uint32_t> append_erase(base::Buffer& out,
                                                     std::span<const std::string_view> keys,
                                                     const Ways& ways) {
  std::uint32_t leases = 0;
  if (!ways.knows(Native::lease)) {
    std::vector<std::string> names;
    names.reserve(keys.size());
    for (const auto key : keys) names.push_back(base::side_key(key, base::kLeaseTag));
    leases = append_batches(out, "UNLINK", Words(names.begin(), names.end()));
  }
  return {leases, append_batches(out, "UNLINK", keys)};
}

/// How a kind of sum is called by both kinds of server.
struct SumNames {
  Native native;
  std::string_view command;
};
SumNames names_of(const AddInteger&) { return {Native::add, "INCRBY"}; }
SumNames names_of(const AddDouble&) { return {Native::add_float, "INCRBYFLOAT"}; }
std::string words_of(std::int64_t delta) { return std::to_string(delta); }
std::string words_of(double delta) { return shortest(delta); }

}  // namespace

bool AnyRow::failed(const Value& reply) {
  if (!reply.is_error()) return false;
  if (!failure_) failure_ = redis::error_from(reply.text());
  return true;
}

void AnyRow::fail(Error why) {
  if (!failure_) failure_ = std::move(why);
}

void AnyRow::unexpected() {
  fail({Errc::protocol, Effect::maybe_executed, "a reply of an unexpected kind"});
}

std::int64_t AnyRow::integer(const Value& reply) {
  if (failed(reply)) return 0;
  if (reply.type() != resp::Type::integer) unexpected();
  return reply.integer();
}

std::optional<std::string_view> AnyRow::text(const Value& reply) {
  if (failed(reply) || reply.is_null()) return std::nullopt;
  if (!reply.is_text()) unexpected();
  return reply.text();
}

template <class Op>
std::uint32_t PlainWire<Op>::write(base::Buffer& out, Ways&) {
  return write_plain(this->op_, out);
}

template <class Op>
void PlainWire<Op>::read(std::uint32_t index, const Value& reply, Ways&) {
  if (this->failed(reply)) return;
  if (!read_plain(this->op_, index, reply, this->answer_)) this->unexpected();
}

std::uint32_t CompareAndSetWire::write(base::Buffer& out, Ways& ways) {
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

void CompareAndSetWire::read(std::uint32_t, const Value& reply, Ways& ways) {
  if (way_ == Way::native) {
    if (reply.is_error() && reply.text().starts_with("ERR syntax error")) {
      ways.set_if_equal = false;
      again_ = true;
      return;
    }
    answer_ = text(reply).has_value();
    return;
  }
  if (way_ == Way::script_by_hash && reply.is_error() && redis::is_unknown_script(reply.text())) {
    way_ = Way::script;
    again_ = true;
    return;
  }
  answer_ = integer(reply) == 1;
}

template <class Op>
std::uint32_t EraseWire<Op>::write(base::Buffer& out, Ways& ways) {
  const Op& op = this->op_;
  leases_ = 0;
  std::span<const std::string_view> keys;
  if constexpr (std::is_same_v<Op, EraseMany>) {
    keys = op.keys;
  } else {
    keys = {&op.key, 1};
  }
  if constexpr (std::is_same_v<Op, Expire>) {
    if (!op.ttl) {
      append_command(out, {"EXISTS", op.key});
      append_command(out, {"PERSIST", op.key});
      return 2;
    }
    if (*op.ttl > Millis::zero()) {
      append_command(out, {"PEXPIRE", op.key, std::to_string(op.ttl->count())});
      return 1;
    }
  }
  const auto [leases, entries] = append_erase(out, keys, ways);
  leases_ = leases;
  return leases + entries;
}

template <class Op>
void EraseWire<Op>::read(std::uint32_t index, const Value& reply, Ways&) {
  if (index >= leases_) sum_ += this->integer(reply);
  this->answer_ = static_cast<typename Op::Answer>(sum_);
}

template <class Op>
std::uint32_t SumWire<Op>::write(base::Buffer& out, Ways& ways) {
  const Op& op = this->op_;
  const SumNames names = names_of(op);
  const std::string delta = words_of(op.delta);
  // INCRBYFLOAT adds beyond what a double holds; a command of our own does not.
  const bool asked = op.ttl_if_new || std::is_same_v<Op, AddDouble>;
  native_ = asked && !refused_ && ways.knows(names.native);
  if (!op.ttl_if_new) {
    append_command(out, {native_ ? name_of(names.native) : names.command, op.key, delta});
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

template <class Op>
void SumWire<Op>::read(std::uint32_t index, const Value& reply, Ways&) {
  if (native_) return read_native(reply);
  if (!this->op_.ttl_if_new) return read_sum(reply);
  switch (index) {
    case 0:
      transaction_ = !reply.is_error();
      break;
    case 1:
      if (reply.is_error()) this->failed(reply);
      break;
    case 2:
      if (!transaction_)
        read_sum(reply);
      else if (reply.is_error())
        this->failed(reply);
      break;
    default:
      // EXECABORT only repeats that one of the two was refused; that refusal is kept already.
      if (!transaction_ || this->failed(reply)) return;
      if (reply.size() != 2) return this->unexpected();
      read_sum(reply[1]);
  }
}

template <class Op>
void SumWire<Op>::read_native(const Value& reply) {
  if (reply.is_error() && redis::is_unknown_command(reply.text())) {
    refused_ = again_ = true;
    return;
  }
  read_sum(reply);
}

template <class Op>
void SumWire<Op>::read_sum(const Value& reply) {
  if constexpr (std::is_same_v<Op, AddInteger>) {
    this->answer_ = this->integer(reply);
  } else {
    const auto sum = this->text(reply);
    if (!sum) return;
    const auto number = to_double(*sum);
    if (!number) return this->unexpected();
    if (!std::isfinite(*number))
      return this->fail({Errc::overflow, Effect::maybe_executed,
                         "the sum, which the server keeps, is beyond what a double holds"});
    this->answer_ = *number;
  }
}

template class PlainWire<Get>;
template class PlainWire<Set>;
template class PlainWire<Exists>;
template class PlainWire<TimeToLive>;
template class PlainWire<GetMany>;
template class PlainWire<SetMany>;
template class PlainWire<Scan>;
template class PlainWire<Size>;
template class PlainWire<Flush>;
template class PlainWire<Ping>;
template class PlainWire<Configure>;
template class PlainWire<Info>;
template class EraseWire<Erase>;
template class EraseWire<EraseMany>;
template class EraseWire<Expire>;
template class SumWire<AddInteger>;
template class SumWire<AddDouble>;

}  // namespace larder::store
