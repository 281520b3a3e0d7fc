// Threads of several stores that wait for the same few locks, and are told of releases, while the connections that tell them
// are cut.
#include <larder/lock.hpp>
#include <larder/redis.hpp>
#include <larder/shares.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "support/groups.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

constexpr LockOptions kPatient{.ttl = 1min, .wait = 1min};

TEST(WakesThreads, NobodyIsForgottenAndNoTwoHoldOneLock) {
  test::RedisServer server;
  constexpr int kStores = 3, kThreadsEach = 3, kTurns = 40;
  const std::array<std::string, 2> names{"job", "other"};
  std::array<std::atomic<int>, 2> holders{};
  std::atomic<int> turns{0};
  std::atomic<bool> done{false};
  std::thread cutter([&] {
    const auto redis = Redis::over(Store::open(server.url()).value()).value();
    while (!done) {
      (void)redis.command({"CLIENT", "KILL", "TYPE", "pubsub"});
      std::this_thread::sleep_for(20ms);
    }
  });
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < kStores; ++s) {
      const Store store = Store::open(server.url()).value();
      for (int t = 0; t < kThreadsEach; ++t) {
        threads.emplace_back([&, store, t] {
          for (int turn = 0; turn < kTurns; ++turn) {
            const auto i = static_cast<std::size_t>(turn + t) % 2;
            const auto held = Lock{store, names[i], kPatient}.acquire().value();
            ASSERT_TRUE(held);
            ASSERT_EQ(holders[i]++, 0);
            ++turns;
            --holders[i];
          }
          ASSERT_TRUE((Semaphore{store, "pool", 2, kPatient}.acquire().value()));
        });
      }
    }
  }
  done = true;
  cutter.join();
  EXPECT_EQ(turns, kStores * kThreadsEach * kTurns);
}

}  // namespace
}  // namespace larder
