// Publish and subscribe over real servers: both protocols, a ring, a cluster whose slots move; and what is told where
// messages may be missed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include <boost/asio/detached.hpp>

#include "contract/redis_servers.hpp"
#include "redis/slots.hpp"
#include "support/run_task.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Kind = RedisMessage::Kind;

/// The next message, which must come.
RedisMessage next(const RedisSubscription& from) {
  auto message = from.next(10s).value();
  if (!message) throw std::runtime_error("no message came");
  return *std::move(message);
}

std::string text(const RedisMessage& m) {
  if (m.kind == Kind::gap_begins) return "gap begins " + m.channel;
  if (m.kind == Kind::gap_ends) return "gap ends";
  return m.channel + (m.pattern.empty() ? "" : " by " + m.pattern) + ": " + m.payload;
}

struct Peer {
  std::string name;
  std::string (*url)();
};

const Peer kPeers[] = {
    {"resp3", [] { return contract::modern_server().url(); }},
    {"resp2", [] { return contract::old_server().url(); }},
#ifdef LARDER_BINARY
    {"larder",
     [] {
       static test::LarderServer server{LARDER_BINARY, {"--threads", "2"}};
       return server.url();
     }},
#endif
};

class PubSub : public testing::TestWithParam<Peer> {
 protected:
  const Redis redis = Redis::over(Store::open(GetParam().url()).value()).value();
};

