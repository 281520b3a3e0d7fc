// Clients on several I/O threads write to a server with a log, while snapshots are asked for and the log is cut short
// again and again.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/memory_disk.hpp"
#include "node/durability.hpp"
#include "node/node.hpp"
#include "server/server.hpp"
#include "support/same_disk.hpp"
#include "unit/server/caller.hpp"

namespace larder::server {
namespace {

using test::Caller;

constexpr int kClients = 4;
constexpr int kBatches = 100;
constexpr int kBatch = 16;

TEST(DurableServerThreads, EveryIncrementThatWasAnsweredSurvivesAPowerCut) {
  base::MemoryDisk disk;
  {
    node::LoadClock clock{base::SystemClock::instance()};
    node::Node node{{.shards = 8}, clock};
    auto durability =
        node::Durability::open(std::make_unique<larder::test::SameDisk>(disk), node, clock,
                               {.fsync = node::Fsync::always, .snapshot_every = base::Millis{5}})
            .value();
    Server server(node, {.port = 0, .threads = 3, .durability = durability.get()});
    server.start().value();
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        Caller client(server.port());
        std::string batch, replies;
        for (int round = 0; round < kBatches; ++round) {
          batch.clear();
          for (int j = 0; j < kBatch; ++j) batch += "INCR mine" + std::to_string(i) + "\r\n";
          client.send(batch + "PING\r\n");
          replies.clear();
          while (!replies.ends_with("+PONG\r\n")) {
            const std::string more = client.read(1);
            ASSERT_FALSE(more.empty());
            replies += more;
          }
          ASSERT_EQ(replies.find('-'), std::string::npos) << replies;
        }
      });
    }
    threads.emplace_back([&] {
      Caller client(server.port());
      for (int i = 0; i < 20; ++i) client.ask("BGSAVE", 5);
    });
    for (auto& thread : threads) thread.join();
    disk.power_cut();
    server.stop();
  }
  node::LoadClock clock{base::SystemClock::instance()};
  node::Node node{{.shards = 2}, clock};
  auto durability =
      node::Durability::open(std::make_unique<larder::test::SameDisk>(disk), node, clock, {})
          .value();
  for (int i = 0; i < kClients; ++i) {
    node.visit(0, "mine" + std::to_string(i), node::Mode::read, [](engine::Entry& entry) {
      ASSERT_TRUE(entry.exists());
      EXPECT_EQ(entry.value(), std::to_string(kBatches * kBatch));
    });
  }
}

}  // namespace
}  // namespace larder::server
