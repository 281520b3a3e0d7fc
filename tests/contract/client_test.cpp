// The Redis client's promises that a Store does not show: batching, bounds, and a server that falls silent.
#include "redis/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "support/fake_server.hpp"

namespace larder::redis {
namespace {

using namespace std::chrono_literals;
using test::FakePeer;
using test::FakeServer;
using testing::HasSubstr;

constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

/// Remembers how it ended.
class Waiting final : public Call {
 public:
  void received(const resp::Value& reply) override { text = std::string(reply.text()); }
  void completed(std::optional<Error> why) noexcept override {
    const std::lock_guard guard{mutex_};
    failure = std::move(why);
    ++completions;
    changed_.notify_one();
  }
  bool wait() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 5s, [this] { return completions > 0; });
  }

  std::string text;
  std::optional<Error> failure;
  int completions = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

ClientOptions to(const FakeServer& server) {
  ClientOptions options;
  options.host = "127.0.0.1";
  options.port = server.port();
  options.identity.client_name = "larder";
  return options;
}

base::Instant in(base::Nanos time) { return base::SystemClock::instance().now() + time; }

TEST(ClientTest, WhatIsAskedBeforeTheConnectionStandsLeavesAsOneWrite) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet();
    for (int i = 0; i < 100; ++i) peer.read_until(kPing);
    for (int i = 0; i < 100; ++i) peer.write("+" + std::to_string(i) + "\r\n");
    peer.wait_for_end();
  }};
  Client client{to(server), base::SystemClock::instance()};
  std::deque<Waiting> calls(100);
  for (auto& call : calls) client.send(kPing, 1, call, in(5s), true).value();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    ASSERT_TRUE(calls[i].wait());
    EXPECT_EQ(calls[i].text, std::to_string(i));
  }
  EXPECT_LE(client.stats().writes, 50u);
}

TEST(ClientTest, AServerThatFallsSilentIsTakenForGone) {
  FakeServer server{[](FakePeer& peer, int connection) {
    peer.greet();
    if (connection == 0) return peer.wait_for_end();
    peer.read_until(kPing);
    peer.write("+PONG\r\n");
    peer.wait_for_end();
  }};
  auto options = to(server);
  options.silence_max = 50ms;
  Client client{options, base::SystemClock::instance()};
  Waiting unanswered;
  client.send(kPing, 1, unanswered, in(5s), true).value();
  ASSERT_TRUE(unanswered.wait());
  EXPECT_EQ(unanswered.failure->code, Errc::disconnected);
  EXPECT_EQ(unanswered.failure->effect, Effect::maybe_executed);
  EXPECT_THAT(unanswered.failure->detail, HasSubstr("no answer in 50 ms"));
  Waiting answered;
  client.send(kPing, 1, answered, in(5s), true).value();
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(answered.text, "PONG") << "on the next connection";
}

TEST(ClientTest, AFullQueueShedsAndTellsSo) {
  FakeServer server{[](FakePeer& peer, int) { peer.wait_for_end(); }};
  auto options = to(server);
  options.limits.requests_max = 10;
  Client client{options, base::SystemClock::instance()};
  std::deque<Waiting> calls(10);
  for (auto& call : calls) client.send(kPing, 1, call, in(20ms), true).value();
  Waiting shed;
  const auto refused = client.send(kPing, 1, shed, in(20ms), true);
  EXPECT_EQ(refused.error().code, Errc::overloaded);
  EXPECT_EQ(refused.error().effect, Effect::not_sent);
  for (auto& call : calls) {
    ASSERT_TRUE(call.wait());
    EXPECT_EQ(call.failure->effect, Effect::not_sent);
  }
  EXPECT_EQ(shed.completions, 0);
}

TEST(ClientTest, AReplyThatNobodyAskedForEndsTheConnection) {
  FakeServer server{[](FakePeer& peer, int connection) {
    peer.greet();
    peer.read_until(kPing);
    peer.write(connection == 0 ? "+PONG\r\n+STRAY\r\n" : "+AGAIN\r\n");
    peer.wait_for_end();
  }};
  Client client{to(server), base::SystemClock::instance()};
  Waiting first, second;
  client.send(kPing, 1, first, in(5s), true).value();
  ASSERT_TRUE(first.wait());
  EXPECT_EQ(first.text, "PONG");
  // The stray reply must not become the answer to this one, nor to one sent on the doomed connection.
  client.send(kPing, 1, second, in(5s), true).value();
  ASSERT_TRUE(second.wait());
  EXPECT_TRUE(second.text == "AGAIN" || second.failure) << second.text;
}

TEST(ClientTest, PushesAreNoAnswers) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet();
    peer.read_until(kPing);
    peer.write(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+PONG\r\n");
    peer.wait_for_end();
  }};
  Client client{to(server), base::SystemClock::instance()};
  Waiting call;
  client.send(kPing, 1, call, in(5s), true).value();
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.text, "PONG");
}

}  // namespace
}  // namespace larder::redis
