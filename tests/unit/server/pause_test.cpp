#include "server/pause.hpp"

#include <gtest/gtest.h>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;
using Kind = Pause::Kind;

TEST(Pause, OneOnTopOfAnotherIsStricterAndLongerNeverTheOpposite) {
  const base::Instant now{1s};
  Pause pause;
  pause.begin(Kind::all, now + 10s, now);
  pause.begin(Kind::writes, now + 20s, now);
  EXPECT_EQ(pause.kind(now + 19s), Kind::all);
  pause.begin(Kind::writes, now + 1s, now);
  EXPECT_EQ(pause.kind(now + 19s), Kind::all);
  EXPECT_EQ(pause.kind(now + 20s), Kind::none);
}

TEST(Pause, OneThatIsOverCountsNoMore) {
  const base::Instant now{1s};
  Pause pause;
  pause.begin(Kind::all, now + 10s, now);
  pause.begin(Kind::writes, now + 15s, now + 11s);
  EXPECT_EQ(pause.kind(now + 12s), Kind::writes);
  pause.end();
  EXPECT_EQ(pause.kind(now + 12s), Kind::none);
}

class PausedSessionTest : public testing::Test {
 protected:
  World world;
  Conversation admin{world};
  Conversation client{world};
};

TEST_F(PausedSessionTest, AnExecWaitsIfOneOfItsCommandsWrites) {
  client.ask("MULTI");
  client.ask("SET k v");
  admin.ask("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(client.ask("EXEC"), "");
  EXPECT_EQ(admin.ask("EXISTS k"), ":0\r\n");
  world.clock.advance(1s);
  EXPECT_EQ(client.send(""), "*1\r\n+OK\r\n");
}

TEST_F(PausedSessionTest, WhatComesBehindAHeldCommandStaysInOrder) {
  admin.ask("CLIENT PAUSE 1000 WRITE");
  EXPECT_EQ(client.ask("GET k"), "$-1\r\n");
  EXPECT_EQ(client.send("GET k\r\nSET k v\r\nGET k\r\n"), "$-1\r\n");
  EXPECT_EQ(client.ask("PING"), "");
  admin.ask("CLIENT UNPAUSE");
  EXPECT_EQ(client.send(""), "+OK\r\n$1\r\nv\r\n+PONG\r\n");
}

TEST_F(PausedSessionTest, ASubcommandThatWritesIsFoundOut) {
  admin.ask("CLIENT PAUSE 1000");
  EXPECT_EQ(client.ask("CLIENT ID"), "");
  EXPECT_EQ(client.ask("CLIENT UNPAUSE"), "") << "as in Redis: everything waits for the end";
}

TEST_F(PausedSessionTest, AStrangerIsTurnedAwayWithoutWaiting) {
  World locked{{.password = "sesame"}};
  Conversation stranger{locked};
  locked.host.pause.begin(Kind::all, locked.clock.now() + 1s, locked.clock.now());
  EXPECT_EQ(stranger.ask("SET k v"), "-NOAUTH Authentication required.\r\n");
}

TEST_F(PausedSessionTest, TheListShowsWhoIsAtWhat) {
  client.ask("MULTI");
  client.ask("SET k v");
  client.ask("SET k w");
  const std::string list = admin.ask("CLIENT LIST");
  EXPECT_NE(list.find(" laddr=127.0.0.1:6379 "), std::string::npos) << list;
  EXPECT_NE(list.find(" flags=x db=0 sub=0 psub=0 ssub=0 multi=2 "), std::string::npos) << list;
  client.ask("DISCARD");
  client.ask("CLIENT NO-EVICT ON");
  client.ask("CLIENT NO-TOUCH ON");
  EXPECT_NE(client.ask("CLIENT INFO").find(" flags=eT db=0 sub=0 psub=0 ssub=0 multi=-1 "),
            std::string::npos);
}

TEST_F(PausedSessionTest, ConnectionsAreEndedByTheirSideOfTheServerToo) {
  EXPECT_EQ(client.ask("CLIENT KILL LADDR 127.0.0.1:6379 SKIPME no"), ":1\r\n");
  EXPECT_TRUE(client.session.client().closing);
}

}  // namespace
}  // namespace larder::server