INSTANTIATE_TEST_SUITE_P(Peers, PubSub, testing::ValuesIn(kPeers),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(PubSub, WhatIsPublishedIsHeardInOrder) {
  const auto news = redis.subscribe({.channels = {"news"}, .patterns = {"sport.*"}}).value();
  EXPECT_EQ(redis.publish("news", "one").value(), 1);
  EXPECT_EQ(redis.publish("sport.chess", "two").value(), 1);
  EXPECT_EQ(redis.publish("weather", "rain").value(), 0);
  EXPECT_EQ(text(next(news)), "news: one");
  EXPECT_EQ(text(next(news)), "sport.chess by sport.*: two");
  news.add({.channels = {"weather"}, .shard_channels = {"shard"}}).value();
  news.remove({.channels = {"news"}});
  EXPECT_EQ(redis.publish("weather", "sun").value(), 1);
  EXPECT_EQ(redis.publish_sharded("shard", "three").value(), 1);
  EXPECT_EQ(text(next(news)), "weather: sun");
  EXPECT_EQ(text(next(news)), "shard: three");
  EXPECT_EQ(news.next(1ms).value(), std::nullopt);
}

// Trap 12 of docs/redis.md.
TEST_P(PubSub, AfterALostConnectionAllIsSubscribedToAgainAndTheGapIsTold) {
  const auto news = redis.subscribe({.channels = {"a", "b"}, .patterns = {"p*"}}).value();
  redis.publish("a", "before").value();
  EXPECT_EQ(text(next(news)), "a: before");
  EXPECT_GE(redis.command({"CLIENT", "KILL", "TYPE", "pubsub"}).value().as_integer(), 1);
  EXPECT_EQ(text(next(news)), "gap begins ");
  EXPECT_EQ(text(next(news)), "gap ends");
  for (const char* channel : {"a", "b", "p1"}) {
    EXPECT_EQ(redis.publish(channel, "after").value(), 1) << channel;
    EXPECT_EQ(next(news).channel, channel);
  }
}

TEST_P(PubSub, AFullQueueDropsTheOldestOrClosesAsItWasTold) {
  const auto drops = redis.subscribe({.channels = {"flood"}}, {.queue_max = 3}).value();
  auto closes = redis
                    .subscribe({.channels = {"flood"}},
                               {.queue_max = 3, .when_full = SubscriptionOptions::WhenFull::close})
                    .value();
  const auto mark = redis.subscribe({.channels = {"flood"}}).value();
  for (int i = 0; i < 10; ++i) redis.publish("flood", std::to_string(i)).value();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(next(mark).payload, std::to_string(i));
  while (drops.dropped() < 7) std::this_thread::yield();
  const RedisMessage first = next(drops);
  EXPECT_EQ(first.payload, "7");
  EXPECT_EQ(first.dropped, 7u) << "before this one";
  EXPECT_EQ(next(drops).dropped, 0u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next(closes).payload, std::to_string(i));
  EXPECT_EQ(closes.next(10s).error().code, Errc::overloaded);
}

TEST_P(PubSub, AHandlerAndACoroutineHearTheSame) {
  auto handled = redis.subscribe({.channels = {"c"}}).value();
  std::vector<std::string> heard;
  std::atomic<int> count{0};
  handled
      .listen([&](const RedisMessage& message) {
        heard.push_back(message.payload);
        if (++count == 3) handled.close();
      })
      .value();
  EXPECT_EQ(handled.listen([](const RedisMessage&) {}).error().code, Errc::bad_argument);
  RedisTopics topics{.channels = {"c"}};
  auto awaited = test::run(redis.async_subscribe(topics)).value();
  for (const char* payload : {"1", "2", "3"}) redis.publish("c", payload).value();
  for (const char* payload : {"1", "2", "3"})
    EXPECT_EQ(test::run(awaited.async_next()).value().payload, payload);
  while (count < 3) std::this_thread::yield();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(handled.next(1ms).error().code, Errc::cancelled);
  std::thread closer{[&] { awaited.close(); }};
  EXPECT_EQ(test::run(awaited.async_next()).error().code, Errc::cancelled);
  closer.join();
}

TEST(PubSubOver, AUserWithoutLeaveIsToldAndKeepsWhatItHad) {
  test::RedisServer server{{"user ann on >pw ~* &mine* +@all"}};
  const auto redis =
      Redis::over(Store::open(server.url(), {.user = "ann", .password = "pw"}).value()).value();
  const auto mine = redis.subscribe({.channels = {"mine"}}).value();
  const auto refused = mine.add({.channels = {"mine2", "yours"}});
  EXPECT_EQ(refused.error().code, Errc::unauthorized);
  EXPECT_THAT(refused.error().detail, HasSubstr("yours: NOPERM"));
  EXPECT_EQ(redis.publish("mine", "x").value(), 1);
  EXPECT_EQ(text(next(mine)), "mine: x");
  while (redis.publish("mine2", "x").value() != 0) std::this_thread::yield();  // Given up too.
}

TEST(PubSubOver, ARingsChannelsLiveWhereTheirNamesDo) {
  const auto redis = Redis::over(Store::open(contract::ring_of_two()).value()).value();
  std::vector<std::string> channels;
  for (int i = 0; i < 20; ++i) channels.push_back("r" + std::to_string(i));
  const auto by_name = redis.subscribe({.channels = channels}).value();
  const auto by_pattern = redis.subscribe({.patterns = {"r*"}}).value();
  for (const auto& channel : channels) EXPECT_EQ(redis.publish(channel, "x").value(), 2);
  std::set<std::string> heard, matched;
  for (int i = 0; i < 20; ++i) heard.insert(next(by_name).channel);
  for (int i = 0; i < 20; ++i) matched.insert(next(by_pattern).channel);
  EXPECT_EQ(heard.size(), 20u);
  EXPECT_EQ(matched, heard) << "patterns are heard on all servers";
}

TEST(PubSubOver, ADeadServerOfARingIsHeardAgainWhenItReturns) {
  test::RedisServer servers[2];
  const Store store = Store::open("redis+ring://127.0.0.1:" + std::to_string(servers[0].port()) +
                                  ",127.0.0.1:" + std::to_string(servers[1].port()) +
                                  "?names=a,b&probe=30ms&dead_after=1")
                          .value();
  const auto redis = Redis::over(store).value();
  const auto news = redis.subscribe({.channels = {"news"}}).value();
  const auto has_it = [&redis](const char* server) {
    return !redis.command({"PUBSUB", "CHANNELS"}, {.server = server}).value().items.empty();
  };
  test::RedisServer& home = servers[has_it("b")];
  home.process().stop(SIGKILL);
  EXPECT_EQ(text(next(news)), "gap begins ");
  while (redis.publish("news", "nobody hears").error().detail.find("out of reach") ==
         std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  home.restart();
  EXPECT_EQ(text(next(news)), "gap ends");
  while (!redis.publish("news", "again")) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(text(next(news)), "news: again");
}

TEST(PubSubOver, AClustersShardedChannelsFollowTheirSlot) {
  auto& cluster = contract::cluster_of_two();
  const auto redis = Redis::over(Store::open(cluster.url()).value()).value();
  const std::string moves = contract::name_at(
      "orders", [](const std::string& name) { return redis::slot_of(name) >= redis::kSlots / 2; },
      0);
  const auto news =
      redis.subscribe({.channels = {"all"}, .shard_channels = {moves, "still"}}).value();
  redis.publish("all", "hi").value();
  EXPECT_EQ(text(next(news)), "all: hi") << "from whichever server it was published at";
  EXPECT_EQ(redis.publish_sharded(moves, "one").value(), 1);
  EXPECT_EQ(text(next(news)), moves + ": one");
  cluster.migrate(redis::slot_of(moves), 0, 1);
  EXPECT_EQ(text(next(news)), "gap begins " + moves);
  EXPECT_EQ(text(next(news)), "gap ends");
  EXPECT_EQ(redis.publish_sharded(moves, "two").value(), 1);
  EXPECT_EQ(text(next(news)), moves + ": two");
  cluster.migrate(redis::slot_of(moves), 1, 0);
}

TEST(PubSubOver, AClustersChannelsAreHeardFromAnotherServerWhenOneIsLost) {
  const Store store = Store::open(contract::cluster_of_two().url()).value();
  const auto redis = Redis::over(store).value();
  const auto news = redis.subscribe({.channels = {"any"}}).value();
  for (const auto& server : store.health()) {
    const RedisCall there{.server = server.name};
    if (redis.command({"PUBSUB", "CHANNELS", "any"}, there).value().items.empty()) continue;
    redis.command({"CLIENT", "KILL", "TYPE", "pubsub"}, there).value();
    break;
  }
  EXPECT_EQ(text(next(news)), "gap begins ");
  EXPECT_EQ(text(next(news)), "gap ends");
  redis.publish("any", "hi").value();
  EXPECT_EQ(text(next(news)), "any: hi");
}

// Traps 5 and 6 of docs/redis.md: what a near cache over tracking must be told.
TEST(TrackedKeys, ChangesFlushesAndLostConnectionsAreTold) {
  const Store store = Store::open(contract::modern_server().url()).value();
  const auto redis = Redis::over(store).value();
  const auto changes = redis.subscribe({.key_prefixes = {"user:", "tag:"}}).value();
  store.set("user:7", "a").value();
  store.set("other:7", "a").value();
  store.set("tag:x", "a", {.ttl = 50ms}).value();
  EXPECT_EQ(next(changes).channel, "user:7");
  EXPECT_EQ(next(changes).channel, "tag:x") << "written";
  EXPECT_EQ(next(changes).channel, "tag:x") << "and expired";
  redis.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).value();
  EXPECT_EQ(next(changes).kind, Kind::gap_begins) << "the server has forgotten what it was to tell";
  EXPECT_EQ(next(changes).kind, Kind::gap_ends);
  store.erase("user:7").value();
  EXPECT_EQ(next(changes).channel, "user:7");
  store.flush().value();
  EXPECT_EQ(next(changes).kind, Kind::all_invalidated);
  const auto old = Redis::over(Store::open(contract::old_server().url()).value()).value();
  EXPECT_EQ(old.subscribe({.key_prefixes = {""}}).error().code, Errc::unsupported) << "RESP2";
}

// The store runs on the coroutine's own thread, where nobody may wait.
TEST(PubSubOver, OneThreadOfTheCallersIsEnough) {
  boost::asio::io_context context;
  const Store store =
      Store::open(contract::modern_server().url(), {.io_context = &context}).value();
  const auto redis = Redis::over(store).value();
  std::string heard;
  const auto talk = [&]() -> boost::asio::awaitable<void> {
    RedisTopics topics{.channels = {"one"}};
    const auto news = (co_await redis.async_subscribe(topics)).value();
    topics.channels = {"two"};
    (co_await news.async_add(topics)).value();
    EXPECT_EQ(news.next(1ms).error().code, Errc::would_deadlock);
    EXPECT_EQ(redis.subscribe(topics).error().code, Errc::would_deadlock);
    const RedisCommand ping({"PING"});  // GCC 12 takes no braced list of words inside a co_await.
    const auto unknown = co_await redis.async_command(
        ping, {.server = "a name that is too long to lie in a string itself"});
    EXPECT_EQ(unknown.error().code, Errc::bad_argument);
    (co_await redis.async_publish("two", "hi")).value();
    heard = text((co_await news.async_next()).value());
    context.stop();
  };
  boost::asio::co_spawn(context, talk(), boost::asio::detached);
  context.run();
  EXPECT_EQ(heard, "two: hi");
}

TEST(PubSubOver, AServerThatIsAwayIsNamed) {
  test::RedisServer server;
  const auto redis = Redis::over(Store::open(server.url()).value()).value();
  server.process().stop(9);
  const auto away = redis.subscribe({.channels = {"news"}}, {.deadline = 500ms});
  EXPECT_EQ(away.error().code, Errc::unreachable);
  RedisTopics topics{.channels = {"news"}};
  const auto later = test::run(redis.async_subscribe(topics, {.deadline = 500ms}));
  EXPECT_EQ(later.error().code, Errc::unreachable);
  EXPECT_THAT(away.error().detail, HasSubstr(server.url()));
}

}  // namespace
}  // namespace larder
