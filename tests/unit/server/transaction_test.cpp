#include "server/transaction.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "base/limits.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

class TransactionTest : public testing::Test {
 protected:
  World world;
  Conversation client{world};
  Conversation other{world};
};

TEST_F(TransactionTest, NobodySeesWhatIsOnlyQueued) {
  client.ask("MULTI");
  EXPECT_EQ(client.ask("SET k v"), "+QUEUED\r\n");
  EXPECT_EQ(other.ask("GET k"), "$-1\r\n");
  EXPECT_EQ(client.ask("EXEC"), "*1\r\n+OK\r\n");
  EXPECT_EQ(other.ask("GET k"), "$1\r\nv\r\n");
}

TEST_F(TransactionTest, NothingHappensWhenAnotherClientChangedAWatchedKey) {
  client.ask("WATCH a b");
  other.ask("SET b 1");
  client.ask("MULTI");
  client.ask("SET a 1");
  EXPECT_EQ(client.ask("EXEC"), "*-1\r\n");
  EXPECT_EQ(other.ask("EXISTS a"), ":0\r\n");
}

TEST_F(TransactionTest, ARefusalIsANullInResp3) {
  client.ask("HELLO 3");
  client.ask("WATCH k");
  other.ask("SET k 1");
  client.ask("MULTI");
  EXPECT_EQ(client.ask("EXEC"), "_\r\n");
}

TEST_F(TransactionTest, AKeyThatExpiredSinceHasChanged) {
  client.ask("SET k v PX 100");
  client.ask("WATCH k");
  world.clock.advance(101ms);
  client.ask("MULTI");
  EXPECT_EQ(client.ask("EXEC"), "*-1\r\n");
}

TEST_F(TransactionTest, WritesToNeighboursAreNoChange) {
  for (int i = 0; i < 100; ++i) other.ask("SET neighbour" + std::to_string(i) + " v");
  client.ask("SET k v");
  client.ask("WATCH k absent");
  for (int i = 0; i < 100; ++i) other.ask("SET neighbour" + std::to_string(i) + " w");
  client.ask("MULTI");
  EXPECT_EQ(client.ask("EXEC"), "*0\r\n");
}

TEST_F(TransactionTest, AnswersTheSameHoweverTheBytesAreSplit) {
  const std::string bytes = "SET a 1\r\nMULTI\r\nGET a\r\nSET a 2\r\nGET a\r\nEXEC\r\nGET a\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Conversation split{world};
    const std::string first = split.send(bytes.substr(0, cut));
    EXPECT_EQ(first + split.send(bytes.substr(cut)),
              "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n$"
              "1\r\n2\r\n")
        << "cut at " << cut;
  }
}

TEST_F(TransactionTest, AChangedProtocolHoldsForTheRepliesBehindIt) {
  client.ask("MULTI");
  client.ask("GET k");
  client.ask("HELLO 3");
  client.ask("GET k");
  const std::string answer = client.ask("EXEC");
  EXPECT_EQ(answer.substr(0, 9), "*3\r\n$-1\r\n");
  EXPECT_EQ(answer.substr(answer.size() - 3), "_\r\n");
}

/// Every row and its subcommands, with as few arguments as it takes: none may wait for a lock that its own transaction
/// holds, or visit a key that it did not name.
TEST_F(TransactionTest, EveryCommandRunsInsideOne) {
  const auto run = [&](const Command& row) {
    if ((row.flags & (kUnqueued | kNoMulti)) != 0 || !row.subcommands.empty()) return;
    const auto bar = row.name.find('|');
    std::string line(row.name.substr(0, bar));
    if (bar != std::string_view::npos) line += " " + std::string(row.name.substr(bar + 1));
    const auto named = bar == std::string_view::npos ? 1 : 2;
    for (int i = named; i < std::abs(row.arity); ++i) line += " " + std::to_string(i);
    client.ask("RESET");
    client.ask("MULTI");
    EXPECT_EQ(client.ask(line), "+QUEUED\r\n") << line;
    EXPECT_EQ(client.ask("EXEC").substr(0, 4), "*1\r\n") << line;
    world.host.end_pause();
    EXPECT_EQ(other.ask("PING"), "+PONG\r\n") << line;
  };
  for (const Command& row : commands()) {
    run(row);
    for (const Command& sub : row.subcommands) run(sub);
  }
}

TEST_F(TransactionTest, WhatItMayQueueIsBoundedInCount) {
  client.ask("MULTI");
  std::string pings;
  for (std::size_t i = 0; i < base::limits::kQueuedCommandsMax; ++i) pings += "PING\r\n";
  client.send(pings);
  EXPECT_EQ(client.ask("PING"), "-ERR too much queued in one transaction\r\n");
  EXPECT_TRUE(client.session.client().transaction->queued().empty());
  EXPECT_EQ(client.ask("PING"), "+QUEUED\r\n");
  EXPECT_EQ(client.ask("EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST(Transaction, WhatItMayQueueIsBoundedInBytes) {
  Transaction transaction;
  const std::string large(base::limits::kQueuedBytesMax / 4, 'x');
  const std::array<std::string_view, 3> args{"SET", "k", large};
  const Command& set = *find_command("set");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(transaction.queue(set, args));
  EXPECT_EQ(transaction.queued().size(), 3u);
  EXPECT_FALSE(transaction.queue(set, args));
  EXPECT_TRUE(transaction.is_doomed());
  EXPECT_TRUE(transaction.queued().empty());
}

TEST(Transaction, WhatItMayWatchIsBoundedInBytes) {
  Transaction transaction;
  const std::string key(base::limits::kWatchedBytesMax / 2, 'k');
  EXPECT_TRUE(transaction.watch(0, key, 1));
  EXPECT_FALSE(transaction.watch(0, key, 1));
}

TEST(Transaction, KeepsItsOwnCopyOfTheArguments) {
  Transaction transaction;
  const Command& set = *find_command("set");
  for (int i = 0; i < 100; ++i) {
    std::string key = "k" + std::to_string(i);
    const std::array<std::string_view, 3> args{"SET", key, ""};
    ASSERT_TRUE(transaction.queue(set, args));
    key.assign(key.size(), '?');
  }
  EXPECT_EQ(transaction.queued()[7].args[1], "k7");
  EXPECT_EQ(transaction.queued()[99].args[1], "k99");
  EXPECT_EQ(transaction.queued()[99].args[2], "");
}

}  // namespace
}  // namespace larder::server
