// Renewal, loss told in time and many locks at once, under a clock that is moved by hand.
#include <gtest/gtest.h>

#include "support/failing_driver.hpp"
#include "support/run_task.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;

class RenewalTest : public testing::Test {
 protected:
  test::TestWorld world;
  std::shared_ptr<larder::test::FailingDriver> driver =
      std::make_shared<larder::test::FailingDriver>(test::memory(world).driver());
  Store store{driver};

  HeldLock taken(LockOptions options) {
    return *Lock{store, "job", options, world}.try_acquire().value();
  }
  bool somebody_else_has_it() {
    return Lock{store, "job", {.ttl = 1h}, world}.try_acquire().value().has_value();
  }
};

TEST_F(RenewalTest, ALockThatIsRenewedOutlivesItsTime) {
  HeldLock lock = taken({.ttl = 9s, .renew = true});
  const std::stop_token stop = lock.stop_token();
  for (int i = 0; i < 60; ++i) {
    world.pass(1s);
    ASSERT_GE(lock.left(), 5s) << i;
  }
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_FALSE(somebody_else_has_it());
  EXPECT_TRUE(lock.release());
  EXPECT_TRUE(somebody_else_has_it());
}

TEST_F(RenewalTest, NothingIsRenewedAfterTheHolderLetGo) {
  {
    HeldLock lock = taken({.ttl = 9s, .renew = true});
    EXPECT_EQ(world.watchers().size(), 1u);
  }
  EXPECT_EQ(world.watchers().size(), 0u);
  const int calls = driver->calls;
  world.pass(1min);
  EXPECT_EQ(driver->calls, calls);
}

TEST_F(RenewalTest, TheHolderIsToldBeforeTheTimeEndsWhenTheStoreDoesNotAnswer) {
  HeldLock lock = taken({.ttl = 10s, .renew = true});
  const std::stop_token stop = lock.stop_token();
  driver->error = Error{Errc::unreachable, Effect::not_sent, "gone"};
  world.pass(8s);
  EXPECT_FALSE(stop.stop_requested()) << "it may come back";
  EXPECT_GT(driver->failed, 3) << "asked again and again";
  world.pass(1s);
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(lock.left(), 1s) << "and this is left to stop in";
}

TEST_F(RenewalTest, AStoreThatComesBackInTimeIsForgiven) {
  HeldLock lock = taken({.ttl = 10s, .renew = true});
  const std::stop_token stop = lock.stop_token();
  driver->error = Error{Errc::timeout, Effect::maybe_executed, "late"};
  world.pass(8s);
  driver->error.reset();
  world.pass(30s);
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_GE(lock.left(), 5s);
}

TEST_F(RenewalTest, ALockThatIsAnothersIsToldAtTheNextRenewal) {
  HeldLock lock = taken({.ttl = 9s, .renew = true});
  store.erase("job").value();
  ASSERT_TRUE(store.lock_acquire("job", "thief", 1h).value().taken());
  world.pass(3s);
  EXPECT_TRUE(lock.stop_token().stop_requested());
  EXPECT_EQ(lock.left(), 0ms);
  EXPECT_EQ(lock.release().error().code, Errc::lock_lost);
  EXPECT_TRUE(store.lock_release("job", "thief").value()) << "it was not touched";
}

TEST_F(RenewalTest, WithoutRenewalTheEndIsToldAllTheSame) {
  HeldLock lock = taken({.ttl = 10s});
  const std::stop_token stop = lock.stop_token();
  int callbacks = 0;
  const std::stop_callback callback(stop, [&] { ++callbacks; });
  world.pass(8999ms);
  EXPECT_FALSE(stop.stop_requested());
  ASSERT_TRUE(lock.extend());
  world.pass(8999ms);
  EXPECT_FALSE(stop.stop_requested()) << "extended by hand";
  world.pass(1ms);
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(callbacks, 1);
}

TEST_F(RenewalTest, AProcessThatWasHaltedIsToldWhenItGoesOn) {
  HeldLock lock = taken({.ttl = 10s, .renew = true});
  const std::stop_token stop = lock.stop_token();
  world.clock.advance(1min);
  EXPECT_EQ(lock.left(), 0ms);
  world.watchers().turn();
  EXPECT_TRUE(stop.stop_requested());
}

TEST_F(RenewalTest, ALongExtensionIsNotCutShortByARenewal) {
  HeldLock lock = taken({.ttl = 9s, .renew = true});
  ASSERT_TRUE(lock.extend(1h));
  world.pass(30min);
  EXPECT_GE(store.ttl("job").value().left, 29min);
  world.pass(1h);
  EXPECT_FALSE(lock.stop_token().stop_requested());
  EXPECT_GE(lock.left(), 5s);
}

TEST_F(RenewalTest, AMovedLockIsRenewedAndAReleasedOneHasStopped) {
  HeldLock first = taken({.ttl = 9s, .renew = true});
  HeldLock second = std::move(first);
  world.pass(1min);
  EXPECT_GE(second.left(), 5s);
  EXPECT_TRUE(first.stop_token().stop_requested());
  ASSERT_TRUE(second.release());
}

TEST_F(RenewalTest, WaitersAskSparinglyAndHaveItOnceItsTimeIsOver) {
  const auto lock = taken({.ttl = 10s});
  const Lock waiter{store, "job", {.ttl = 1s, .wait = 1min}, world};
  const base::Instant begun = world.now();
  const auto held = waiter.acquire().value();
  ASSERT_TRUE(held);
  EXPECT_LE(world.now() - begun, 10s + 10ms);
  EXPECT_LE(world.longest_nap, 50ms);
  EXPECT_LT(world.naps, 420) << "between 25 and 50 ms each";
}

