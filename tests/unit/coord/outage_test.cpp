// Limiters whose store is away, HTTP's words for a decision, ids over a crash, shares under a manual clock.
#include <larder/counter.hpp>
#include <larder/ids.hpp>
#include <larder/limiter.hpp>
#include <larder/shares.hpp>

#include <gtest/gtest.h>

#include <set>

#include "support/failing_driver.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;

class OutageTest : public testing::Test {
 protected:
  Limiter limiter(Outage outage, double share = 1.0) {
    return {
        store, "api", Rate::sliding_window(4, 1h), {.outage = outage, .local_share = share}, world};
  }
  void break_it() { driver->error = Error{Errc::timeout, Effect::maybe_executed, "away"}; }

  test::TestWorld world;
  std::shared_ptr<larder::test::FailingDriver> driver =
      std::make_shared<larder::test::FailingDriver>(test::memory(world).driver());
  Store store{driver};
};

TEST_F(OutageTest, WithoutAPolicyTheErrorIsTheAnswer) {
  break_it();
  EXPECT_EQ(limiter(Outage::report).allow("ada").error().code, Errc::timeout);
}

TEST_F(OutageTest, OpenAllowsAndClosedDeniesAndBothSaySo) {
  break_it();
  const Decision open = limiter(Outage::fail_open).allow("ada").value();
  EXPECT_TRUE(open.allowed && open.estimated);
  const Decision closed = limiter(Outage::fail_closed).allow("ada").value();
  EXPECT_TRUE(!closed.allowed && closed.estimated);
  EXPECT_EQ(closed.retry_after, 250ms);
}

TEST_F(OutageTest, AStoreThatIsAwayIsLeftInPeaceAndThenAskedByOne) {
  const Limiter open = limiter(Outage::fail_open);
  break_it();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(open.allow("ada").value().estimated);
  EXPECT_EQ(driver->calls, 1);
  world.pass(250ms);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(open.allow("ada").value().estimated);
  EXPECT_EQ(driver->calls, 2);
  const Limiter for_ever(store, "api", Rate::fixed_window(4, 1h),
                         {.outage = Outage::fail_open, .retry_every = Millis::max()}, world);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(for_ever.allow("ada").value().estimated);
  EXPECT_EQ(driver->calls, 3);
  driver->error.reset();
  world.pass(250ms);
  EXPECT_FALSE(open.allow("ada").value().estimated);
  EXPECT_EQ(open.allow("ada").value().remaining, 2u) << "nothing of the outage was counted";
}

TEST_F(OutageTest, WhileOneTriesAStoreThatIsAwayNobodyElseDoes) {
  const Limiter open = limiter(Outage::fail_open);
  break_it();
  EXPECT_TRUE(open.allow("ada").value().estimated);
  world.pass(250ms);
  driver->executes = true;  // The request is on its way, and its answer will be lost.
  int others = 0;
  driver->on_way = [&] {
    if (++others < 10) {
      EXPECT_TRUE(open.allow("bob").value().estimated);
    }
  };
  EXPECT_TRUE(open.allow("ada").value().estimated);
  EXPECT_EQ(driver->calls, 2);
}

TEST_F(OutageTest, OfThoseThatDenyTheOneThatWillLongestIsNamed) {
  const Limiter hour(store, "h", Rate::fixed_window(1, 1h), {}, world);
  const Limiter day(store, "d", Rate::token_bucket(1, 48h), {}, world);
  ASSERT_TRUE(allow_all({{hour, "a"}, {day, "a"}}).value().allowed);
  EXPECT_EQ(allow_all({{hour, "a"}, {day, "a"}}).value().denied_by, 1u);
  const ManyDecision denied = allow_all({{day, "a"}, {hour, "a"}}).value();
  EXPECT_EQ(denied.denied_by, 0u);
  EXPECT_EQ(denied.retry_after, denied.each[0].retry_after);
}

TEST_F(OutageTest, AnEstimateLimitsThisProcessToItsShare) {
  const Limiter half = limiter(Outage::local_estimate, 0.5);
  EXPECT_EQ(half.allow("ada", 3).value().remaining, 1u);
  break_it();
  EXPECT_TRUE(half.allow("ada").value().allowed);
  EXPECT_TRUE(half.allow("ada").value().allowed);
  const Decision denied = half.allow("ada").value();
  EXPECT_TRUE(!denied.allowed && denied.estimated);
  EXPECT_FALSE(half.allow("bob", 3).value().allowed) << "more than its share can ever be";
  EXPECT_TRUE(half.allow("bob", 2).value().allowed);
}

TEST_F(OutageTest, WhatTheStoreThinksIsNoOutage) {
  store.set("api:ada", "a value").value();
  EXPECT_EQ(limiter(Outage::fail_open).allow("ada").error().code, Errc::wrong_type);
  EXPECT_EQ(limiter(Outage::fail_open).allow("ada", 5).error().code, Errc::bad_argument);
  EXPECT_THROW(limiter(Outage::local_estimate, 0.0), Failure);
}

