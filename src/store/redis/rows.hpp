// Rows of what a caller of larder/redis.hpp brings: commands, transactions, scripts. What they point at outlives them.
#pragma once

#include <larder/redis.hpp>

#include <optional>
#include <span>
#include <vector>

#include "redis/script.hpp"
#include "store/redis/wire.hpp"

namespace larder {

struct RedisScript::Text {
  explicit Text(std::string its_source) : source(std::move(its_source)), script(source) {}
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  const std::string source;
  const redis::Script script;  ///< Looks at the source.
};

}  // namespace larder

namespace larder::store {

/// Commands of one server, each with an answer of its own. Asked again, it sends those only that have none yet.
class CommandsRow final : public AnyRow {
 public:
  void add(const RedisCommand& command) { slots_.push_back({&command, std::nullopt}); }

  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways& ways) override;
  /// Of the command that was added as number `at`; `failure` where it has got no reply.
  Result<Reply> take(std::size_t at, const std::optional<Error>& failure);

 private:
  struct Slot {
    const RedisCommand* command;
    std::optional<Result<Reply>> answer;
  };
  std::vector<Slot> slots_;
  std::vector<std::size_t> asked_;  ///< In this round, in order.
};

/// One of them.
class CommandRow final : public AnyRow {
 public:
  using Answer = Reply;
  explicit CommandRow(const RedisCommand& command) : command_(command) {}

  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways& ways) override;
  Reply take() { return std::move(answer_); }

 private:
  const RedisCommand& command_;
  Reply answer_;
};

/// MULTI, the commands, EXEC.
class TransactionRow final : public AnyRow {
 public:
  using Answer = std::vector<Result<Reply>>;
  explicit TransactionRow(std::span<const RedisCommand> commands) : commands_(commands) {}

  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways& ways) override;
  Answer take() { return std::move(answers_); }

 private:
  void read_end(const resp::Value& reply, const std::string& who);

  const std::span<const RedisCommand> commands_;
  std::optional<Error>
      refused_;  ///< What kept the server from beginning, or from queueing a command.
  bool begun_ = false;
  Answer answers_;
};

/// EVALSHA, and EVAL where the server does not know the hash: then nothing was run.
class ScriptRow final : public AnyRow {
 public:
  using Answer = Reply;
  ScriptRow(const redis::Script& script, std::span<const std::string> keys,
            std::span<const std::string> arguments)
      : script_(script), keys_(keys), arguments_(arguments) {}

  std::uint32_t write(base::Buffer& out, Ways& ways) override;
  void read(std::uint32_t index, const resp::Value& reply, Ways& ways) override;
  bool again() noexcept override { return std::exchange(again_, false); }
  Reply take() { return std::move(answer_); }

 private:
  const redis::Script& script_;
  const std::span<const std::string> keys_;
  const std::span<const std::string> arguments_;
  bool by_hash_ = true;
  bool again_ = false;
  Reply answer_;
};

}  // namespace larder::store
