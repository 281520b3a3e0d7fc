// Threads that write, transact and read through a node with a log, while snapshots are made all the time.
#include <atomic>
#include <thread>

#include "base/memory_disk.hpp"
#include "durable_fixture.hpp"

namespace larder::node::test {
namespace {

constexpr int kWriters = 4;
constexpr int kRounds = 2'000;

std::string key(int thread, int i) {
  return "t" + std::to_string(thread) + ":" + std::to_string(i);
}

/// What one thread does in a round, and what it has of it.
void one_round(Node& node, int thread, int round) {
  const std::string value = std::to_string(round);
  if (round % 3 == 0) {
    const std::string a = key(thread, round % 7), b = key(thread, 7);
    const std::string_view keys[] = {a, b};
    auto held = node.hold(keys);
    ASSERT_TRUE(set_in(held, a, value));
    ASSERT_TRUE(set_in(held, b, value));
  } else if (round % 3 == 1) {
    ASSERT_TRUE(set_in(node, key(thread, round % 7), value));
  } else {
    node.visit(0, "sum", Mode::write, [](Entry& entry) {
      const auto sum = entry.exists() ? std::stoll(std::string(entry.value())) : 0;
      ASSERT_TRUE(entry.assign(std::to_string(sum + 1), Deadline::none()));
    });
  }
}

TEST(DurableThreads, WhatAllThreadsWereToldIsThereAfterwards) {
  base::MemoryDisk disk;
  const base::Clock& time = base::SystemClock::instance();
  for (const Fsync fsync : {Fsync::always, Fsync::everysec}) {
    Content before;
    std::uint64_t saves = 0;
    {
      LoadClock clock{time};
      Node node{{.shards = 8, .seed = 7}, clock};
      auto durability = Durability::open(std::make_unique<larder::test::SameDisk>(disk), node,
                                         clock, {.fsync = fsync, .snapshot_every = base::Millis{1}})
                            .value();
      std::vector<std::thread> threads;
      for (int thread = 0; thread < kWriters; ++thread) {
        threads.emplace_back([&, thread] {
          for (int round = 0; round < kRounds; ++round) {
            const auto mark = durability->mark();
            one_round(node, thread, round);
            if (durability->must_flush(mark)) {
              ASSERT_TRUE(durability->flush());
            }
          }
        });
      }
      for (auto& thread : threads) thread.join();
      ASSERT_TRUE(durability->save());
      saves = durability->stats().saves;
      before = content_of(node);
      disk.power_cut();  // Its files are dead from here on.
    }
    EXPECT_GT(saves, 0u);
    LoadClock clock{time};
    Node node{{.shards = 2, .seed = 8}, clock};
    auto durability =
        Durability::open(std::make_unique<larder::test::SameDisk>(disk), node, clock, {}).value();
    EXPECT_EQ(content_of(node), before);
  }
}

TEST(DurableThreads, ManyWhoWaitShareAnFsync) {
  base::MemoryDisk disk;
  LoadClock clock{base::SystemClock::instance()};
  Node node{{.shards = 8, .seed = 7}, clock};
  auto durability = Durability::open(std::make_unique<larder::test::SameDisk>(disk), node, clock,
                                     {.fsync = Fsync::always, .snapshot_every = base::Millis{0}})
                        .value();
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int thread = 0; thread < kWriters; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 200; ++round) {
        ASSERT_TRUE(set_in(node, key(thread, round), "v"));
        ASSERT_TRUE(durability->flush());
        ++done;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, kWriters * 200);
  EXPECT_LE(durability->stats().log.syncs, static_cast<std::uint64_t>(kWriters * 200 + 1));
  EXPECT_EQ(durability->stats().log.synced, static_cast<std::uint64_t>(kWriters * 200));
}

}  // namespace
}  // namespace larder::node::test