TEST_F(RenewalTest, WhoWaitsForEverHasItWheneverItIsFree) {
  const LockOptions for_ever{.ttl = 10s, .wait = Millis::max()};
  ASSERT_TRUE(store.lock_acquire("job", "somebody", 1h).value().taken());
  EXPECT_TRUE((Lock{store, "job", for_ever, world}.acquire().value()));
  ASSERT_TRUE(store.lock_acquire("b", "somebody", 1h).value().taken());
  EXPECT_TRUE(lock_all(store, {"a", "b"}, for_ever, {}, world).value());
  ASSERT_TRUE(store.lock_acquire("c", "somebody", 1h).value().taken());
  EXPECT_FALSE((Lock{store, "c", {.wait = Millis::min()}, world}.acquire().value()));
}

TEST_F(RenewalTest, WhoWaitsCanBeToldToStop) {
  ASSERT_TRUE(store.lock_acquire("job", "somebody", 1h).value().taken());
  const LockOptions for_ever{.wait = Millis::max()};
  std::stop_source source;
  const std::stop_token stop = source.get_token();
  world.meanwhile = [&] {
    if (world.naps == 3) source.request_stop();
  };
  const Lock lock(store, "job", for_ever, world);
  EXPECT_EQ(lock.acquire({.stop = &stop}).error().code, Errc::cancelled);
  EXPECT_EQ(world.naps, 3);
  EXPECT_EQ(lock_all(store, {"a", "job"}, for_ever, {.stop = &stop}, world).error().code,
            Errc::cancelled);
  EXPECT_FALSE(store.exists("a").value());
}

TEST_F(RenewalTest, AWaiterOutwaitsAStoreThatIsAwayForAMoment) {
  driver->error = Error{Errc::disconnected, Effect::maybe_executed, "failover"};
  world.meanwhile = [&] {
    if (world.naps > 20) driver->error.reset();
  };
  const Lock waiter{store, "job", {.ttl = 1s, .wait = 1min}, world};
  EXPECT_TRUE(waiter.acquire().value().has_value());
  driver->error = Error{Errc::disconnected, Effect::maybe_executed, "for good"};
  world.meanwhile = {};
  EXPECT_EQ((Lock{store, "other", {.wait = 1s}, world}.acquire().error().code), Errc::disconnected);
}

/// By a thread, and by a coroutine.
class LockAllTest : public RenewalTest, public testing::WithParamInterface<bool> {
 protected:
  Result<std::optional<std::vector<HeldLock>>> all(std::vector<std::string> names,
                                                   LockOptions options = {}) {
    if (!GetParam()) return lock_all(store, std::move(names), options, {}, world);
    return larder::test::run(async_lock_all(store, std::move(names), options, {}, world));
  }
};

INSTANTIATE_TEST_SUITE_P(Forms, LockAllTest, testing::Bool(), [](const auto& instance) {
  return instance.param ? "coroutine" : "thread";
});

TEST_P(LockAllTest, AllOfThemAndEachNameOnce) {
  const auto held = all({"b", "a", "c", "a"}).value();
  ASSERT_TRUE(held);
  ASSERT_EQ(held->size(), 3u);
  EXPECT_EQ(held->front().name(), "a");
  EXPECT_TRUE(store.exists("c").value());
}

TEST_P(LockAllTest, OneThatIsBusyLeavesNoneHeld) {
  const auto one = Lock{store, "b", {}, world}.try_acquire().value();
  EXPECT_FALSE(all({"c", "b", "a"}).value());
  EXPECT_FALSE(store.exists("a").value());
  EXPECT_FALSE(store.exists("c").value());
}

TEST_P(LockAllTest, AnErrorLeavesNoneHeldEither) {
  store.set("b", "no lock").value();
  EXPECT_EQ(all({"a", "b"}).error().code, Errc::wrong_type);
  EXPECT_FALSE(store.exists("a").value());
  EXPECT_EQ(all({"a", ""}).error().code, Errc::bad_argument);
}

TEST_P(LockAllTest, WhatIsHeldIsExtendedWhileTheRestIsWaitedFor) {
  const auto slow = Lock{store, "b", {.ttl = 1min}, world}.try_acquire().value();
  auto held = all({"a", "b"}, {.ttl = 3s, .wait = 2min}).value();
  ASSERT_TRUE(held);
  for (const HeldLock& lock : *held) EXPECT_GE(lock.left(), 2s) << lock.name();
}

TEST_P(LockAllTest, WhoLosesOneWhileWaitingBeginsAnew) {
  const auto slow = Lock{store, "b", {.ttl = 10s}, world}.try_acquire().value();
  bool stolen = false;
  world.meanwhile = [&] {
    if (stolen || world.naps < 10) return;
    store.erase("a").value();
    stolen = store.lock_acquire("a", "thief", 20s).value().taken();
  };
  auto held = all({"a", "b"}, {.ttl = 3s, .wait = 2min}).value();
  ASSERT_TRUE(held);
  EXPECT_TRUE(stolen);
  for (HeldLock& lock : *held) EXPECT_TRUE(lock.extend()) << lock.name();
}

}  // namespace
}  // namespace larder::coord
