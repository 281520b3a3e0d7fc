// Who waits for a lock is told of its release, whichever process gives it back; where the server cannot tell, or does not let
// us hear, he asks.
#include "base/wakes.hpp"

#include <larder/lock.hpp>
#include <larder/shares.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "contract/redis_servers.hpp"
#include "contract/store_contract.hpp"
#include "support/run_task.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

constexpr LockOptions kPatient{.ttl = 1min, .wait = 1min};

/// Until whoever waits in `store` for `name` is told of its release.
bool is_told(const Store& store, std::string_view name) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (store.wakes()->waiting() == 0 || !store.wakes()->tells(name)) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class Waking : public contract::StoreContract {
 protected:
  /// How long it took until a waiter of another process, who is told of releases, had so often what we gave back.
  template <class Give, class Take>
  std::chrono::nanoseconds handed_over(int times, const Store& there, std::string_view name,
                                       const Give& give, const Take& take) {
    std::chrono::nanoseconds total{0};
    for (int i = 0; i < times; ++i) {
      auto held = give();
      if (!held) return std::chrono::hours{1};
      std::chrono::steady_clock::time_point taken;
      std::jthread waiter{[&] {
        if (take()) taken = std::chrono::steady_clock::now();
      }};
      EXPECT_TRUE(is_told(there, name));
      std::this_thread::sleep_for(2ms);  // He has asked once more since, and sleeps.
      const auto released = std::chrono::steady_clock::now();
      EXPECT_TRUE(held->release());
      waiter.join();
      total += taken - released;
    }
    return total;
  }
};
LARDER_FOR_EVERY_STORE(Waking);

// Who is told, but would have to ask, does so after a quarter of a second at the soonest.
constexpr int kTimes = 20;
constexpr auto kMuchLessThanByAsking = kTimes * 60ms;

TEST_P(Waking, AReleaseIsTold) {
  const Store there = another();
  const Lock lock{store, "job", kPatient}, other{there, "job", kPatient};
  const auto time = handed_over(
      kTimes, there, "job", [&] { return lock.acquire().value(); },
      [&] { return other.acquire().value().has_value(); });
  EXPECT_LT(time, kMuchLessThanByAsking);
}

TEST_P(Waking, SoIsThatOfAShareAndACoroutineIsWokenToo) {
  const Store there = another();
  const Semaphore pool{store, "pool", 2, kPatient}, other{there, "pool", 2, kPatient};
  const auto time = handed_over(  // A coroutine's share is given back a moment after it was let go.
      kTimes, there, "pool", [&] { return pool.acquire(2).value(); },
      [&] { return test::run(other.async_acquire()).value().has_value(); });
  EXPECT_LT(time, kMuchLessThanByAsking);
}

TEST_P(Waking, WhoGoesLeavesNothingBehind) {
  const Store there = another();
  const auto held = Lock{store, "job", {.ttl = 1min}}.try_acquire().value();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE((Lock{there, "job", {.wait = 20ms}}.acquire().value()));
    EXPECT_EQ(there.wakes()->waiting(), 0u);
  }
  const bool in_process = GetParam().name.starts_with("memory");
  EXPECT_EQ(there.wakes()->tells("job"), in_process);
}

TEST(WakingOver, AfterALostConnectionTheyAreToldAgain) {
  test::RedisServer server;
  const Store store = Store::open(server.url()).value(), there = Store::open(server.url()).value();
  auto held = Lock{store, "job", {.ttl = 1min}}.try_acquire().value();
  std::jthread waiter{[&] { EXPECT_TRUE((Lock{there, "job", kPatient}.acquire().value())); }};
  ASSERT_TRUE(is_told(there, "job"));
  const auto redis = Redis::over(store).value();
  const auto listener = [&] {
    const std::string line = redis.command({"CLIENT", "LIST", "TYPE", "pubsub"}).value().text;
    return line.substr(0, line.find(' '));
  };
  const std::string before = listener();
  EXPECT_EQ(redis.command({"CLIENT", "KILL", "TYPE", "pubsub"}).value().as_integer(), 1);
  while (listener().empty() || listener() == before) std::this_thread::yield();
  ASSERT_TRUE(is_told(there, "job"));
  EXPECT_TRUE(held->release());
}

TEST(WakingOver, WhoMayNotListenOrTellAsks) {
  test::RedisServer server{{"user ann on >pw ~* resetchannels +@all"}};
  const StoreOptions ann{.user = "ann", .password = "pw"};
  const Store store = Store::open(server.url(), ann).value(),
              there = Store::open(server.url(), ann).value();
  auto held = Lock{store, "job", {.ttl = 1min}}.try_acquire().value();
  std::atomic<bool> waits{false};
  std::jthread waiter{[&] {
    waits = true;
    EXPECT_TRUE((Lock{there, "job", kPatient}.acquire().value()));
  }};
  while (!waits || there.wakes()->waiting() == 0) std::this_thread::yield();
  EXPECT_TRUE(held->release());
  waiter.join();
  EXPECT_FALSE(there.wakes()->tells("job"));
}

TEST(WakingOver, LeaveForTheChannelsThatTellIsEnough) {
  test::RedisServer server{{"user ann on >pw ~* resetchannels &*~w +@all"}};
  const StoreOptions ann{.user = "ann", .password = "pw"};
  const Store store = Store::open(server.url(), ann).value(),
              there = Store::open(server.url(), ann).value();
  auto held = Lock{store, "job", {.ttl = 1min}}.try_acquire().value();
  std::jthread waiter{[&] { EXPECT_TRUE((Lock{there, "job", kPatient}.acquire().value())); }};
  EXPECT_TRUE(is_told(there, "job"));
  EXPECT_TRUE(held->release());
}

TEST(WakingOver, AStoreGoesWhileItsConnectionLingers) {
  test::RedisServer server;
  const auto redis = Redis::over(Store::open(server.url()).value()).value();
  const auto listening = [&] {
    return redis.command({"PUBSUB", "SHARDNUMSUB", "{job}~w"}).value().items.at(1).as_integer();
  };
  std::weak_ptr<StoreDriver> driver;
  {
    const Store store = Store::open(server.url()).value();
    driver = store.driver();
    const auto held = Lock{store, "job", {.ttl = 1min}}.try_acquire().value();
    std::jthread waiter{[&] {
      EXPECT_FALSE((Lock{store, "job", {.wait = 300ms}}.acquire().value()));
    }};
    ASSERT_TRUE(is_told(store, "job"));
    EXPECT_EQ(listening(), 1);
    waiter.join();
    while (listening() != 0) std::this_thread::yield();
  }
  EXPECT_TRUE(driver.expired());
  const auto clients = [&] {
    const std::string list = redis.command({"CLIENT", "LIST"}).value().text;
    return std::count(list.begin(), list.end(), '\n');
  };
  while (clients() != 1) std::this_thread::yield();
}

}  // namespace
}  // namespace larder
