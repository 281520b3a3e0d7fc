// Counter and DoubleCounter over the engine in this process.
#include <larder/counter.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class CounterTest : public testing::Test {
 protected:
  Store store = Store::open("memory:").value();
  Counter visits{store, "visits"};
  DoubleCounter weight{store, "weight"};
};

TEST_F(CounterTest, CountsFromZero) {
  EXPECT_EQ(visits.get("home").value(), 0);
  EXPECT_EQ(visits.incr("home").value(), 1);
  EXPECT_EQ(visits.incr("home", 10).value(), 11);
  EXPECT_EQ(visits.decr("home").value(), 10);
  EXPECT_EQ(visits.decr("home", 15).value(), -5);
  EXPECT_EQ(visits.add("home", -5).value(), -10);
  EXPECT_EQ(visits.get("home").value(), -10);
}

TEST_F(CounterTest, IsPlainTextUnderSpaceColonKey) {
  visits.incr("home", 41).value();
  EXPECT_THAT(store.get("visits:home").value(), Optional(Bytes("41")));
  store.add("visits:home", std::int64_t{1}).value();
  EXPECT_EQ(visits.get("home").value(), 42);
}

TEST_F(CounterTest, KeysMayBeIntegers) {
  visits.incr(7).value();
  EXPECT_EQ(visits.get("7").value(), 1);
}

TEST_F(CounterTest, ResetTellsWhetherThereWasOne) {
  visits.incr("home").value();
  EXPECT_TRUE(visits.reset("home").value());
  EXPECT_FALSE(visits.reset("home").value());
  EXPECT_EQ(visits.get("home").value(), 0);
}

TEST_F(CounterTest, OverflowIsAnErrorThatChangesNothing) {
  visits.add("most", kMost).value();
  EXPECT_EQ(visits.incr("most").error().code, Errc::overflow);
  EXPECT_EQ(visits.get("most").value(), kMost);

  visits.add("least", kLeast).value();
  EXPECT_EQ(visits.decr("least").error().code, Errc::overflow);
  EXPECT_EQ(visits.get("least").value(), kLeast);
}

TEST_F(CounterTest, TheLeastIntegerHasNoOppositeToCountDownBy) {
  const auto got = visits.decr("home", kLeast);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::overflow);
  EXPECT_EQ(got.error().effect, Effect::not_sent);
}

TEST_F(CounterTest, WhatIsNoNumberIsNotCounted) {
  store.set("visits:home", "many").value();
  EXPECT_EQ(visits.incr("home").error().code, Errc::not_a_number);
  EXPECT_EQ(visits.get("home").error().code, Errc::not_a_number);
  store.set("weight:home", "heavy").value();
  EXPECT_EQ(weight.incr("home").error().code, Errc::not_a_number);
  EXPECT_EQ(weight.get("home").error().code, Errc::not_a_number);
}

TEST_F(CounterTest, ATtlIsSetOnlyOnANewCounter) {
  visits.incr("daily", 1, {.ttl_if_new = 1h}).value();
  EXPECT_LE(visits.ttl("daily").value().left, 1h);
  visits.incr("daily", 1, {.ttl_if_new = 48h}).value();
  EXPECT_LE(visits.ttl("daily").value().left, 1h);
  visits.incr("ever").value();
  EXPECT_EQ(visits.ttl("ever").value().state, Ttl::State::persistent);
  visits.incr("ever", 1, {.ttl_if_new = 1h}).value();
  EXPECT_EQ(visits.ttl("ever").value().state, Ttl::State::persistent);
  EXPECT_EQ(visits.ttl("none").value().state, Ttl::State::missing);
}

TEST_F(CounterTest, DoublesAddAsRedisAddsThem) {
  EXPECT_EQ(weight.get("a").value(), 0.0);
  EXPECT_DOUBLE_EQ(weight.add("a", 0.1).value(), 0.1);
  EXPECT_DOUBLE_EQ(weight.incr("a", 0.2).value(), 0.3);
  EXPECT_THAT(store.get("weight:a").value(), Optional(Bytes("0.3")));
  EXPECT_DOUBLE_EQ(weight.decr("a", 0.05).value(), 0.25);
  EXPECT_DOUBLE_EQ(weight.get("a").value(), 0.25);
}

TEST_F(CounterTest, ADoubleBeyondItsRangeIsAnErrorThatChangesNothing) {
  weight.add("a", 1e308).value();
  EXPECT_EQ(weight.add("a", 1.7e308).error().code, Errc::overflow);
  EXPECT_DOUBLE_EQ(weight.get("a").value(), 1e308);
}

TEST_F(CounterTest, WhatAnotherClientAddedBeyondADoubleIsNoNumberToAnswer) {
  store.set("weight:a", "2e308").value();
  EXPECT_EQ(weight.get("a").error().code, Errc::overflow);
  EXPECT_EQ(weight.add("a", 1.0).error().code, Errc::overflow);
}

TEST_F(CounterTest, ADoubleThatIsNoNumberIsRefused) {
  EXPECT_EQ(weight.add("a", std::numeric_limits<double>::quiet_NaN()).error().code,
            Errc::bad_argument);
}

TEST_F(CounterTest, AnEmptyKeyIsRefused) {
  EXPECT_EQ(visits.incr("").error().code, Errc::bad_argument);
  EXPECT_EQ(visits.get("").error().code, Errc::bad_argument);
  EXPECT_EQ(visits.reset("").error().code, Errc::bad_argument);
}

TEST_F(CounterTest, ASpaceThatLeavesNoRoomForKeysThrows) {
  EXPECT_THROW(Counter(store, std::string(10'000, 's')), Failure);
}

TEST_F(CounterTest, AllHaveACoroutineForm) {
  boost::asio::io_context io;
  bool finished = false;
  boost::asio::co_spawn(
      io,
      [&]() -> Task<void> {
        EXPECT_EQ((co_await visits.async_incr("home", 2)).value(), 2);
        EXPECT_EQ((co_await visits.async_decr("home")).value(), 1);
        EXPECT_EQ((co_await visits.async_add("home", 4, {.ttl_if_new = 1h})).value(), 5);
        EXPECT_EQ((co_await visits.async_get("home")).value(), 5);
        EXPECT_EQ((co_await visits.async_ttl("home")).value().state, Ttl::State::persistent);
        EXPECT_TRUE((co_await visits.async_reset("home")).value());
        EXPECT_EQ((co_await visits.async_incr("")).error().code, Errc::bad_argument);
        EXPECT_EQ((co_await visits.async_decr("home", kLeast)).error().code, Errc::overflow);
        EXPECT_DOUBLE_EQ((co_await weight.async_add("a", 0.5)).value(), 0.5);
        EXPECT_EQ((co_await visits.async_incr_once("shop", "order", 3)).value(),
                  (Counted{3, true}));
        EXPECT_EQ((co_await visits.async_incr_once("shop", "order", 3)).value(),
                  (Counted{3, false}));
        finished = true;
      },
      [](std::exception_ptr thrown) {
        if (thrown) std::rethrow_exception(thrown);
      });
  io.run();
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace larder
