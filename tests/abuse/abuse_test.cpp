// What hostile and broken clients do to `larder serve`: it stays up, others hardly notice, memory stays bounded.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "abuse/client.hpp"
#include "support/servers.hpp"

namespace larder::test {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

std::size_t resident_bytes(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

class AbuseTest : public testing::Test {
 protected:
  void SetUp() override { before_ = resident(); }
  /// Whatever was done: the server lives, a newcomer is served, a good client waited at most 50 ms.
  void TearDown() override {
    const auto p99 = good_.stop_p99();
    EXPECT_LT(p99, 50ms);
    RecordProperty("good_client_us_p99", static_cast<int>(p99.count()));
    ASSERT_TRUE(server_.process().running()) << server_.log();
    RawClient newcomer(server_.port());
    newcomer.send("PING\r\n");
    EXPECT_EQ(newcomer.read(7), "+PONG\r\n");
  }
  std::size_t resident() { return resident_bytes(server_.process().pid()); }
  std::size_t grown() {
    const std::size_t now = resident();
    return now > before_ ? now - before_ : 0;
  }
  /// Looks until it happens, ten seconds at most.
  template <class Happens>
  static bool comes_true(Happens&& happens) {
    for (const auto until = Time::now() + 10s; !happens(); std::this_thread::sleep_for(10ms)) {
      if (Time::now() > until) return false;
    }
    return true;
  }
  std::vector<std::unique_ptr<RawClient>> crowd(int count) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(server_.port()));
    return clients;
  }

  LarderServer server_{LARDER_BINARY};
  GoodClient good_{server_.port()};
  std::size_t before_ = 0;
};

TEST_F(AbuseTest, ABulkOf96MegabytesIsRefusedAtItsHeader) {
  RawClient client(server_.port());
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100663296\r\n");
  EXPECT_EQ(client.read(100), "-ERR Protocol error: invalid bulk length\r\n");
  client.send(std::string(8 * kMiB, 'x'), 500ms);
  EXPECT_TRUE(client.is_closed());
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, AnUnfinishedBulkCostsWhatWasSentAndGoesWithItsClient) {
  {
    RawClient client(server_.port());
    client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108864\r\n" + std::string(8 * kMiB, 'x'));
    EXPECT_EQ(client.read(1, 200ms), "");
    EXPECT_LT(grown(), 24 * kMiB);
  }
  const auto until = Time::now() + 5s;
  while (grown() > 4 * kMiB && Time::now() < until) std::this_thread::yield();
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, UnfinishedBulksOfManyClientsAreBoundedTogether) {
  const std::string half =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108864\r\n" + std::string(60 * kMiB, 'x');
  auto clients = crowd(6);
  for (auto& client : clients) client->send(half, 3s);
  EXPECT_LT(grown(), 320 * kMiB) << "256 MiB for all buffers, and one that grows";
}

TEST_F(AbuseTest, WhoIsStillSendingAValueThatIsTooLargeReadsWhyItWasRefused) {
  RawClient client(server_.port());
  EXPECT_TRUE(client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100663296\r\n" +
                          std::string(96 * kMiB, 'x') + "\r\n"));
  EXPECT_EQ(client.read(100), "-ERR Protocol error: invalid bulk length\r\n");
  EXPECT_TRUE(client.is_closed());
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, QueuesOfManyTransactionsAreBoundedTogether) {
  const std::string value(10 * kMiB, 'x');
  std::string queue = "MULTI\r\n";
  for (int i = 0; i < 3; ++i) {
    queue += "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10485760\r\n" + value + "\r\n";
  }
  auto clients = crowd(14);
  for (auto& client : clients) client->send(queue, 3s);
  // 256 MiB are allowed for; the rest are holes that the allocator keeps between what lives on.
  EXPECT_LT(grown(), 448 * kMiB);
}

