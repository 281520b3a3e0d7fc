// A Store over a network that fails: what is told, whether the effect is known, and that no reply goes astray.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "support/fake_server.hpp"
#include "support/run_task.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using test::FakePeer;
using test::FakeServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string complaint(const auto& result) {
  return result.has_error() ? to_string(result.error()) : "no error";
}

// --- opening

TEST(OpenRedis, AClosedPortIsUnreachableByHostAndPort) {
  const auto port = std::to_string(test::free_port());
  const auto opened = Store::open("redis://u:hunter2@127.0.0.1:" + port);
  EXPECT_EQ(opened.error().code, Errc::unreachable);
  EXPECT_EQ(opened.error().effect, Effect::not_sent);
  EXPECT_THAT(complaint(opened), AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("refused"),
                                       Not(HasSubstr("hunter2"))));
}

TEST(OpenRedis, ANameThatDoesNotResolveIsUnreachable) {
  EXPECT_THAT(complaint(Store::open("redis://no-such-host.invalid")),
              AllOf(HasSubstr("unreachable"), HasSubstr("no-such-host.invalid:6379")));
}

TEST(OpenRedis, AWebServerIsNotARedisServer) {
  FakeServer web{[](FakePeer& peer, int) {
    peer.read_until("\r\n");
    peer.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  }};
  const auto opened = Store::open(web.url());
  EXPECT_EQ(opened.error().code, Errc::protocol);
  EXPECT_THAT(complaint(opened), AllOf(HasSubstr(std::to_string(web.port())),
                                       HasSubstr("not a Redis server"), HasSubstr("HTTP/1.1 400")));
}

TEST(OpenRedis, AServerThatNeverAnswersIsGivenUpInTime) {
  FakeServer mute{[](FakePeer& peer, int) { peer.wait_for_end(); }};
  const auto opened = Store::open(mute.url(), {.connect_timeout = 50ms});
  EXPECT_THAT(complaint(opened),
              AllOf(HasSubstr("unreachable"), HasSubstr("no connection in 50 ms")));
}

TEST(OpenRedis, AServerThatHangsUpIsUnreachable) {
  FakeServer rude{[](FakePeer&, int) {}};
  EXPECT_THAT(complaint(Store::open(rude.url())), HasSubstr(std::to_string(rude.port())));
}

TEST(OpenRedis, PasswordsAreCheckedAndNeverShown) {
  test::RedisServer server{{"requirepass hunter2"}};
  const auto port = std::to_string(server.port());
  EXPECT_EQ(Store::open(server.url()).error().code, Errc::unauthorized);
  const auto wrong = Store::open("redis://:hunter3@127.0.0.1:" + port);
  EXPECT_EQ(wrong.error().code, Errc::unauthorized);
  EXPECT_THAT(complaint(wrong), AllOf(HasSubstr(port), Not(HasSubstr("hunter"))));
  const auto right = Store::open("redis://:hunter2@127.0.0.1:" + port);
  EXPECT_TRUE(right.value().ping());
  EXPECT_THAT(std::string(right->url()), Not(HasSubstr("hunter2")));
  EXPECT_TRUE(Store::open(server.url(), {.password = "hunter2"}).has_value());
}

TEST(OpenRedis, DatabasesAreApart) {
  test::RedisServer server;
  const Store first = Store::open(server.url()).value();
  const Store third = Store::open(server.url() + "/3").value();
  first.set("k", "v").value();
  EXPECT_EQ(third.get("k").value(), std::nullopt);
  third.set("k", "w").value();
  first.flush().value();
  EXPECT_EQ(third.get("k").value(), Bytes("w"));
  EXPECT_THAT(complaint(Store::open(server.url() + "/99")), HasSubstr("DB index is out of range"));
}

// --- what servers refuse

TEST(RedisRefuses, AnotherKindOfValueIsWrongType) {
  test::RedisServer server;
  const test::TempFolder folder;
  test::Process cli{{"redis-cli", "-p", std::to_string(server.port()), "LPUSH", "list", "x"},
                    folder.path() / "log"};
  ASSERT_EQ(cli.stop(0), 0);
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.get("list").error().code, Errc::wrong_type);
  EXPECT_EQ(store.add("list", std::int64_t{1}).error().code, Errc::wrong_type);
  EXPECT_EQ(store.add("list", 0.5, 60s).error().code, Errc::wrong_type);
  EXPECT_EQ(store.compare_and_set("list", "x", "y").error().code, Errc::wrong_type);
  const std::vector<std::string> keys{"list"};
  EXPECT_EQ(store.get_many(keys).value(), std::vector<std::optional<Bytes>>{std::nullopt});
}

