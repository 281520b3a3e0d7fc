// Redis' calls: each finds its server, makes a row of what was asked, and waits for the exchange.
#include <larder/redis.hpp>

#include "base/limits.hpp"
#include "store/async_answer.hpp"
#include "store/driver.hpp"
#include "store/redis_aim.hpp"
#include "store/redis_fan.hpp"
#include "store/redis_own_connections.hpp"
#include "store/redis_rows.hpp"

namespace larder {
namespace {

using store::Aim;
using store::CommandRow;
using store::CommandsRow;
using store::RedisAccess;
using store::ScriptRow;
using store::TransactionRow;

using Answers = std::vector<Result<Reply>>;

store::Nature nature_of(const RedisCall& call) { return {call.repeatable, store::Use::write}; }

/// The topology of a call that waits on the server: with connections of its own. None: the store's.
std::shared_ptr<store::Topology> own_of(const RedisAccess& access, Aim& aim,
                                        base::Instant deadline) {
  if (!aim.waits) return nullptr;
  const auto left = std::chrono::duration_cast<Millis>(deadline - access.clock.now());
  auto own =
      std::make_shared<store::OwnConnections>(access.topology, left + Millis{1'000}, access.clock);
  aim.place = own->own(std::move(aim.place));
  return own;
}

/// A thread waits.
template <class Row>
Result<typename Row::Answer> run(const RedisAccess& access, Row row, Result<Aim> aim,
                                 const RedisCall& call) {
  if (auto here = access.refuse_here()) return *std::move(here);
  if (!aim) return aim.error();
  const auto deadline = access.deadline_of(call.deadline);
  const auto own = own_of(access, *aim, deadline);
  auto failure = store::BlockingExchange{row, nature_of(call)}.run(
      {own ? own.get() : &access.topology, std::move(aim->place), aim->key, deadline});
  if (failure) return *std::move(failure);
  return row.take();
}

/// A coroutine waits.
template <class Row>
class AsyncRow final : public store::AsyncExchange {
 public:
  using Answer = typename Row::Answer;

  AsyncRow(Row row, store::Nature nature, std::shared_ptr<store::Pending<Answer>> pending,
           std::shared_ptr<store::Topology> own)
      : AsyncExchange(row_, nature, *pending),
        own_(std::move(own)),
        row_(std::move(row)),
        pending_(std::move(pending)) {}

  void tell(std::optional<Error> failure) noexcept override {
    if (failure) return pending_->answered(*std::move(failure));
    pending_->answered(row_.take());
  }

 private:
  const std::shared_ptr<store::Topology> own_;
  Row row_;
  const std::shared_ptr<store::Pending<Answer>> pending_;
};

template <class Row>
Task<Result<typename Row::Answer>> start(const RedisAccess& access, Row row, Result<Aim> aim,
                                         RedisCall call) {
  using Answer = typename Row::Answer;
  if (!aim) co_return aim.error();
  const auto deadline = access.deadline_of(call.deadline);
  const auto own = own_of(access, *aim, deadline);
  const auto begin = [&](std::shared_ptr<store::Pending<Answer>> pending) {
    std::make_shared<AsyncRow<Row>>(row, nature_of(call), std::move(pending), own)
        ->begin({own ? own.get() : &access.topology, aim->place, aim->key, deadline});
  };
  co_return co_await store::async_answer<Answer>(std::cref(begin));
}

/// Commands by the server they go to, each server asked at the same time.
class Pipeline final : public store::Fan {
 public:
  using Whole = store::Pending<Answers>;

  /// What is known of each command before anything is sent.
  struct Plan {
    std::vector<store::FanPart> parts;
    std::vector<std::optional<Error>> refusals;
  };
  static Plan plan(const RedisAccess& access, const std::vector<RedisCommand>& commands,
                   const RedisCall& call);

  Pipeline(Plan plan, const RedisAccess& access, const std::vector<RedisCommand>& commands,
           const RedisCall& call, std::shared_ptr<Whole> whole)
      : Fan(std::move(plan.parts), access.topology, nature_of(call),
            access.deadline_of(call.deadline), *whole),
        refusals_(std::move(plan.refusals)),
        rows_(parts().size()),
        whole_(std::move(whole)) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (const auto at : parts()[i].positions) rows_[i].add(commands[at]);
    }
  }

 private:
  store::AnyRow& row_of(std::size_t part) override { return rows_[part]; }
  void finish() noexcept override {
    Answers answers;
    for (const auto& refusal : refusals_)
      answers.push_back(refusal ? Result<Reply>(*refusal) : Result<Reply>(Reply{}));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto& part = parts()[i];
      for (std::size_t n = 0; n < part.positions.size(); ++n)
        answers[part.positions[n]] = rows_[i].take(n, part.failure);
    }
    whole_->answered(std::move(answers));
  }

