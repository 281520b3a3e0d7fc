// Commands, pipelines, transactions and scripts past the Store's own operations, over real servers in both protocols.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "contract/redis_servers.hpp"
#include "redis/slots.hpp"
#include "support/fake_server.hpp"
#include "support/run_task.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using contract::cluster_of_two;
using contract::name_at;
using test::FakePeer;
using test::FakeServer;
using test::run;
using testing::HasSubstr;

Redis door(const std::string& url) { return Redis::over(Store::open(url).value()).value(); }

/// A ring's or a cluster's: does the name live on its second server?
std::size_t in_second_half(const std::string& name) {
  return redis::slot_of(name) >= redis::kSlots / 2;
}

class RedisDoor : public testing::TestWithParam<test::RedisServer& (*)()> {
 protected:
  RedisDoor() { store.flush().value(); }

  const Store store = Store::open(GetParam()().url()).value();
  const Redis redis = Redis::over(store).value();
};

INSTANTIATE_TEST_SUITE_P(Protocols, RedisDoor,
                         testing::Values(&contract::modern_server, &contract::old_server),
                         [](const auto& instance) {
                           return instance.index == 0 ? "resp3" : "resp2";
                         });

TEST_P(RedisDoor, AnyCommandIsAnsweredInBothProtocolsAlike) {
  EXPECT_EQ(redis.command({"HSET", "h", "name", "Ada", "born", "1815"}).value().as_integer(), 2);
  const Reply hash = redis.command({"HGETALL", "h"}).value();
  ASSERT_TRUE(hash.find("name"));
  EXPECT_EQ(hash.find("name")->as_text(), "Ada");
  EXPECT_EQ(hash.find("born")->as_integer(), 1815);
  EXPECT_EQ(hash.find("died"), nullptr);
  redis.command({"ZADD", "z", "2.5", "m"}).value();
  EXPECT_EQ(redis.command({"ZSCORE", "z", "m"}).value().as_number(), 2.5);
  EXPECT_TRUE(redis.command({"GET", "absent"}).value().is_nil());
  EXPECT_EQ(redis.command({"SADD", "s", "x"}).value().as_boolean(), true);
  EXPECT_EQ(redis.command({"SMEMBERS", "s"}).value().items.at(0).as_text(), "x");
  const Reply mixed =
      redis.command({"EVAL", "return {1, 'two', false, redis.error_reply('MY words')}", "0"})
          .value();
  ASSERT_EQ(mixed.items.size(), 4u);
  EXPECT_TRUE(mixed.items[2].is_nil());
  EXPECT_EQ(mixed.items[3].as_error()->detail, "MY words");
}

TEST_P(RedisDoor, AnErrorHasTheServersWords) {
  store.set("text", "x").value();
  const auto wrong = redis.command({"LPUSH", "text", "y"});
  EXPECT_EQ(wrong.error().code, Errc::wrong_type);
  EXPECT_EQ(wrong.error().effect, Effect::refused);
  EXPECT_THAT(wrong.error().detail, HasSubstr(GetParam()().url() + ": WRONGTYPE"));
  EXPECT_EQ(redis.command({"NOSUCH", "x"}).error().code, Errc::unsupported);
}

TEST_P(RedisDoor, WhatWouldBreakTheSharedConnectionIsNotSent) {
  for (const char* name : {"SUBSCRIBE", "MONITOR", "MULTI", "SELECT", "RESET", "QUIT"}) {
    const auto refused = redis.command({name, "1"});
    EXPECT_EQ(refused.error().code, Errc::unsupported) << name;
    EXPECT_EQ(refused.error().effect, Effect::not_sent);
  }
  EXPECT_THAT(redis.command({"client", "reply", "off"}).error().detail, HasSubstr("astray"));
  EXPECT_EQ(redis.command({}).error().code, Errc::bad_argument);
  EXPECT_EQ(redis.command({"PING"}).value().as_text(), "PONG");
}

TEST_P(RedisDoor, APipelineAnswersEachCommandInOrder) {
  const auto answers = redis.pipeline(
      {{"SET", "a", "1"}, {"INCR", "a"}, {"LPUSH", "a", "x"}, {"MULTI"}, {"GET", "a"}});
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_EQ(answers[1]->as_integer(), 2);
  EXPECT_EQ(answers[2].error().code, Errc::wrong_type);
  EXPECT_EQ(answers[3].error().code, Errc::unsupported) << "it alone was not sent";
  EXPECT_EQ(answers[4]->as_text(), "2");
  EXPECT_TRUE(redis.pipeline({}).empty());
  const auto writes = [this] {
    const std::string text = store.metrics_text(), line = "\nlarder_redis_writes_total{";
    return std::stoi(text.substr(text.find("} ", text.find(line)) + 2));
  };
  const int before = writes();
  redis.pipeline(std::vector<RedisCommand>(100, RedisCommand({"INCR", "a"})));
  EXPECT_EQ(writes(), before + 1) << "one write";
}