TEST(RedisRefuses, ACommandThatTheServerDoesNotHaveIsUnsupported) {
  test::RedisServer server{{"rename-command INFO \"\""}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.info().error().code, Errc::unsupported);
}

TEST(RedisRefuses, AFullServerIsOutOfMemoryAndChangesNothing) {
  test::RedisServer server{{"maxmemory 1mb", "maxmemory-policy noeviction"}};
  const Store store = Store::open(server.url()).value();
  const auto refused = store.set("k", std::string(100'000, 'x'));
  EXPECT_EQ(refused.error().code, Errc::out_of_memory);
  EXPECT_EQ(refused.error().effect, Effect::refused);
  EXPECT_EQ(store.add("n", std::int64_t{1}, 60s).error().code, Errc::out_of_memory);
  EXPECT_EQ(store.compare_and_set("k", "a", "b").error().code, Errc::out_of_memory);
  EXPECT_EQ(store.get("k").value(), std::nullopt);
}

// --- failing while calls are under way

constexpr std::string_view kGetA = "$3\r\nGET\r\n$1\r\na\r\n";
constexpr std::string_view kGetB = "$3\r\nGET\r\n$1\r\nb\r\n";
constexpr std::string_view kIncr = "INCRBY\r\n$1\r\nn\r\n$1\r\n1\r\n";

// --- large values

std::size_t connections(const Store& store) {
  const std::string info = store.info().value();
  const std::string field = "connected_clients:";
  return std::stoul(info.substr(info.find(field) + field.size()));
}

TEST(LargeValues, HaveAConnectionOfTheirOwnWhichIsMadeWhenItIsNeeded) {
  test::RedisServer server;
  const std::string large(2'000'000, 'x');
  {
    const Store store = Store::open(server.url()).value();
    EXPECT_TRUE(store.set("k", "small").value());
    const auto before = connections(store);
    EXPECT_TRUE(store.set("k", large).value());
    EXPECT_EQ(connections(store), before + 1);
    EXPECT_EQ(store.get("k").value(), Bytes(large));
    EXPECT_EQ(store.health()[0].calls, 5u) << "all but health itself asked the server, over either";
  }
  // Who did not write it learns from the first reply.
  const Store reader = Store::open(server.url()).value();
  EXPECT_EQ(reader.get("k").value(), Bytes(large));
  const auto before = connections(reader);
  EXPECT_EQ(test::run(reader.async_get("k")).value(), Bytes(large));
  EXPECT_EQ(connections(reader), before + 1);
  EXPECT_EQ(reader.get("other").value(), std::nullopt);
}

// The large write is on its way still, by another road than what follows.
TEST(LargeValues, WhatIsWrittenLaterStaysWritten) {
  test::RedisServer server;
  const Store store = Store::open(server.url()).value();
  EXPECT_TRUE(store.set("k", std::string(4'000'000, 'x')).value());
  for (int i = 0; i < 5; ++i) {
    server.process().signal(SIGSTOP);
    const auto late = store.set("k", std::string(4'000'000, 'x'), {}, {.deadline = 50ms});
    EXPECT_EQ(late.error().code, Errc::timeout);
    server.process().signal(SIGCONT);
    EXPECT_TRUE(store.set("k", "small").value());
    EXPECT_EQ(store.get("k").value(), Bytes("small"));
  }
  EXPECT_TRUE(store.ping());
  EXPECT_EQ(store.get("k").value(), Bytes("small"));
}

// --- what goes wrong

TEST(FailingRedis, ALateReplyIsNeverGivenToAnotherRequest) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    peer.read_until(kGetA);
    peer.read_until(kGetB);
    peer.write("$1\r\nA\r\n$1\r\nB\r\n");
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  const auto late = store.get("a", {.deadline = 20ms});
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().effect, Effect::maybe_executed);
  EXPECT_EQ(store.get("b").value(), Bytes("B"));
}

TEST(FailingRedis, ACoroutinesDeadlineHoldsToo) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  const auto late = test::run(store.async_get("a", {.deadline = 20ms}));
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().effect, Effect::maybe_executed);
}

TEST(FailingRedis, AnIncrementThatMayHaveRunIsNotRepeated) {
  std::atomic<int> increments{0};
  FakeServer server{[&](FakePeer& peer, int connection) {
    peer.greet_store();
    if (connection == 0) {
      increments += peer.read_until(kIncr).ends_with(kIncr);
      return;  // Hangs up instead of answering.
    }
    increments += peer.read_until(kIncr).ends_with(kIncr);
  }};
  const Store store = Store::open(server.url()).value();
  const auto lost = store.add("n", std::int64_t{1});
  EXPECT_EQ(lost.error().code, Errc::disconnected);
  EXPECT_EQ(lost.error().effect, Effect::maybe_executed);
  EXPECT_THAT(complaint(lost), HasSubstr(server.url()));
  EXPECT_EQ(increments, 1);
}

