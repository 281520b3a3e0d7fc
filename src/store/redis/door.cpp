// Redis' calls: each finds its server, makes a row of what was asked, and waits for the exchange.
#include <larder/redis.hpp>

#include "base/limits.hpp"
#include "store/async_answer.hpp"
#include "store/driver.hpp"
#include "store/redis/aim.hpp"
#include "store/redis/fan.hpp"
#include "store/redis/rows.hpp"
#include "store/servers/own_connections.hpp"

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

bool may_be_stopped(const RedisCall& call) {
  return call.stop != nullptr && call.stop->stop_possible();
}

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

// What the calls differ in: their row, and how their server is found.
CommandRow row_of(const RedisCommand& command) { return CommandRow{command}; }
Result<Aim> aim_for(const RedisAccess& access, std::string_view server,
                    const RedisCommand& command) {
  return store::aim_of(access, command, server);
}
TransactionRow row_of(const std::vector<RedisCommand>& commands) {
  return TransactionRow{commands};
}
Result<Aim> aim_for(const RedisAccess& access, std::string_view server,
                    const std::vector<RedisCommand>& commands) {
  return store::aim_of_all(access, commands, server);
}
ScriptRow row_of(const RedisScript& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments) {
  return {script.text().script, keys, arguments};
}
Result<Aim> aim_for(const RedisAccess& access, std::string_view server, const RedisScript&,
                    const std::vector<std::string>& keys, const std::vector<std::string>&) {
  return store::aim_of_keys(access, keys, server);
}
template <class... Arguments>
using RowOf = decltype(row_of(std::declval<const Arguments&>()...));

/// On its way without anybody's thread.
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
void begin_row(Row row, const RedisAccess& access, const Aim& aim, const RedisCall& call,
               base::Instant deadline, const std::shared_ptr<store::Topology>& own,
               std::shared_ptr<store::Pending<typename Row::Answer>> pending) {
  std::make_shared<AsyncRow<Row>>(std::move(row), nature_of(call), std::move(pending), own)
      ->begin({own ? own.get() : &access.topology, aim.place, aim.key, deadline});
}

/// A thread waits.
template <class... Arguments>
auto run_call(const RedisAccess& access, const RedisCall& call, const Arguments&... arguments)
    -> Result<typename RowOf<Arguments...>::Answer> {
  if (auto here = access.refuse_here()) return *std::move(here);
  auto aim = aim_for(access, call.server, arguments...);
  if (!aim) return aim.error();
  const auto deadline = access.deadline_of(call.deadline);
  const auto own = own_of(access, *aim, deadline);
  auto row = row_of(arguments...);
  if (may_be_stopped(call)) {
    if (auto stopped = access.refuse_stopped(*call.stop)) return *std::move(stopped);
    const auto awaited = std::make_shared<store::Awaited<typename RowOf<Arguments...>::Answer>>();
    begin_row(std::move(row), access, *aim, call, deadline, own, awaited);
    return awaited->wait(*call.stop);
  }
  auto failure = store::BlockingExchange{row, nature_of(call)}.run(
      {own ? own.get() : &access.topology, std::move(aim->place), aim->key, deadline});
  if (failure) return *std::move(failure);
  return row.take();
}

/// A coroutine waits.
template <class... Arguments>
auto start_call(std::shared_ptr<StoreDriver> driver, RedisCall call, std::string server,
                Arguments... arguments) -> Task<Result<typename RowOf<Arguments...>::Answer>> {
  using Row = RowOf<Arguments...>;
  const RedisAccess& access = *driver->redis();
  auto aim = aim_for(access, server, arguments...);
  if (!aim) co_return aim.error();
  const auto deadline = access.deadline_of(call.deadline);
  const auto own = own_of(access, *aim, deadline);
  const auto begin = [&](std::shared_ptr<store::Pending<typename Row::Answer>> pending) {
    begin_row(row_of(arguments...), access, *aim, call, deadline, own, std::move(pending));
  };
  co_return co_await store::async_answer<typename Row::Answer>(std::cref(begin));
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

Task<Answers> run_pipeline(std::shared_ptr<StoreDriver> driver, std::vector<RedisCommand> commands,
                           RedisCall call, std::string server) {
  call.server = server;
  const auto begin = [&](std::shared_ptr<Pipeline::Whole> whole) {
    start_pipeline(*driver->redis(), commands, call, std::move(whole));
  };
  auto answers = co_await store::async_answer<Answers>(std::cref(begin));
  co_return *std::move(answers);
}

Task<Result<std::int64_t>> run_publish(std::shared_ptr<StoreDriver> driver, RedisCommand publish,
                                       RedisCall call, std::string server) {
  // A variable of its own: GCC 12 destroys twice what is passed by value inside a co_await.
  auto asked = start_call(driver, call, std::move(server), std::move(publish));
  const auto reply = co_await std::move(asked);
  if (!reply) co_return reply.error();
  co_return reply->as_integer().value_or(0);
}

}  // namespace

