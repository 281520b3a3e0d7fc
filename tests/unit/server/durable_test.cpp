// A server whose node is kept on disk: replies wait for the log, writes are refused while it cannot be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/memory_disk.hpp"
#include "net/memory_stream.hpp"
#include "node/durability.hpp"
#include "server/connection.hpp"
#include "support/same_disk.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Next = Connection::Next;
using Deed = base::MemoryDisk::Deed;

class DurableServerTest : public testing::Test {
 protected:
  void SetUp() override {
    durability = node::Durability::open(std::make_unique<larder::test::SameDisk>(disk), world.node,
                                        load_clock, {.own_thread = false})
                     .value();
    world.options.durability = durability.get();
  }

  /// A client with a connection of its own.
  struct Peer {
    explicit Peer(DurableServerTest& test) : clock(test.world.clock) {
      auto [near, far] = net::MemoryStream::pair();
      stream = std::move(far);
      connection.emplace(std::move(near), test.world.context, test.scratch,
                         Addresses{"peer", "here"});
    }
    void send(std::string_view words) {
      stream->write(words);
      EXPECT_EQ(connection->turn(true, true, clock.now()), Next::wait);
    }
    std::string settle(bool safe) {
      EXPECT_TRUE(connection->awaits_log());
      EXPECT_EQ(connection->settle(safe, clock.now()), Next::wait);
      return stream->take();
    }
    base::ManualClock& clock;
    std::unique_ptr<net::MemoryStream> stream;
    std::optional<Connection> connection;
  };

  void fill_disk() { disk.set_capacity(0); }

  base::MemoryDisk disk;
  test::World world;
  node::LoadClock load_clock{world.clock};
  std::unique_ptr<node::Durability> durability;  // Before the node: nobody visits any more.
  Scratch scratch;
};

TEST_F(DurableServerTest, TheReplyToAWriteWaitsForItsRecord) {
  Peer peer(*this);
  peer.send("SET k v\r\n");
  EXPECT_EQ(peer.stream->take(), "");
  EXPECT_FALSE(peer.connection->wants_write());
  ASSERT_TRUE(durability->flush());
  EXPECT_EQ(peer.settle(true), "+OK\r\n");
}

TEST_F(DurableServerTest, AReadThatMayHaveSeenAnUnwrittenValueWaitsToo) {
  Peer writer(*this), reader(*this);
  writer.send("SET k v\r\n");
  reader.send("GET k\r\n");
  EXPECT_EQ(reader.stream->take(), "");
  ASSERT_TRUE(durability->flush());
  EXPECT_EQ(reader.settle(true), "$1\r\nv\r\n");
}

TEST_F(DurableServerTest, AReadOfWhatIsSafeDoesNotWait) {
  Peer peer(*this);
  peer.send("SET k v\r\n");
  ASSERT_TRUE(durability->flush());
  peer.settle(true);
  peer.send("GET k\r\n");
  EXPECT_FALSE(peer.connection->awaits_log());
  EXPECT_EQ(peer.stream->take(), "$1\r\nv\r\n");
}

TEST_F(DurableServerTest, AWriteThatTheDiskRefusedIsNotCalledDone) {
  Peer peer(*this);
  fill_disk();
  peer.send("SET k v\r\nGET k\r\nMGET a b\r\n");
  EXPECT_FALSE(durability->flush());
  const std::string replies = peer.settle(false);
  std::size_t errors = 0;
  for (std::size_t at = 0; (at = replies.find("-MISCONF", at)) != replies.npos; ++at) ++errors;
  EXPECT_EQ(errors, 3u) << replies;
  EXPECT_THAT(replies, HasSubstr("No space left on device"));
}

TEST_F(DurableServerTest, MessagesWaitBehindRepliesThatWaitAndAreNotTakenForThem) {
  Peer peer(*this);
  peer.send("HELLO 3\r\nSUBSCRIBE c\r\n");
  peer.stream->take();
  fill_disk();
  peer.send("SET k v\r\nPUBLISH c mine\r\n");
  world.pub_sub.publish("c", "more");
  EXPECT_EQ(peer.connection->pass_messages(world.clock.now()), Next::wait);
  EXPECT_EQ(peer.stream->take(), "");
  EXPECT_FALSE(durability->flush());
  const std::string got = peer.settle(false);
  EXPECT_THAT(got, StartsWith("-MISCONF"));
  const auto mine = got.find("\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\nmine\r\n-MISCONF");
  EXPECT_NE(mine, got.npos) << got;
  EXPECT_THAT(got, ::testing::EndsWith(">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\nmore\r\n"));
}

