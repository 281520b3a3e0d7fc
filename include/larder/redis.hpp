// Redis: the server behind a Store, for what the Store's own operations do not cover: any command, pipelines,
// transactions, scripts, publish and subscribe.
//
//     const auto redis = larder::Redis::over(store).value();
//     redis.command({"HSET", "user:7", "name", "Ada"}).value();
//     const auto left = redis.eval(take, {"bucket"}, {"1"}).value().as_integer();
//     auto news = redis.subscribe({.channels = {"news"}}).value();
//
// All but subscriptions goes over the connections that the Store has anyway, with its deadlines, its routing and its care
// for what may have run. What is written past the Store is written past its caches and recipes too: they learn of it as of
// any other client's writes.
#pragma once

#include <larder/redis_reply.hpp>
#include <larder/redis_subscription.hpp>
#include <larder/store.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace larder {

/// A command: its name and arguments, copied.
struct RedisCommand {
  RedisCommand(std::initializer_list<std::string_view> words_of_it)
      : words(words_of_it.begin(), words_of_it.end()) {}
  explicit RedisCommand(std::vector<std::string> words_of_it) : words(std::move(words_of_it)) {}

  /// Says which key leads it to its server, where the command itself does not: one that a module brought, say.
  RedisCommand& by_key(std::string which) & {
    key = std::move(which);
    return *this;
  }
  RedisCommand&& by_key(std::string which) && { return std::move(by_key(std::move(which))); }

  std::vector<std::string> words;
  std::string key = {};  ///< Empty: found among the words.
};

struct RedisCall {
  Millis deadline{0};  ///< Of the whole call. Zero: the Store's default.
  /// It does no harm twice, so it may be sent again after a connection was lost. Otherwise that is `maybe_executed`.
  bool repeatable = false;
  /// Which server, by its name in Store::health(): for what concerns a server and no key (INFO, CONFIG, DBSIZE).
  std::string_view server = {};
  /// Ends a blocking form before its time: as CallOptions::stop.
  const std::stop_token* stop = nullptr;
};

/// Lua that a server keeps by its hash; it is sent whole where the server does not know it (after a restart, a failover).
/// Copy it freely.
class RedisScript {
 public:
  explicit RedisScript(std::string source);
  /// 40 hexadecimal digits, as EVALSHA wants them.
  std::string_view sha1() const noexcept;

  struct Text;
  const Text& text() const noexcept { return *text_; }

 private:
  std::shared_ptr<const Text> text_;
};

/// Errors   As those of a Store, and what the server says: its words are in Error::detail. `unsupported`: a command that
///          would change or occupy the connection that all share, or that the server does not have. `bad_argument`: over
///          several servers, one that names no key and no server. `cross_slot`: keys that live on several servers.
/// Threads  Safe from any thread; blocking forms are refused (`would_deadlock`) on Larder's own I/O threads.
/// Lifetime Keeps the Store's connections alive.
class Redis {
 public:
  /// Errors: `unsupported`, of a store that no Redis server is behind.
  static Result<Redis> over(const Store& store);

  /// Any command. Over several servers its first key leads it to one: the first argument, or where the command is known
  /// to have it. Those that wait (BLPOP, XREAD BLOCK) get a connection of their own for the call, whose deadline
  /// should be longer than they wait.
  /// Cost: one round trip; three with a connection of its own.
  Result<Reply> command(const RedisCommand& command, const RedisCall& call = {}) const;

  /// Many commands, written at once to each server, with an answer for each in their order. Each stands for itself:
  /// others may come between, and one may fail. On one server they run in their order, but for those of a slot that is
  /// just moving.
  /// Cost: one round trip, to all servers at the same time.
  std::vector<Result<Reply>> pipeline(const std::vector<RedisCommand>& commands,
                                      const RedisCall& call = {}) const;

  /// Many commands as one step, nothing between: MULTI … EXEC, sent as one piece. All their keys must be on one server;
  /// in a cluster in one slot (the same {tag} in each). A command that was refused beforehand means that none was done,
  /// and the call fails with its words; one that fails when its turn comes has its error among the answers, and the
  /// others are done.
  /// Cost: one round trip.
  Result<std::vector<Result<Reply>>> transaction(const std::vector<RedisCommand>& commands,
                                                 const RedisCall& call = {}) const;

  /// Runs a script, as one step. Over several servers its first key leads it to one. After an error of the script itself
  /// the effect is `maybe_executed`: what it had written stays.
  /// Cost: one round trip; two where the server does not know it yet.
  Result<Reply> eval(const RedisScript& script, const std::vector<std::string>& keys = {},
                     const std::vector<std::string>& arguments = {},
                     const RedisCall& call = {}) const;

  /// Answers how many heard it on the server that it went to: in a cluster others are not counted.
  Result<std::int64_t> publish(std::string_view channel, std::string_view payload,
                               const RedisCall& call = {}) const;
  /// To those who subscribed to the sharded channel of that name. Redis 7.
  Result<std::int64_t> publish_sharded(std::string_view channel, std::string_view payload,
                                       const RedisCall& call = {}) const;
  /// Answers when the servers have confirmed all of it.
  /// Errors: `unsupported`: a server without pub/sub; `unauthorized`; `unreachable`, `timeout`.
  Result<RedisSubscription> subscribe(const RedisTopics& topics,
                                      const SubscriptionOptions& options = {}) const;

  // The same, as coroutines. Arguments are copied. Give commands and topics a name before the co_await: GCC 12 refuses a
  // braced list inside of it, or destroys twice what it holds.
  Task<Result<Reply>> async_command(const RedisCommand& command, const RedisCall& call = {}) const;
  Task<std::vector<Result<Reply>>> async_pipeline(const std::vector<RedisCommand>& commands,
                                                  const RedisCall& call = {}) const;
  Task<Result<std::vector<Result<Reply>>>> async_transaction(
      const std::vector<RedisCommand>& commands, const RedisCall& call = {}) const;
  Task<Result<Reply>> async_eval(const RedisScript& script,
                                 const std::vector<std::string>& keys = {},
                                 const std::vector<std::string>& arguments = {},
                                 const RedisCall& call = {}) const;
  Task<Result<std::int64_t>> async_publish(std::string_view channel, std::string_view payload,
                                           const RedisCall& call = {}) const;
  Task<Result<RedisSubscription>> async_subscribe(const RedisTopics& topics,
                                                  const SubscriptionOptions& options = {}) const;

 private:
  explicit Redis(std::shared_ptr<StoreDriver> driver) noexcept : driver_(std::move(driver)) {}

  std::shared_ptr<StoreDriver> driver_;
};

}  // namespace larder
