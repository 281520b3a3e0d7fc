// Locks, shares, ids and limits as coroutines, under a clock that sleeping moves.
#include <larder/ids.hpp>
#include <larder/limiter.hpp>
#include <larder/shares.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include <boost/asio/detached.hpp>

#include "support/failing_driver.hpp"
#include "support/run_task.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;
using larder::test::run;

class LockAsyncTest : public testing::Test {
 protected:
  test::TestWorld world;
  std::shared_ptr<larder::test::FailingDriver> driver =
      std::make_shared<larder::test::FailingDriver>(test::memory(world).driver());
  Store store{driver};
  Lock lock{store, "job", {.ttl = 10s, .wait = 1min}, world};
};

TEST_F(LockAsyncTest, OneHoldsItUntilHeGivesItBack) {
  auto held = run(lock.async_try_acquire()).value();
  ASSERT_TRUE(held);
  EXPECT_FALSE(run(lock.async_try_acquire()).value());
  world.pass(9s);
  EXPECT_TRUE(run(held->async_extend()));
  EXPECT_EQ(held->left(), 10s);
  EXPECT_TRUE(run(held->async_release()));
  EXPECT_EQ(run(held->async_release()).error().code, Errc::lock_lost);
  EXPECT_EQ(run(held->async_extend()).error().code, Errc::lock_lost);
}

TEST_F(LockAsyncTest, WhoWaitsHasItWhenItsTimeIsOver) {
  const auto first = lock.try_acquire().value();
  const auto second = run(lock.async_acquire()).value();
  ASSERT_TRUE(second);
  EXPECT_GT(second->token(), first->token());
  EXPECT_GT(world.naps, 100) << "it slept in between";
  const Lock impatient{store, "job", {.wait = 1s}, world};
  EXPECT_FALSE(run(impatient.async_acquire()).value());
}

TEST_F(LockAsyncTest, WhatIsLetGoIsGivenBackWithoutWaiting) {
  auto held = run(lock.async_acquire()).value();
  const int calls = driver->calls;
  held.reset();
  EXPECT_EQ(driver->calls, calls) << "not on the thread of who let it go";
  world.pass(1ms);
  EXPECT_EQ(driver->calls, calls + 1);
  EXPECT_TRUE(lock.try_acquire().value());
}

TEST_F(LockAsyncTest, ARenewedOneIsExtendedByItsHolderToo) {
  const Lock renewed{store, "job", {.ttl = 9s, .renew = true}, world};
  auto held = run(renewed.async_try_acquire()).value();
  world.pass(1min);
  EXPECT_GE(held->left(), 5s);
  EXPECT_TRUE(run(held->async_extend(1h)));
  EXPECT_GT(held->left(), 59min);
  store.erase("job").value();
  EXPECT_EQ(run(held->async_extend()).error().code, Errc::lock_lost);
}

TEST_F(LockAsyncTest, SharesAreGivenUntilNoneIsLeft) {
  const Semaphore pool{store, "pool", 3, {.wait = 1min}, world};
  auto two = run(pool.async_try_acquire(2)).value();
  EXPECT_FALSE(run(pool.async_try_acquire(2)).value());
  EXPECT_TRUE(run(pool.async_acquire(2)).value()) << "when the first two's time is over";
  EXPECT_EQ(run(two->async_release()).error().code, Errc::lock_lost);
  EXPECT_EQ(run(Semaphore{store, "none", 0, {}, world}.async_try_acquire()).error().code,
            Errc::bad_argument);
  const SharedLock book{store, "book", {}, world};
  auto reader = run(book.async_try_acquire_shared()).value();
  EXPECT_TRUE(run(book.async_acquire_shared()).value());
  EXPECT_FALSE(run(book.async_acquire()).value());
  EXPECT_TRUE(run(reader->async_release()));
  world.pass(1ms);
  EXPECT_TRUE(run(book.async_try_acquire()).value());
}

TEST_F(LockAsyncTest, ManyCoroutinesShareABlockOfIds) {
  const Ids ids(store, "user", {.block = 7});
  boost::asio::io_context context;
  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 50; ++i) {
    boost::asio::co_spawn(
        context, [&]() -> Task<void> { numbers.push_back((co_await ids.async_next()).value()); },
        boost::asio::detached);
  }
  context.run();
  EXPECT_EQ(ids.next().value(), 51u);
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i + 1);
  EXPECT_EQ(driver->calls, 8) << "one for each block";
  EXPECT_GT(run(Ids(store, "late", {.from_time = true}).async_next()).value(), 1u << 30);
  EXPECT_EQ(run(Ids(store, "user", {.block = 0}).async_next()).error().code, Errc::bad_argument);
  driver->error = Error{Errc::unreachable, Effect::not_sent, "gone"};
  const Ids other(store, "other");
  EXPECT_EQ(run(other.async_next()).error().code, Errc::unreachable);
  driver->error = std::nullopt;
  EXPECT_EQ(run(other.async_next()).value(), 1u) << "and whoever comes next asks anew";
}

TEST_F(LockAsyncTest, ManyLimitsAreAllOrNone) {
  const LimiterOptions open{.outage = Outage::fail_open};
  const Limiter user(store, "user", Rate::sliding_window(2, 1h), open, world);
  const Limiter tenant(store, "tenant", Rate::token_bucket(3, 1h), open, world);
  const auto pass = [&](std::uint32_t n) {
    return run(async_allow_all({{user, "ada", n}, {tenant, "7", 2}}));
  };
  EXPECT_TRUE(pass(1).value().allowed);
  EXPECT_EQ(pass(1).value().denied_by, 1u);
  EXPECT_EQ(user.remaining("ada").value(), 1u) << "nothing was taken of it";
  EXPECT_EQ(run(async_allow_all({})).error().code, Errc::bad_argument);
  driver->error = Error{Errc::unreachable, Effect::not_sent, "gone"};
  EXPECT_TRUE(pass(1).value().each[1].estimated);
}

}  // namespace
}  // namespace larder::coord
