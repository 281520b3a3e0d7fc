// Who waits for a lock of this process is woken when it is given back: under a clock that waiting moves, by coroutines
// and threads that would otherwise sleep for an hour, and by Wakes alone.
#include "base/wakes.hpp"

#include <larder/shares.hpp>

#include <gtest/gtest.h>

#include <thread>

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "support/run_task.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;
using base::Wakes;
using Taken = Result<std::optional<HeldLock>>;

constexpr LockOptions kPatient{.ttl = 1h, .wait = 10min};

class WakesTest : public testing::Test {
 protected:
  /// How long `waits` waited for what `held` gives back after seven seconds.
  base::Nanos waited(HeldLock held, const std::function<bool()>& waits) {
    const base::Instant begun = world.now();
    bool released = false;
    world.meanwhile = [&] {
      if (!released && world.now() >= begun + 7s) released = held.release().has_value();
    };
    EXPECT_TRUE(waits());
    world.meanwhile = {};
    EXPECT_TRUE(released);
    return world.now() - begun;
  }

  test::TestWorld world;
  Store store = test::memory(world);
  Lock lock{store, "job", kPatient, world};
  Semaphore pool{store, "pool", 2, kPatient, world};
};

TEST_F(WakesTest, WaitersHaveWhatIsGivenBackWithinAMillisecond) {
  const auto one = [&] { return lock.acquire().value().has_value(); };
  const auto permit = [&] { return pool.acquire().value().has_value(); };
  const auto all = [&] {
    return lock_all(store, {"a", "job", "z"}, kPatient, {}, world).value().has_value();
  };
  EXPECT_LE(waited(*lock.try_acquire().value(), one), 7s + 1ms);
  EXPECT_LE(waited(*pool.try_acquire(2).value(), permit), 7s + 1ms);
  EXPECT_LE(waited(*lock.try_acquire().value(), all), 7s + 1ms);
  EXPECT_EQ(store.wakes()->waiting(), 0u);
}

TEST_F(WakesTest, WhatNobodyGivesBackIsAskedForAsBefore) {
  const auto held = Lock{store, "job", {.ttl = 10s}, world}.try_acquire().value();
  const base::Instant begun = world.now();
  EXPECT_TRUE(lock.acquire().value());
  EXPECT_GE(world.now() - begun, 10s);
  EXPECT_LE(world.now() - begun, 10s + 50ms);
  const Lock impatient{store, "job", {.wait = 1s}, world};
  EXPECT_TRUE(impatient.acquire().value().has_value()) << "the one above went at once";
}

/// Whoever is not woken sleeps for an hour of the real clock.
class SleepyWorld final : public test::TestWorld {
 public:
  std::uint64_t entropy() noexcept override { return base::thread_entropy(); }
  void wait(Wakes::Waiter& waiter, base::Millis) override { waiter.wait_for(1h); }
  Task<void> async_wait(Wakes::Waiter& waiter, base::Millis) override {
    return World::async_wait(waiter, 1h);
  }
};

class SleepyTest : public testing::Test {
 protected:
  SleepyWorld world;
  Store store = test::memory(world);
  Lock lock{store, "job", kPatient, world};
};

TEST_F(SleepyTest, CoroutinesAreWokenOneAfterTheOther) {
  boost::asio::io_context context;
  std::optional<HeldLock> held = lock.try_acquire().value();
  int turns = 0;
  for (int i = 0; i < 10; ++i) {
    boost::asio::co_spawn(
        context,
        [&]() -> Task<void> {
          auto mine = (co_await lock.async_acquire()).value();
          turns += (co_await mine->async_release()).has_value();
        },
        boost::asio::detached);
  }
  boost::asio::post(context, [&] { held.reset(); });
  context.run();
  EXPECT_EQ(turns, 10);
}

TEST_F(SleepyTest, ACoroutineThatIsGivenUpLeavesItsPlace) {
  const auto held = lock.try_acquire().value();
  {
    boost::asio::io_context context;
    boost::asio::co_spawn(
        context, [&]() -> Task<void> { (void)co_await lock.async_acquire(); },
        boost::asio::detached);
    while (store.wakes()->waiting() == 0) context.run_one();
    context.poll();
  }
  EXPECT_EQ(store.wakes()->waiting(), 0u);
}

TEST_F(SleepyTest, AStopEndsTheWait) {
  const auto held = lock.try_acquire().value();
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  std::jthread waiter{[&] {
    EXPECT_EQ(lock.acquire({.stop = &stop}).error().code, Errc::cancelled);
    const auto all = lock_all(store, {"a", "job"}, kPatient, {.stop = &stop}, world);
    EXPECT_EQ(all.error().code, Errc::cancelled) << "it was requested before";
  }};
  while (store.wakes()->waiting() == 0) std::this_thread::yield();
  source.request_stop();
  waiter.join();
  EXPECT_TRUE(lock_all(store, {"a"}, {}, {}, world).value()) << "what lock_all had it gave back";
}

TEST_F(SleepyTest, ThreadsAreWokenOneAfterTheOther) {
  std::optional<HeldLock> held = lock.try_acquire().value();
  int turns = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto mine = lock.acquire().value();
        ++turns;
      });
    }
    while (store.wakes()->waiting() < threads.size()) std::this_thread::yield();
    held.reset();
  }
  EXPECT_EQ(turns, 8);
}

TEST(Wakes, OneIsWokenAtATimeInOrderOfArrivalOrAll) {
  Wakes wakes;
  wakes.ring("job", Wakes::Whom::all);
  Wakes::Waiter first(wakes, "job"), second(wakes, "job"), other(wakes, "other");
  EXPECT_FALSE(first.woken()) << "it was rung before";
  wakes.ring("job", Wakes::Whom::first);
  EXPECT_TRUE(first.woken() && !second.woken());
  wakes.ring("job", Wakes::Whom::first);
  EXPECT_TRUE(second.woken()) << "the first is on his way";
  first.arm();
  second.arm();
  wakes.ring("job", Wakes::Whom::first);
  EXPECT_TRUE(first.woken() && !second.woken()) << "he keeps his place";
  first.arm();
  wakes.ring("job", Wakes::Whom::all);
  EXPECT_TRUE(first.woken() && second.woken() && !other.woken());
}

TEST(Wakes, WhoLeavesWithoutWhatHeWaitedForPassesTheWakeOn) {
  for (const bool served : {false, true}) {
    Wakes wakes;
    auto first = std::make_unique<Wakes::Waiter>(wakes, "job");
    const Wakes::Waiter second(wakes, "job");
    wakes.ring("job", Wakes::Whom::first);
    if (served) first->served();
    first.reset();
    EXPECT_EQ(second.woken(), !served);
    EXPECT_EQ(wakes.waiting(), 1u);
  }
}

}  // namespace
}  // namespace larder::coord