Result<Redis> Redis::over(const Store& store) {
  if (store.driver()->redis()) return Redis{store.driver()};
  return Error{Errc::unsupported, Effect::not_sent,
               std::string(store.url()) +
                   ": no Redis server is behind this store; redis://, redis+cluster:// and their "
                   "like have one"};
}

Result<Reply> Redis::command(const RedisCommand& command, const RedisCall& call) const {
  return run_call(*driver_->redis(), call, command);
}

std::vector<Result<Reply>> Redis::pipeline(const std::vector<RedisCommand>& commands,
                                           const RedisCall& call) const {
  const RedisAccess& access = *driver_->redis();
  if (const auto here = access.refuse_here()) return Answers(commands.size(), *here);
  const auto awaited = std::make_shared<store::Awaited<Answers>>();
  if (!may_be_stopped(call)) {
    start_pipeline(access, commands, call, awaited);
    return *awaited->wait();
  }
  if (const auto stopped = access.refuse_stopped(*call.stop))
    return Answers(commands.size(), *stopped);
  start_pipeline(access, commands, call, awaited);
  return *awaited->wait(*call.stop);
}

Result<std::vector<Result<Reply>>> Redis::transaction(const std::vector<RedisCommand>& commands,
                                                      const RedisCall& call) const {
  return run_call(*driver_->redis(), call, commands);
}

Result<Reply> Redis::eval(const RedisScript& script, const std::vector<std::string>& keys,
                          const std::vector<std::string>& arguments, const RedisCall& call) const {
  return run_call(*driver_->redis(), call, script, keys, arguments);
}

Result<std::int64_t> Redis::publish(std::string_view channel, std::string_view payload,
                                    const RedisCall& call) const {
  const auto reply = command({"PUBLISH", channel, payload}, call);
  if (!reply) return reply.error();
  return reply->as_integer().value_or(0);
}

Result<std::int64_t> Redis::publish_sharded(std::string_view channel, std::string_view payload,
                                            const RedisCall& call) const {
  const auto reply = command({"SPUBLISH", channel, payload}, call);
  if (!reply) return reply.error();
  return reply->as_integer().value_or(0);
}

// None of these is a coroutine itself: what they are given is copied before it can go.

Task<Result<Reply>> Redis::async_command(const RedisCommand& command, const RedisCall& call) const {
  return start_call(driver_, call, std::string(call.server), command);
}

Task<std::vector<Result<Reply>>> Redis::async_pipeline(const std::vector<RedisCommand>& commands,
                                                       const RedisCall& call) const {
  return run_pipeline(driver_, commands, call, std::string(call.server));
}

Task<Result<std::vector<Result<Reply>>>> Redis::async_transaction(
    const std::vector<RedisCommand>& commands, const RedisCall& call) const {
  return start_call(driver_, call, std::string(call.server), commands);
}

Task<Result<Reply>> Redis::async_eval(const RedisScript& script,
                                      const std::vector<std::string>& keys,
                                      const std::vector<std::string>& arguments,
                                      const RedisCall& call) const {
  return start_call(driver_, call, std::string(call.server), script, keys, arguments);
}

Task<Result<std::int64_t>> Redis::async_publish(std::string_view channel, std::string_view payload,
                                                const RedisCall& call) const {
  return run_publish(driver_, {"PUBLISH", channel, payload}, call, std::string(call.server));
}

}  // namespace larder