TEST_P(RedisDoor, ATransactionIsDoneWholeOrNotAtAll) {
  const auto done =
      redis.transaction({{"SET", "a", "1"}, {"LPUSH", "a", "x"}, {"INCR", "a"}}).value();
  EXPECT_EQ(done.at(1).error().code, Errc::wrong_type) << "when its turn came";
  EXPECT_EQ(done.at(2)->as_integer(), 2);
  const auto refused = redis.transaction({{"SET", "a", "9"}, {"GET"}});
  EXPECT_THAT(refused.error().detail,
              HasSubstr("nothing was done; command 2 of the transaction: ERR wrong number"));
  EXPECT_EQ(refused.error().effect, Effect::refused);
  EXPECT_EQ(store.get("a").value(), Bytes("2"));
  EXPECT_EQ(redis.transaction({}).error().code, Errc::bad_argument);
  EXPECT_EQ(redis.transaction({{"GET", "a"}, {}}).error().code, Errc::bad_argument);
}

TEST_P(RedisDoor, AScriptIsSentByItsHashAndWholeOnceItIsForgotten) {
  const RedisScript script{"return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"};
  for (int round = 1; round <= 2; ++round) {
    redis.command({"SCRIPT", "FLUSH"}).value();
    const Reply reply = redis.eval(script, {"n"}, {"x"}).value();
    EXPECT_EQ(to_string(reply), "[\"n\", \"x\", " + std::to_string(round) + "]");
  }
  EXPECT_EQ(redis.command({"SCRIPT", "EXISTS", script.sha1()}).value().items.at(0).as_integer(), 1);
  const RedisScript fails{"redis.call('SET', KEYS[1], '7') return redis.call('NOSUCH')"};
  EXPECT_EQ(redis.eval(fails, {"n"}).error().effect, Effect::maybe_executed);
  EXPECT_EQ(store.get("n").value(), Bytes("7")) << "what it wrote before it failed stays";
}

TEST_P(RedisDoor, ACommandThatWaitsHoldsNobodyUp) {
  std::thread waits{[this] {
    EXPECT_EQ(to_string(redis.command({"BLPOP", "list", "10"}, {.deadline = 10s}).value()),
              R"(["list", "x"])");
  }};
  while (redis.command({"INFO", "clients"}).value().text.find("blocked_clients:1") ==
         std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  redis.command({"RPUSH", "list", "x"}).value();
  waits.join();
  EXPECT_EQ(redis.pipeline({{"BLPOP", "list", "0"}})[0].error().code, Errc::unsupported);
  if (GetParam() != &contract::modern_server) return;  // Once is enough to wait for nothing.
  const auto late = redis.command({"BLPOP", "list", "0"}, {.deadline = 1s});
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().effect, Effect::maybe_executed);
}

TEST_P(RedisDoor, ACommandThatWaitsEndsWhenItIsToldToStop) {
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::jthread other{[&] {
    while (redis.command({"INFO", "clients"}).value().text.find("blocked_clients:1") ==
           std::string::npos) {
      std::this_thread::sleep_for(1ms);
    }
    source.request_stop();
  }};
  const auto begun = std::chrono::steady_clock::now();
  const auto left = redis.command({"BLPOP", "list", "0"}, {.deadline = 30s, .stop = &stop});
  EXPECT_EQ(left.error().code, Errc::cancelled);
  EXPECT_EQ(left.error().effect, Effect::maybe_executed);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  const auto next = redis.pipeline({{"INCR", "n"}, {"INCR", "n"}}, {.stop = &stop});
  EXPECT_EQ(next.at(1).error().effect, Effect::not_sent);
  EXPECT_EQ(redis.eval(RedisScript{"return 7"}, {}, {}, {.stop = &stop}).error().code,
            Errc::cancelled);
  EXPECT_TRUE(redis.command({"GET", "n"}).value().is_nil()) << "nothing was begun";
  const std::stop_token quiet = std::stop_source{}.get_token();
  const std::stop_source running;
  const std::stop_token heard = running.get_token();
  EXPECT_EQ(redis.command({"INCR", "n"}, {.stop = &heard}).value().as_integer(), 1);
  EXPECT_EQ(redis.pipeline({{"INCR", "n"}}, {.stop = &heard}).at(0)->as_integer(), 2);
  EXPECT_EQ(redis.command({"GET", "n"}, {.stop = &quiet}).value().as_text(), "2");
}

