#include "server/connection.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "net/memory_stream.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using Next = Connection::Next;
namespace limits = base::limits;

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto [near, far] = net::MemoryStream::pair();
    peer = std::move(far);
    connection.emplace(std::move(near), world.context, scratch, Addresses{"peer", "here"});
  }
  /// Turns until there is nothing left to do.
  Next settle(bool readable = true) {
    Next next = connection->turn(readable, true, world.clock.now());
    while (next == Next::again) next = connection->turn(false, false, world.clock.now());
    return next;
  }
  /// As settle, reading until the peer's bytes are used up.
  Next settle_all() {
    Next next = settle();
    while (next == Next::wait && connection->wants_read() && !peer->outgoing().bytes.empty()) {
      next = settle();
    }
    return next;
  }

  test::World world;
  Scratch scratch;
  std::unique_ptr<net::MemoryStream> peer;
  std::optional<Connection> connection;
};

TEST_F(ConnectionTest, APipelineIsAnsweredInOneWrite) {
  peer->write("SET k v\r\nGET k\r\nPING\r\n");
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_EQ(peer->take(), "+OK\r\n$1\r\nv\r\n+PONG\r\n");
  EXPECT_EQ(peer->incoming().writes, 1U);
}

TEST_F(ConnectionTest, AnIdleConnectionHoldsNoBuffer) {
  peer->write("SET k " + std::string(50'000, 'x') + "\r\nGET k\r\n");
  settle();
  peer->take();
  EXPECT_EQ(connection->memory_bytes(), 0U);
}

TEST_F(ConnectionTest, AnUnfinishedRequestHoldsWhatItSentAndNoMore) {
  peer->write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000000\r\nabc");
  settle();
  EXPECT_LT(connection->memory_bytes(), 1'024U);
}

TEST_F(ConnectionTest, AValueThatComesInPiecesIsKeptWhole) {
  const std::string value(300'000, 'x');
  peer->outgoing().capacity = 1 << 20;
  peer->outgoing().read_bytes_max = 1'000;
  peer->write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$300000\r\n" + value + "\r\nSTRLEN k\r\n");
  settle_all();
  EXPECT_EQ(peer->take(), "+OK\r\n:300000\r\n");
  EXPECT_EQ(connection->memory_bytes(), 0U);
}

TEST_F(ConnectionTest, ALargeReplyThatTheSocketTakesInPartIsNotCopied) {
  world.node.visit(0, "k", node::Mode::write, [](engine::Entry& entry) {
    entry.assign(std::string(10'000'000, 'x'), engine::Deadline::none()).value();
  });
  peer->incoming().capacity = 1'000;
  peer->write("GET k\r\n");
  settle();
  EXPECT_EQ(connection->output_bytes(), 10'000'000 + 13 - 1'000U);
  EXPECT_GE(connection->memory_bytes(), 10'000'000U);  // What was sent is still in front.
  EXPECT_EQ(scratch.output.capacity(), 0U);
}

TEST_F(ConnectionTest, TheMemoryOfALargeReplyIsKeptForTheNextAndThenGivenBack) {
  world.node.visit(0, "k", node::Mode::write, [](engine::Entry& entry) {
    entry.assign(std::string(10'000'000, 'x'), engine::Deadline::none()).value();
  });
  peer->write("GET k\r\n");
  settle();
  while (connection->wants_write()) {
    peer->take();
    settle(false);
  }
  EXPECT_EQ(connection->memory_bytes(), 0U);
  EXPECT_GE(scratch.output.capacity(), 10'000'000U);

  scratch.tidy();  // It was needed since the last time.
  EXPECT_GE(scratch.output.capacity(), 10'000'000U);
  peer->write("PING\r\n");
  settle();
  scratch.tidy();
  EXPECT_EQ(scratch.output.capacity(), 0U);
}

TEST_F(ConnectionTest, APeerThatDoesNotReadGetsNoMoreAnswersMade) {
  peer->incoming().capacity = 1'000;
  peer->write("SET k " + std::string(30'000, 'x') + "\r\n");
  settle();
  std::string greedy;
  for (int i = 0; i < 500; ++i) greedy += "GET k\r\n";
  peer->write(greedy);
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_FALSE(connection->wants_read());
  EXPECT_TRUE(connection->wants_write());
  EXPECT_LT(connection->output_bytes(), limits::kOutputPauseBytes + 40'000);

  peer->incoming().capacity = 1U << 30U;
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_EQ(peer->take().size(), 5 + 500 * (30'000U + 10));
  EXPECT_TRUE(connection->wants_read());
  EXPECT_FALSE(connection->wants_write());
}

TEST_F(ConnectionTest, OutputOverTheHardLimitCutsTheConnection) {
  peer->incoming().capacity = 0;
  const std::string value(10'000'000, 'x');
  world.node.visit(0, "k", node::Mode::write, [&](engine::Entry& entry) {
    entry.assign(value, engine::Deadline::none()).value();
  });
  std::string keys = "MGET";
  for (int i = 0; i < 20; ++i) keys += " k";
  peer->write(keys + "\r\n");
  EXPECT_EQ(settle(), Next::close);
  EXPECT_EQ(world.counters.cut.get(), 1U);
}

TEST_F(ConnectionTest, AReaderThatStaysSlowIsOverdue) {
  peer->incoming().capacity = 0;
  const std::string value(9 * limits::kMiB, 'x');
  world.node.visit(0, "k", node::Mode::write, [&](engine::Entry& entry) {
    entry.assign(value, engine::Deadline::none()).value();
  });
  peer->write("GET k\r\n");
  settle();
  world.clock.advance(limits::kOutputSoftTime);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(ConnectionTest, WhoReadsNothingOfALittleIsOverdueAndWhoReadsSlowlyIsNot) {
  peer->incoming().capacity = 0;
  peer->write("PING\r\n");
  settle();
  world.clock.advance(limits::kOutputStuckTime);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  peer->incoming().capacity = 1;
  EXPECT_EQ(connection->turn(false, true, world.clock.now()), Next::wait);
  world.clock.advance(limits::kOutputStuckTime);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
  world.settings.output_limits[0].soft_bytes = std::size_t{0};
  EXPECT_FALSE(connection->overdue(world.clock.now())) << "no bound was wanted";
}

TEST_F(ConnectionTest, ARequestThatNeverEndsIsOverdue) {
  peer->write("*1\r\n$4\r\nPI");
  settle();
  world.clock.advance(limits::kRequestTime);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(ConnectionTest, EachRequestHasItsOwnTime) {
  peer->write("*1\r\n$4\r\nPI");
  settle();
  world.clock.advance(20s);
  peer->write("NG\r\n*1\r\n$4\r\nPI");
  settle();
  world.clock.advance(20s);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
}

TEST_F(ConnectionTest, ASilentConnectionIsNeverOverdue) {
  world.clock.advance(24h);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
}

TEST_F(ConnectionTest, AHalfClosedPeerGetsAllAnswersFirst) {
  peer->write("PING\r\nPING\r\n");
  peer->finish_writing();
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_EQ(settle(), Next::close);
  EXPECT_EQ(peer->take(), "+PONG\r\n+PONG\r\n");
}

TEST_F(ConnectionTest, AHalfClosedPeerThatReadsLateGetsAllAnswersToo) {
  peer->incoming().capacity = 3;
  peer->write("PING\r\n");
  peer->finish_writing();
  settle();
  EXPECT_EQ(settle(), Next::wait);
  peer->incoming().capacity = 100;
  EXPECT_EQ(connection->turn(false, true, world.clock.now()), Next::close);
  EXPECT_EQ(peer->take(), "+PONG\r\n");
}

TEST_F(ConnectionTest, AResetConnectionIsOver) {
  peer->write("PING\r\n");
  peer->reset();
  EXPECT_EQ(settle(), Next::close);
}

TEST_F(ConnectionTest, TheReasonOfAProtocolErrorIsSentBeforeTheEnd) {
  peer->write("*1\r\n!\r\n");
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_EQ(peer->take(), "-ERR Protocol error: expected '$', got '!'\r\n");
  EXPECT_TRUE(peer->incoming().ended);
  peer->finish_writing();
  EXPECT_EQ(settle(), Next::close);
}

TEST_F(ConnectionTest, WhatComesBehindAProtocolErrorIsDroppedWithinBounds) {
  peer->outgoing().capacity = 1U << 20U;
  peer->write("*1\r\n!\r\n");
  settle();
  const std::string more(1'000'000, 'x');
  for (std::size_t sent = 0; sent < limits::kLingerBytesMax - 2 * more.size();
       sent += more.size()) {
    peer->write(more);
    while (!peer->outgoing().bytes.empty()) ASSERT_EQ(settle(), Next::wait);
  }
  EXPECT_LT(connection->memory_bytes(), 1'024U);
  peer->write(more);
  peer->write(more);
  Next next = Next::wait;
  for (int i = 0; i < 100 && next == Next::wait; ++i) {
    next = settle();
    peer->write(more);
  }
  EXPECT_EQ(next, Next::close);
}

TEST_F(ConnectionTest, WhoDoesNotEndAfterAProtocolErrorIsCut) {
  peer->write("*1\r\n!\r\n");
  settle();
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(limits::kLingerTime);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(ConnectionTest, WhoIsSilentForLongerThanTheTimeoutIsOverdue) {
  world.settings.idle_seconds_max = std::int64_t{60};
  peer->write("PING\r\n");
  world.clock.advance(30s);
  settle();
  world.clock.advance(60s);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

class SubscribedConnectionTest : public ConnectionTest {
 protected:
  void SetUp() override {
    ConnectionTest::SetUp();
    peer->write("SUBSCRIBE c\r\n");
    settle();
    peer->take();
  }
  Next pass() { return connection->pass_messages(world.clock.now()); }
  static std::string message(const std::string& text) {
    return "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + std::to_string(text.size()) + "\r\n" + text +
           "\r\n";
  }
};

TEST_F(SubscribedConnectionTest, ManyMessagesLeaveInOneWrite) {
  const auto writes = peer->incoming().writes;
  EXPECT_FALSE(connection->has_messages());
  for (const char* text : {"a", "b", "c"}) world.pub_sub.publish("c", text);
  EXPECT_TRUE(connection->has_messages());
  EXPECT_EQ(pass(), Next::wait);
  EXPECT_EQ(peer->take(), message("a") + message("b") + message("c"));
  EXPECT_EQ(peer->incoming().writes, writes + 1);
  EXPECT_FALSE(connection->has_messages());
}

TEST_F(SubscribedConnectionTest, WhatASlowReaderWasNotSentYetComesInOrder) {
  peer->incoming().capacity = 10;
  world.pub_sub.publish("c", "a");
  EXPECT_EQ(pass(), Next::wait);
  EXPECT_TRUE(connection->wants_write());
  EXPECT_FALSE(connection->may_move());
  peer->write("PING\r\n");
  settle();
  world.pub_sub.publish("c", "b");
  EXPECT_EQ(pass(), Next::wait);
  peer->incoming().capacity = 1'000;
  settle(false);
  EXPECT_EQ(peer->take(), message("a") + "*2\r\n$4\r\npong\r\n$0\r\n\r\n" + message("b"));
  EXPECT_TRUE(connection->may_move());
}

TEST_F(SubscribedConnectionTest, WhoReadsNothingIsCutAtTheLimitOfSubscribers) {
  OutputLimit& limit = world.settings.output_limits[static_cast<int>(ClientClass::pubsub)];
  limit.hard_bytes = std::size_t{10'000};
  peer->incoming().capacity = 0;
  const std::string text(3'000, 'x');
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.pub_sub.publish("c", text), 1U);
    EXPECT_EQ(pass(), Next::wait);
  }
  EXPECT_EQ(connection->output_bytes(), 3 * message(text).size());
  world.pub_sub.publish("c", text);
  EXPECT_TRUE(connection->has_messages()) << "the end is to be learnt of";
  EXPECT_EQ(pass(), Next::close);
  EXPECT_EQ(world.counters.cut.get(), 1U);
}

TEST_F(SubscribedConnectionTest, AReaderThatStaysSlowIsOverdueByTheLimitOfSubscribers) {
  peer->incoming().capacity = 0;
  const std::string text(9 * limits::kMiB, 'x');
  world.pub_sub.publish("c", text);
  pass();
  world.clock.advance(60s);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(SubscribedConnectionTest, WhoListensMayBeSilentForEver) {
  world.settings.idle_seconds_max = std::int64_t{60};
  world.clock.advance(1h);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  peer->write("UNSUBSCRIBE\r\n");
  settle();
  world.clock.advance(1h);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(SubscribedConnectionTest, NothingIsSentToWhoSaidGoodbye) {
  peer->incoming().capacity = 2;
  peer->write("QUIT\r\n");
  settle();
  world.pub_sub.publish("c", "a");
  EXPECT_EQ(pass(), Next::wait);
  peer->incoming().capacity = 1'000;
  EXPECT_EQ(connection->turn(false, true, world.clock.now()), Next::close);
  EXPECT_EQ(peer->take(), "+OK\r\n");
}

TEST_F(ConnectionTest, TheLimitsOfOutputCanBeChangedWhileRunning) {
  peer->incoming().capacity = 0;
  OutputLimit& limit = world.settings.output_limits[0];
  limit.soft_bytes = std::size_t{1'000};
  limit.soft_seconds = std::int64_t{3};
  peer->write("SET k " + std::string(2'000, 'x') + "\r\nGET k\r\n");
  settle();
  world.clock.advance(3s);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1s);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
  limit.hard_bytes = std::size_t{1'500};
  EXPECT_EQ(settle(), Next::close);
}

TEST_F(ConnectionTest, FinishAnswersWhatWasSentAndEnds) {
  peer->write("PING\r\n");
  EXPECT_EQ(connection->finish(world.clock.now()), Next::close);
  EXPECT_EQ(peer->take(), "+PONG\r\n");
}

TEST_F(ConnectionTest, FinishWaitsForAReaderButNotForARequest) {
  peer->incoming().capacity = 3;
  peer->write("PING\r\nPI");
  EXPECT_EQ(connection->finish(world.clock.now()), Next::wait);
  EXPECT_FALSE(connection->wants_read());
  peer->incoming().capacity = 100;
  EXPECT_EQ(connection->turn(false, true, world.clock.now()), Next::close);
}

TEST_F(ConnectionTest, AnswersTheSameHoweverReadsAndWritesAreCut) {
  for (const std::size_t cut : {1U, 2U, 3U, 7U, 64U}) {
    SetUp();
    peer->outgoing().read_bytes_max = cut;
    peer->incoming().write_bytes_max = cut;
    peer->write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\nabcd\r\nGET k\r\n*1\r\n$4\r\nPING\r\n");
    settle_all();
    EXPECT_EQ(peer->take(), "+OK\r\n$4\r\nabcd\r\n+PONG\r\n") << "cut at " << cut;
  }
}

}  // namespace
}  // namespace larder::server