TEST_F(OutageTest, ManyLimitsFollowTheirPoliciesTogether) {
  const Limiter open = limiter(Outage::fail_open), closed = limiter(Outage::fail_closed);
  const Limiter report = limiter(Outage::report);
  break_it();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(allow_all({{open, "a"}, {open, "b"}}).value().allowed);
  EXPECT_EQ(driver->calls, 1) << "and is left in peace";
  EXPECT_EQ(allow_all({{open, "a"}, {closed, "b"}}).value().denied_by, 1u);
  EXPECT_EQ(allow_all({{open, "a"}, {report, "b"}}).error().code, Errc::timeout);
  const Limiter elsewhere(Store::open("memory:").value(), "api", Rate::fixed_window(1, 1s));
  EXPECT_EQ(allow_all({{open, "a"}, {elsewhere, "b"}}).error().code, Errc::bad_argument);
}

TEST(RateLimitHeaders, AreThoseOfTheDraft) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(rate_limit_headers(Rate::sliding_window(100, 1min), {true, 42, 0ms, 90'500ms}),
            (Headers{{"RateLimit-Limit", "100"},
                     {"RateLimit-Remaining", "42"},
                     {"RateLimit-Reset", "91"},
                     {"RateLimit-Policy", "100;w=60"}}));
  const Decision denied{false, 0, 1ms, 2s};
  EXPECT_EQ(http_status(denied), 429);
  EXPECT_EQ(rate_limit_headers(Rate::token_bucket(10, 1s, 50), denied),
            (Headers{{"RateLimit-Limit", "50"},
                     {"RateLimit-Remaining", "0"},
                     {"RateLimit-Reset", "1"},
                     {"RateLimit-Policy", "10;w=1;burst=50"},
                     {"Retry-After", "1"}}));
}

TEST_F(OutageTest, AnAdditionWhoseAnswerWasLostIsRepeatedAndCountsOnce) {
  const Counter paid(store, "paid");
  driver->error = Error{Errc::disconnected, Effect::maybe_executed, "lost"};
  driver->executes = true;
  EXPECT_EQ(paid.incr_once("ada", "order 7", 5).error().effect, Effect::maybe_executed);
  driver->error.reset();
  EXPECT_EQ(paid.incr_once("ada", "order 7", 5).value(), (Counted{5, false}));
  EXPECT_EQ(paid.get("ada").value(), 5);
}

TEST_F(OutageTest, AnIdIsRememberedForAsLongAsWasAskedFor) {
  const Counter paid(store, "paid");
  paid.incr_once("ada", "order 7", 5, {.remember = 1h}).value();
  EXPECT_LE(store.ttl("{paid:ada}~o:order 7").value().left, 1h);
  world.pass(1h + 1ms);
  EXPECT_TRUE(paid.incr_once("ada", "order 7", 5).value().counted);
}

TEST_F(OutageTest, TheGreatestBlocksOfTheTimeDoNotTouch) {
  const Ids one(store, "t", {.block = 1'024, .from_time = true});
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 5'000; ++i) EXPECT_TRUE(seen.insert(one.next().value()).second) << i;
}

TEST_F(OutageTest, IdsAreNeverDoubledByCrashesAndLostAnswers) {
  std::set<std::uint64_t> seen;
  base::Random random(7);
  for (const bool from_time : {false, true}) {
    for (int process = 0; process < 50; ++process) {
      const Ids ids(store, from_time ? "t" : "d", {.block = 10, .from_time = from_time});
      for (auto left = random.below(35); left > 0; --left) {
        driver->executes = random.below(2) == 0;
        if (random.below(4) == 0) break_it();
        const auto id = ids.next();
        EXPECT_TRUE(!id || seen.insert(*id).second) << *id;
        driver->error.reset();
      }
    }
  }
  EXPECT_GT(seen.size(), 1'000u);
  EXPECT_EQ((Ids{store, "d", {.block = 0}}.next().error().code), Errc::bad_argument);
  EXPECT_EQ((Ids{store, "d", {.block = 1'025, .from_time = true}}.next().error().code),
            Errc::bad_argument);
  store.set("d", "-50").value();
  EXPECT_EQ((Ids{store, "d"}.next().error().code), Errc::not_a_number);
}

TEST_F(OutageTest, SharesAreRenewedAndWaitedForLikeLocks) {
  const Semaphore pool(store, "pool", 2, {.ttl = 9s, .wait = 1min, .renew = true}, world);
  auto first = pool.acquire().value(), second = pool.acquire().value();
  world.pass(1min);
  EXPECT_GE(first->left(), 5s);
  world.meanwhile = [&] {
    if (world.naps == 5) second.reset();
  };
  EXPECT_TRUE(pool.acquire().value());
  const SharedLock book(store, "book", {.ttl = 5s}, world);
  auto reader = book.try_acquire_shared().value();
  const std::stop_token stop = reader->stop_token();
  EXPECT_FALSE(book.acquire().value());
  world.pass(5s);
  EXPECT_TRUE(stop.stop_requested());
  world.pass(1ms);
  const auto writer = book.try_acquire().value();
  ASSERT_TRUE(writer);
  EXPECT_FALSE(book.acquire_shared().value());
}

}  // namespace
}  // namespace larder::coord
