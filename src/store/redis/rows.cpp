#include "store/redis/rows.hpp"

#include "redis/reply_error.hpp"
#include "resp/writer.hpp"
#include "store/redis/reply.hpp"

namespace larder {

RedisScript::RedisScript(std::string source)
    : text_(std::make_shared<const Text>(std::move(source))) {}

std::string_view RedisScript::sha1() const noexcept { return text_->script.sha1(); }

}  // namespace larder

namespace larder::store {
namespace {

using WordViews = std::vector<std::string_view>;

void append_words_of(base::Buffer& out, const RedisCommand& command) {
  resp::append_command(out, WordViews(command.words.begin(), command.words.end()));
}

/// `who`: said before the server's words.
Result<Reply> result_of(const resp::Value& reply, const std::string& who) {
  if (!reply.is_error()) return reply_from(reply);
  Error refusal = redis::error_from(reply.text());
  refusal.detail.insert(0, who);
  return refusal;
}

}  // namespace

std::uint32_t CommandsRow::write(base::Buffer& out, Ways&) {
  asked_.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].answer) continue;
    append_words_of(out, *slots_[i].command);
    asked_.push_back(i);
  }
  return static_cast<std::uint32_t>(asked_.size());
}

void CommandsRow::read(std::uint32_t index, const resp::Value& reply, Ways& ways) {
  slots_[asked_[index]].answer = result_of(reply, ways.client.name() + ": ");
}

Result<Reply> CommandsRow::take(std::size_t at, const std::optional<Error>& failure) {
  if (slots_[at].answer) return *std::move(slots_[at].answer);
  return failure.value_or(Error{Errc::protocol, Effect::maybe_executed, "no reply came"});
}

std::uint32_t CommandRow::write(base::Buffer& out, Ways&) {
  append_words_of(out, command_);
  return 1;
}

void CommandRow::read(std::uint32_t, const resp::Value& reply, Ways&) {
  if (!failed(reply)) answer_ = reply_from(reply);
}

std::uint32_t TransactionRow::write(base::Buffer& out, Ways&) {
  refused_.reset();
  begun_ = false;
  resp::append_command(out, {"MULTI"});
  for (const RedisCommand& command : commands_) append_words_of(out, command);
  resp::append_command(out, {"EXEC"});
  return static_cast<std::uint32_t>(commands_.size() + 2);
}

void TransactionRow::read(std::uint32_t index, const resp::Value& reply, Ways& ways) {
  if (index == commands_.size() + 1) return read_end(reply, ways.client.name() + ": ");
  if (index == 0) begun_ = !reply.is_error();
  if (!reply.is_error() || refused_) return;
  refused_ = redis::error_from(reply.text());
  if (index == 0) {
    refused_->detail.insert(0, "no transaction: ");
  } else {
    refused_->detail.insert(
        0, "nothing was done; command " + std::to_string(index) + " of the transaction: ");
  }
}

void TransactionRow::read_end(const resp::Value& reply, const std::string& who) {
  if (refused_) {
    failure() = std::move(refused_);
    // Without a beginning its commands were no transaction: each may have run by itself.
    if (!begun_) failure()->effect = Effect::maybe_executed;
    return;
  }
  if (failed(reply)) return;
  if (!reply.is_aggregate() || reply.size() != commands_.size()) return unexpected();
  for (const resp::Value one : reply) answers_.push_back(result_of(one, who));
}

std::uint32_t ScriptRow::write(base::Buffer& out, Ways&) {
  WordViews words(keys_.begin(), keys_.end());
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  script_.append_call(out, by_hash_, keys_.size(), words);
  return 1;
}

void ScriptRow::read(std::uint32_t, const resp::Value& reply, Ways&) {
  if (by_hash_ && reply.is_error() && redis::is_unknown_script(reply.text())) {
    by_hash_ = false;
    again_ = true;
    return;
  }
  if (!failed(reply)) {
    answer_ = reply_from(reply);
  } else if (failure()->code != Errc::unauthorized && failure()->code != Errc::unsupported) {
    failure()->effect = Effect::maybe_executed;
  }
}

}  // namespace larder::store