TEST(FailingRedis, AReadIsRepeatedOnTheNextConnection) {
  FakeServer server{[](FakePeer& peer, int connection) {
    peer.greet_store();
    peer.read_until(kGetA);
    if (connection == 0) return;
    peer.write("$1\r\nA\r\n");
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.get("a").value(), Bytes("A"));
}

TEST(FailingRedis, AScriptIsSentOnceTheServerDoesNotKnowItsHash) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    peer.read_until("IFEQ\r\n$1\r\na\r\n");
    peer.write("-ERR syntax error\r\n");
    peer.read_until("EVALSHA\r\n");
    peer.write("-NOSCRIPT No matching script. Please use EVAL.\r\n");
    peer.read_until("EVAL\r\n");
    peer.write(":1\r\n");
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  EXPECT_TRUE(store.compare_and_set("k", "a", "b").value());
}

TEST(FailingRedis, ARestartedServerIsFoundAgain) {
  test::RedisServer server;
  const Store store = Store::open(server.url()).value();
  store.set("k", "v").value();
  server.process().stop(9);
  server.restart();
  EXPECT_EQ(store.get("k").value(), std::nullopt) << "a read waits for the new connection";
  EXPECT_TRUE(store.set("k", "v").value());
}

TEST(FailingRedis, ACallWhileTheServerIsAwayIsNotSentAndSaysWhy) {
  test::RedisServer server;
  const Store store = Store::open(server.url()).value();
  server.process().stop(9);
  EXPECT_EQ(store.get("k", {.deadline = 30ms}).error().code, Errc::unreachable);
  const auto refused = store.set("k", "v", {}, {.deadline = 30ms});
  EXPECT_EQ(refused.error().code, Errc::unreachable);
  EXPECT_EQ(refused.error().effect, Effect::not_sent);
}

TEST(FailingRedis, ABlockingCallEndsWhenItIsToldToStop) {
  test::RedisServer server;
  const Store store = Store::open(server.url()).value();
  server.process().signal(SIGSTOP);
  std::stop_source stop;
  const std::stop_token token = stop.get_token();
  std::jthread other([&] {
    while (store.health()[0].waiting == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto set = store.set("k", "v", {}, {.deadline = 20s, .stop = &token});
  EXPECT_EQ(set.error().code, Errc::cancelled);
  EXPECT_NE(set.error().effect, Effect::refused) << "the server may still do it";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  const auto next = store.get("k", {.stop = &token});
  EXPECT_EQ(next.error().code, Errc::cancelled);
  EXPECT_EQ(next.error().effect, Effect::not_sent);
  server.process().signal(SIGCONT);
  const std::stop_source running;
  const std::stop_token heard = running.get_token();
  EXPECT_TRUE(store.get_many({"k", "l"}, {.stop = &heard}).has_value()) << "nobody stopped it";
}

TEST(FailingRedis, ACallOnTheIoThreadIsRefusedNotADeadlock) {
  test::RedisServer server;
  asio::io_context context;
  const Store store = Store::open(server.url(), {.io_context = &context}).value();
  Errc heard{};
  asio::post(context, [&] {
    heard = store.get("k").error().code;
    context.stop();
  });
  context.run();
  EXPECT_EQ(heard, Errc::would_deadlock);
}

TEST(FailingRedis, AGivenContextServesCoroutines) {
  test::RedisServer server;
  asio::io_context context;
  std::optional<Bytes> got;
  {
    const Store store = Store::open(server.url(), {.io_context = &context}).value();
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          (co_await store.async_set("k", "v")).value();
          got = (co_await store.async_get("k")).value();
          context.stop();
        },
        asio::detached);
    context.run();
  }
  EXPECT_EQ(got, Bytes("v"));
}

TEST(FailingRedis, ACoroutineCanBeCancelled) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store();
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  asio::io_context context;
  asio::cancellation_signal stop;
  std::optional<Error> failure;
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        const auto answer = co_await store.async_get("a");
        if (answer.has_error()) failure = answer.error();
      },
      asio::bind_cancellation_slot(stop.slot(), asio::detached));
  asio::steady_timer timer{context, 20ms};
  timer.async_wait([&](auto) { stop.emit(asio::cancellation_type::terminal); });
  context.run();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, Errc::cancelled);
}

}  // namespace
}  // namespace larder