TEST_F(AbuseTest, AFloodOfSmallQueuedCommandsIsRefusedAtItsBound) {
  std::string flood = "MULTI\r\n";
  for (int i = 0; i < 100'000; ++i) flood += "SET k v\r\n";
  auto clients = crowd(4);
  for (auto& client : clients) {
    client->send(flood);
    client->read(5 + 65'536 * 9);
    EXPECT_EQ(client->read(44), "-ERR too much queued in one transaction\r\n+QU");
  }
  EXPECT_LT(grown(), 64 * kMiB);
}

TEST_F(AbuseTest, PromisesOfLargeBulksCostNothing) {
  auto clients = crowd(200);
  for (auto& client : clients) client->send("*2\r\n$3\r\nGET\r\n$67108864\r\n");
  for (auto& client : clients) client->send("x");
  EXPECT_LT(grown(), 8 * kMiB);
}

TEST_F(AbuseTest, ANegativeArrayLengthIsNoRequest) {
  RawClient client(server_.port());
  client.send("*-1\r\nPING\r\n");
  EXPECT_EQ(client.read(7), "+PONG\r\n");
}

TEST_F(AbuseTest, AHundredThousandNestedArraysAreRefusedAtTheSecond) {
  RawClient client(server_.port());
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "*1\r\n";
  client.send(nested, 500ms);
  EXPECT_TRUE(client.is_closed());
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, LinesWithoutAnEndAreRefused) {
  RawClient client(server_.port());
  client.send(std::string(8 * kMiB, 'x'), 500ms);
  EXPECT_TRUE(client.is_closed());
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, WebRequestsAreCutSoThatNoBodyIsTakenForCommands) {
  for (const std::string_view greeting :
       {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\nFLUSHALL\r\n"}) {
    RawClient client(server_.port());
    client.send(greeting);
    EXPECT_TRUE(client.is_closed()) << greeting;
  }
}

TEST_F(AbuseTest, OtherProtocolsGetAnErrorNotACrash) {
  for (const std::string_view greeting :
       {"\x16\x03\x01\x02\x10\x01\x10\x01\xfc\x03\x03\n", "SSH-2.0-OpenSSH_9.2\r\n"}) {
    RawClient client(server_.port());
    client.send(greeting);
    EXPECT_EQ(client.read(4), "-ERR") << greeting;
  }
}

TEST_F(AbuseTest, AThousandIdleConnectionsAreCheap) {
  auto clients = crowd(1'000);
  for (auto& client : clients) client->send("PING\r\n");
  for (auto& client : clients) EXPECT_EQ(client->read(7), "+PONG\r\n");
  EXPECT_LT(grown(), 1'000 * 6 * 1024U) << "6 KiB each at most";
}

TEST_F(AbuseTest, TwentyClientsThatNeverReadHoldTheirStatedLimitAtMost) {
  RawClient writer(server_.port());
  writer.send("SET big " + std::string(60'000, 'x') + "\r\n");
  ASSERT_EQ(writer.read(5), "+OK\r\n");
  auto clients = crowd(20);
  std::string greedy;
  for (int i = 0; i < 2'000; ++i) greedy += "GET big\r\n";
  for (auto& client : clients) client->send(greedy, 500ms);
  // Each holds at most a pause's worth of replies and a turn's worth of requests.
  EXPECT_LT(grown(), 20 * 3 * kMiB);
}

/// Ten subscribers that read nothing, and one that does: what is published is more than they may hold.
TEST_F(AbuseTest, SubscribersThatNeverReadAreCutAtTheirLimitAndOthersGoOn) {
  const std::string confirmed = "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n";
  auto deaf = crowd(10);
  RawClient reader(server_.port());
  for (auto& client : deaf) {
    client->send("SUBSCRIBE ch\r\n");
    ASSERT_EQ(client->read(confirmed.size()), confirmed);
  }
  reader.send("SUBSCRIBE ch\r\n");
  ASSERT_EQ(reader.read(confirmed.size()), confirmed);
  const std::string text(1'000'000, 'x');
  const std::string request = "*3\r\n$7\r\nPUBLISH\r\n$2\r\nch\r\n$1000000\r\n" + text + "\r\n";
  const std::string message = "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1000000\r\n" + text + "\r\n";
  RawClient publisher(server_.port());
  std::size_t most = 0;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(publisher.send(request));
    ASSERT_EQ(reader.read(message.size()), message) << i;
    most = std::max(most, grown());
  }
  EXPECT_LT(most, 10 * 40 * kMiB) << "32 MiB each, and what all together may hold";
  for (auto& client : deaf) EXPECT_TRUE(client->is_closed());
  RawClient asks(server_.port());
  asks.send("PUBSUB NUMSUB ch\r\n");
  EXPECT_EQ(asks.read(16), "*2\r\n$2\r\nch\r\n:1\r\n");
  EXPECT_TRUE(comes_true([&] { return grown() < 48 * kMiB; })) << grown() / kMiB << " MiB";
}

TEST_F(AbuseTest, WhatReadersHeldGoesBackToTheSystemWhenTheyLeave) {
  RawClient writer(server_.port());
  writer.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$6000000\r\n" + std::string(6'000'000, 'x') +
              "\r\n");
  ASSERT_EQ(writer.read(5), "+OK\r\n");
  auto clients = crowd(20);
  for (auto& client : clients) client->send("MGET big big big\r\n");
  ASSERT_TRUE(comes_true([&] { return grown() > 64 * kMiB; }));
  clients.clear();
  EXPECT_TRUE(comes_true([&] { return grown() < 16 * kMiB; })) << grown() / kMiB << " MiB";
}

TEST_F(AbuseTest, OneBusyPipelineDoesNotStarveTheRest) {
  auto clients = crowd(4);
  std::string pipeline;
  for (int i = 0; i < 50'000; ++i) pipeline += "SET k v\r\n";
  const auto until = Time::now() + 1s;
  while (Time::now() < until) {
    for (auto& client : clients) {
      client->send(pipeline, 100ms);
      client->read(100'000, 1ms);
    }
  }
}

TEST_F(AbuseTest, ConnectingAndClosingInARushLeavesNothingBehind) {
  for (int i = 0; i < 2'000; ++i) RawClient client(server_.port());
  EXPECT_LT(grown(), 4 * kMiB);
}

TEST_F(AbuseTest, AFloodOfEmptyLinesIsOnlyRead) {
  RawClient client(server_.port());
  std::string lines;
  for (int i = 0; i < 1'000'000; ++i) lines += "\r\n";
  client.send(lines + "PING\r\n");
  EXPECT_EQ(client.read(7), "+PONG\r\n");
  EXPECT_LT(grown(), 4 * kMiB);
}

}  // namespace
}  // namespace larder::test