  const std::vector<std::optional<Error>> refusals_;
  std::vector<CommandsRow> rows_;
  const std::shared_ptr<Whole> whole_;
};

Pipeline::Plan Pipeline::plan(const RedisAccess& access, const std::vector<RedisCommand>& commands,
                              const RedisCall& call) {
  Plan out;
  for (const RedisCommand& command : commands) {
    auto aim = store::aim_of(access, command, call.server);
    if (aim && aim->waits) {
      aim = Error{
          Errc::unsupported, Effect::not_sent,
          command.words[0] +
              ": it would hold up a pipeline; Redis::command gives it a connection of its own"};
    }
    const std::size_t at = out.refusals.size();
    out.refusals.push_back(aim ? std::nullopt : std::optional(aim.error()));
    if (!aim) continue;
    auto part = std::find_if(out.parts.begin(), out.parts.end(), [&](const store::FanPart& one) {
      return one.place.node == aim->place.node;
    });
    if (part == out.parts.end()) {
      out.parts.push_back({std::move(aim->place), aim->key, {}, std::nullopt});
      part = out.parts.end() - 1;
    }
    part->positions.push_back(at);
  }
  return out;
}

void start_pipeline(const RedisAccess& access, const std::vector<RedisCommand>& commands,
                    const RedisCall& call, std::shared_ptr<Pipeline::Whole> whole) {
  std::make_shared<Pipeline>(Pipeline::plan(access, commands, call), access, commands, call,
                             std::move(whole))
      ->begin();
}

Answers each(const Error& failure, std::size_t commands) { return Answers(commands, failure); }

}  // namespace

Result<Redis> Redis::over(const Store& store) {
  if (store.driver()->redis()) return Redis{store.driver()};
  return Error{Errc::unsupported, Effect::not_sent,
               std::string(store.url()) +
                   ": no Redis server is behind this store; redis://, redis+cluster:// and their "
                   "like have one"};
}

Result<Reply> Redis::command(const RedisCommand& command, const RedisCall& call) const {
  const RedisAccess& access = *driver_->redis();
  return run(access, CommandRow{command}, store::aim_of(access, command, call.server), call);
}

std::vector<Result<Reply>> Redis::pipeline(const std::vector<RedisCommand>& commands,
                                           const RedisCall& call) const {
  const RedisAccess& access = *driver_->redis();
  if (const auto here = access.refuse_here()) return each(*here, commands.size());
  const auto awaited = std::make_shared<store::Awaited<Answers>>();
  start_pipeline(access, commands, call, awaited);
  return *awaited->wait();
}

Result<std::vector<Result<Reply>>> Redis::transaction(const std::vector<RedisCommand>& commands,
                                                      const RedisCall& call) const {
  const RedisAccess& access = *driver_->redis();
  return run(access, TransactionRow{commands}, store::aim_of_all(access, commands, call.server),
             call);
}

Result<Reply> Redis::eval(const RedisScript& script, const std::vector<std::string>& keys,
                          const std::vector<std::string>& arguments, const RedisCall& call) const {
  const RedisAccess& access = *driver_->redis();
  return run(access, ScriptRow{script.text().script, keys, arguments},
             store::aim_of_keys(access, keys, call.server), call);
}

Task<Result<Reply>> Redis::async_command(RedisCommand command, RedisCall call) const {
  const auto driver = driver_;
  const RedisAccess& access = *driver->redis();
  co_return co_await start(access, CommandRow{command}, store::aim_of(access, command, call.server),
                           call);
}

Task<std::vector<Result<Reply>>> Redis::async_pipeline(std::vector<RedisCommand> commands,
                                                       RedisCall call) const {
  const auto driver = driver_;
  const RedisAccess& access = *driver->redis();
  const auto begin = [&](std::shared_ptr<Pipeline::Whole> whole) {
    start_pipeline(access, commands, call, std::move(whole));
  };
  auto answers = co_await store::async_answer<Answers>(std::cref(begin));
  co_return *std::move(answers);
}

Task<Result<std::vector<Result<Reply>>>> Redis::async_transaction(
    std::vector<RedisCommand> commands, RedisCall call) const {
  const auto driver = driver_;
  const RedisAccess& access = *driver->redis();
  co_return co_await start(access, TransactionRow{commands},
                           store::aim_of_all(access, commands, call.server), call);
}

Task<Result<Reply>> Redis::async_eval(RedisScript script, std::vector<std::string> keys,
                                      std::vector<std::string> arguments, RedisCall call) const {
  const auto driver = driver_;
  const RedisAccess& access = *driver->redis();
  co_return co_await start(access, ScriptRow{script.text().script, keys, arguments},
                           store::aim_of_keys(access, keys, call.server), call);
}

}  // namespace larder