TEST_P(RedisDoor, CoroutinesGetTheSameAnswers) {
  RedisCommand set({"SET", "a", "1"});
  EXPECT_EQ(run(redis.async_command(set)).value().as_text(), "OK");
  std::vector<RedisCommand> twice(2, RedisCommand({"INCR", "a"}));
  EXPECT_EQ(run(redis.async_pipeline(twice)).at(1)->as_integer(), 3);
  EXPECT_EQ(run(redis.async_transaction(twice)).value().at(1)->as_integer(), 5);
  EXPECT_EQ(run(redis.async_eval(RedisScript{"return redis.call('GET', KEYS[1])"}, {"a"}, {}))
                .value()
                .as_text(),
            "5");
  EXPECT_EQ(run(redis.async_command(RedisCommand({"BRPOP", "none", "0.02"}))).value().is_nil(),
            true);
  EXPECT_EQ(run(redis.async_command(RedisCommand({"MULTI"}))).error().code, Errc::unsupported);
}

#ifdef LARDER_BINARY
TEST(RedisDoorOver, LarderServeAnswersToo) {
  test::LarderServer server{LARDER_BINARY};
  const Redis redis = door(server.url());
  EXPECT_EQ(redis.pipeline({{"SET", "a", "1"}, {"INCR", "a"}}).at(1)->as_integer(), 2);
  EXPECT_EQ(redis.transaction({{"INCR", "a"}, {"GET", "a"}}).value().at(1)->as_text(), "3");
  EXPECT_THAT(redis.command({"LPUSH", "l", "x"}).error().detail, HasSubstr("ERR unknown command"));
}
#endif

TEST(RedisDoorOver, AServerWithoutPubSubSaysSo) {
  test::RedisServer server{{"rename-command SUBSCRIBE \"\""}};
  const auto none = door(server.url()).subscribe({.channels = {"news"}});
  EXPECT_EQ(none.error().code, Errc::unsupported);
  EXPECT_THAT(none.error().detail, HasSubstr("it has no pub/sub"));
}

TEST(RedisDoorOver, AStoreWithoutARedisServerSaysSo) {
  const auto none = Redis::over(Store::open("memory:").value());
  EXPECT_EQ(none.error().code, Errc::unsupported);
  EXPECT_THAT(none.error().detail, HasSubstr("memory:"));
}

constexpr std::string_view kPush = "LPUSH\r\n$1\r\nl\r\n$1\r\nx\r\n";

TEST(RedisDoorOver, OnlyWhatIsDeclaredRepeatableIsSentAgain) {
  std::atomic<int> pushes{0};
  FakeServer server{[&](FakePeer& peer, int connection) {
    peer.greet_store();
    pushes += peer.read_until(kPush).ends_with(kPush);
    if (connection < 2) return;  // Hangs up instead of answering.
    peer.write(":1\r\n");
    peer.wait_for_end();
  }};
  const Redis redis = door(server.url());
  const auto lost = redis.command({"LPUSH", "l", "x"});
  EXPECT_EQ(lost.error().code, Errc::disconnected);
  EXPECT_EQ(lost.error().effect, Effect::maybe_executed);
  EXPECT_EQ(pushes, 1);
  EXPECT_EQ(redis.command({"LPUSH", "l", "x"}, {.repeatable = true}).value().as_integer(), 1);
  EXPECT_EQ(pushes, 3);
}

// A trap: what had its answer before the connection broke must not be done again, nor be told as lost.
TEST(RedisDoorOver, OfAPipelineOnlyWhatHasNoAnswerIsAskedAgain) {
  FakeServer server{[](FakePeer& peer, int connection) {
    peer.greet_store();
    const std::string asked = peer.read_until("$1\r\nb\r\n");
    if (connection == 0) {
      EXPECT_THAT(asked, HasSubstr("INCR\r\n$1\r\na\r\n"));
      peer.write(":7\r\n");
      return;
    }
    EXPECT_THAT(asked, testing::Not(HasSubstr("$1\r\na\r\n")));
    peer.write(":8\r\n");
    peer.wait_for_end();
  }};
  const auto answers =
      door(server.url()).pipeline({{"INCR", "a"}, {"INCR", "b"}}, {.repeatable = true});
  EXPECT_EQ(answers.at(0)->as_integer(), 7);
  EXPECT_EQ(answers.at(1)->as_integer(), 8);
}

TEST(RedisDoorOver, ATransactionLeavesAsOnePiece) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    EXPECT_THAT(peer.read_until("EXEC\r\n"),
                testing::EndsWith(
                    "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n"));
    peer.write("-NOPERM no MULTI for you\r\n:1\r\n-ERR EXEC without MULTI\r\n");
    peer.wait_for_end();
  }};
  const auto torn = door(server.url()).transaction({{"INCR", "a"}});
  EXPECT_EQ(torn.error().effect, Effect::maybe_executed) << "its commands ran one by one";
  EXPECT_THAT(torn.error().detail, HasSubstr("no transaction: NOPERM"));
}