TEST_F(DurableServerTest, WhileTheDiskRefusesReadsGoOnAndWritesDoNot) {
  Peer peer(*this);
  peer.send("SET k v\r\n");
  ASSERT_TRUE(durability->flush());
  peer.settle(true);
  fill_disk();
  Peer other(*this);
  other.send("SET lost v\r\n");
  EXPECT_FALSE(durability->flush());
  other.settle(false);

  peer.send("GET k\r\n");
  EXPECT_EQ(peer.stream->take(), "$1\r\nv\r\n");
  for (const char* line : {"SET k w\r\n", "DEL k\r\n", "FLUSHALL\r\n", "INCR n\r\n"}) {
    peer.send(line);
    EXPECT_THAT(peer.stream->take(), StartsWith("-MISCONF ")) << line;
  }
  peer.send("GET k\r\nINFO persistence\r\n");
  EXPECT_THAT(peer.stream->take(), HasSubstr("aof_last_write_status:err"));

  disk.set_capacity(1 << 20);
  world.clock.advance(1s);
  durability->tick();
  peer.send("SET k w\r\n");
  ASSERT_TRUE(durability->flush());
  EXPECT_EQ(peer.settle(true), "+OK\r\n");
}

TEST_F(DurableServerTest, ATransactionQueuedBeforeTheDiskRefusedIsRefusedWhole) {
  test::Conversation client(world);
  client.ask("MULTI");
  client.ask("SET k v");
  fill_disk();
  test::Conversation other(world);
  other.ask("SET lost v");
  EXPECT_FALSE(durability->flush());
  EXPECT_THAT(client.ask("EXEC"),
              StartsWith("-EXECABORT Transaction discarded because of: MISCONF"));
  EXPECT_EQ(client.ask("EXISTS k"), ":0\r\n");
  client.ask("MULTI");
  EXPECT_THAT(client.ask("SET k v"), StartsWith("-MISCONF"));
  EXPECT_THAT(client.ask("EXEC"), StartsWith("-EXECABORT"));
}

TEST_F(DurableServerTest, SaveWritesASnapshotAndLastSaveTellsWhen) {
  test::Conversation client(world);
  client.ask("SET k v");
  world.clock.advance(5s);
  EXPECT_EQ(client.ask("SAVE"), "+OK\r\n");
  EXPECT_EQ(client.ask("LASTSAVE"),
            ":" + std::to_string(world.clock.wall().time_since_epoch().count() / 1'000) + "\r\n");
  EXPECT_EQ(client.ask("BGSAVE"), "+Background saving started\r\n");
  EXPECT_THAT(client.ask("BGSAVE"), StartsWith("-ERR Background save already in progress"));
  while (durability->tick()) continue;
  EXPECT_EQ(client.ask("BGSAVE SCHEDULE"), "+Background saving started\r\n");
  EXPECT_THAT(client.ask("BGSAVE NOW"), StartsWith("-ERR syntax"));
  EXPECT_EQ(durability->stats().saves, 2u);
}

TEST_F(DurableServerTest, SaveSaysWhatWentWrong) {
  test::Conversation client(world);
  client.ask("SET k v");
  ASSERT_TRUE(durability->flush());
  disk.fail(Deed::rename, 1, EIO);
  EXPECT_THAT(client.ask("SAVE"), HasSubstr("Input/output error"));
  EXPECT_THAT(client.ask("INFO persistence"), HasSubstr("rdb_last_bgsave_status:err"));
}

TEST_F(DurableServerTest, SettingsShowAndChangeHowItIsKept) {
  test::Conversation client(world);
  EXPECT_EQ(client.ask("CONFIG GET appendfsync"), "*2\r\n$11\r\nappendfsync\r\n$8\r\neverysec\r\n");
  EXPECT_EQ(client.ask("CONFIG SET appendfsync always"), "+OK\r\n");
  EXPECT_EQ(durability->fsync(), node::Fsync::always);
  EXPECT_EQ(client.ask("CONFIG GET save"), "*2\r\n$4\r\nsave\r\n$4\r\n60 1\r\n");
  EXPECT_EQ(client.ask("CONFIG SET save \"3600 1 300 100\""), "+OK\r\n");
  EXPECT_EQ(durability->snapshot_every(), 300s);
  EXPECT_EQ(client.ask("CONFIG SET save \"\""), "+OK\r\n");
  EXPECT_EQ(durability->snapshot_every(), 0s);
  EXPECT_EQ(client.ask("CONFIG GET appendonly"), "*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n");
  EXPECT_THAT(client.ask("CONFIG SET dir /elsewhere"), HasSubstr("can't set immutable config"));
  EXPECT_THAT(client.ask("CONFIG SET save 60"), HasSubstr("Invalid save parameters"));
}

TEST(UndurableServerTest, WhatNeedsAFolderSaysSo) {
  test::World world;
  test::Conversation client(world);
  for (const char* line : {"SAVE", "BGSAVE", "BGREWRITEAOF", "SHUTDOWN SAVE"}) {
    EXPECT_THAT(client.ask(line), HasSubstr("--dir FOLDER")) << line;
  }
  EXPECT_THAT(client.ask("CONFIG SET appendfsync always"), HasSubstr("--dir FOLDER"));
  EXPECT_THAT(client.ask("LASTSAVE"), StartsWith(":"));
}

}  // namespace
}  // namespace larder::server