TEST(RedisDoorOver, ACancelledCoroutineLeaves) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    peer.wait_for_end();
  }};
  const Redis redis = door(server.url());
  boost::asio::io_context context;
  boost::asio::cancellation_signal signal;
  std::optional<Errc> ended;
  boost::asio::co_spawn(context, redis.async_command(RedisCommand({"GET", "a"})),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](std::exception_ptr, const Result<Reply>& answer) {
                              ended = answer.error().code;
                            }));
  boost::asio::post(context, [&] { signal.emit(boost::asio::cancellation_type::terminal); });
  context.run();
  EXPECT_EQ(ended, Errc::cancelled);
}

TEST(RedisDoorOver, ARingsServersGetTheirShareOfAPipeline) {
  const Store store = Store::open(contract::ring_of_two()).value();
  store.flush().value();
  const Redis redis = Redis::over(store).value();
  std::vector<RedisCommand> commands;
  for (int i = 0; i < 100; ++i)
    commands.push_back(RedisCommand({"SET", "k" + std::to_string(i), std::to_string(i)}));
  for (int i = 0; i < 100; ++i) commands.push_back(RedisCommand({"GET", "k" + std::to_string(i)}));
  const auto answers = redis.pipeline(commands);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(answers.at(static_cast<std::size_t>(100 + i))->as_integer(), i);
  std::int64_t sum = 0;
  for (const char* server : {"new", "old"}) {
    const auto size = redis.command({"DBSIZE"}, {.server = server}).value().as_integer();
    EXPECT_GT(size, 20);
    sum += *size;
  }
  EXPECT_EQ(sum, 100);
  EXPECT_THAT(redis.command({"DBSIZE"}).error().detail, HasSubstr("name one (new, old)"));
  EXPECT_THAT(redis.command({"DBSIZE"}, {.server = "x"}).error().detail,
              HasSubstr("it has new, old"));
  std::vector<std::string> all{"MGET"};
  for (int i = 0; i < 20; ++i) all.push_back("k" + std::to_string(i));
  EXPECT_EQ(redis.command(RedisCommand(all)).error().code, Errc::cross_slot);
  EXPECT_EQ(redis.command({"MGET", "{k}1", "{k}2"}).value().items.size(), 2u);
  EXPECT_EQ(redis.command(RedisCommand({"PING"}).by_key("k1")).value().as_text(), "PONG");
  EXPECT_EQ(redis.eval(RedisScript{"return 1"}).error().code, Errc::bad_argument)
      << "no key, no server";
}

TEST(RedisDoorOver, AClustersSlotsAreFollowedAndNothingIsDoneTwice) {
  auto& cluster = cluster_of_two();
  const Store store = Store::open(cluster.url()).value();
  const Redis redis = Redis::over(store).value();
  const std::string stays = name_at("stays", in_second_half, 0),
                    moves = name_at("moves", in_second_half, 0),
                    other = name_at("other", in_second_half, 1);
  ASSERT_NE(redis::slot_of(stays), redis::slot_of(moves));
  store.erase_many({stays, moves, other}).value();
  cluster.migrate(redis::slot_of(moves), 0, 1);
  std::vector<RedisCommand> commands;
  for (const auto& key : {stays, moves, other}) commands.push_back(RedisCommand({"INCR", key}));
  for (const auto& answer : redis.pipeline(commands)) EXPECT_EQ(answer->as_integer(), 1);
  cluster.migrate(redis::slot_of(moves), 1, 0);
  const auto done = redis.transaction({{"PING"}, {"INCR", moves}, {"INCR", moves}}).value();
  EXPECT_EQ(done.at(2)->as_integer(), 3);
  EXPECT_EQ(redis.transaction({{"INCR", moves}, {"INCR", stays}}).error().code, Errc::cross_slot);
  EXPECT_EQ(redis.command({"MGET", moves, other}).error().code, Errc::cross_slot);
  cluster.migrate(redis::slot_of(moves), 0, 1);
  EXPECT_EQ(
      redis.eval(RedisScript{"return redis.call('INCR', KEYS[1])"}, {moves}).value().as_integer(),
      4);
  cluster.migrate(redis::slot_of(moves), 1, 0);
  EXPECT_EQ(redis.command({"BLPOP", moves + "{list}", "0.01"}).value().is_nil(), true);
  store.erase_many({stays, moves, other}).value();
}

}  // namespace
}  // namespace larder
