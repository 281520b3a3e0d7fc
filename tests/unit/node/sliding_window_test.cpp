#include "node/sliding_window.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "unit/node/node_fixture.hpp"

namespace larder::node {
namespace {

using namespace std::chrono_literals;

class SlidingWindowTest : public testing::Test {
 protected:
  Decision take(std::uint32_t count = 1) { return decide(window, limit, count, Taking::take, now); }
  Decision peek(std::uint32_t count = 1) { return decide(window, limit, count, Taking::peek, now); }

  Limit limit{10, 1s};
  Window window;
  std::int64_t now = 5'000'000;
};

TEST_F(SlidingWindowTest, TheWholeLimitAtOnceAndThenNone) {
  EXPECT_EQ(take(10), (Decision{true, 0, 0ms, 2s}));
  EXPECT_EQ(take(), (Decision{false, 0, 1100ms, 2s}));
}

TEST_F(SlidingWindowTest, WhatWasTakenFadesEvenlyInTheNextWindow) {
  take(10);
  now += 1'000;
  EXPECT_EQ(peek().remaining, 0u);
  now += 100;
  EXPECT_EQ(take(), (Decision{true, 0, 0ms, 1900ms}));
  now += 400;
  EXPECT_EQ(peek().remaining, 4u);
  now += 500;
  EXPECT_EQ(peek().remaining, 9u) << "of the window before that, nothing counts any more";
  now += 1'000;
  EXPECT_EQ(peek(), (Decision{true, 10, 0ms, 0ms}));
}

TEST_F(SlidingWindowTest, APauseOfTwoWindowsForgetsAll) {
  take(10);
  now += 2'000;
  EXPECT_EQ(take(10), (Decision{true, 0, 0ms, 2s}));
}

TEST_F(SlidingWindowTest, WhatIsDeniedOrLookedAtIsNotCounted) {
  take(8);
  const Window before = window;
  EXPECT_FALSE(take(3).allowed);
  EXPECT_TRUE(peek(2).allowed);
  EXPECT_EQ(window, before);
}

TEST_F(SlidingWindowTest, TimeThatRunsBackwardsGivesNothingAway) {
  take(10);
  now -= 60'000;
  EXPECT_FALSE(take().allowed);
  EXPECT_EQ(window.current, 10);
}

TEST_F(SlidingWindowTest, RetryAfterIsTheFirstMillisecondThatWillDo) {
  base::Random random{test::seed()};
  for (int round = 0; round < 20'000; ++round) {
    limit = {static_cast<std::uint32_t>(random() % 50 + 1), base::Millis{random() % 200 + 1}};
    window = {};
    for (int i = 0; i < 6; ++i) {
      now += static_cast<std::int64_t>(random() % 150);
      take(static_cast<std::uint32_t>(random() % limit.max + 1));
    }
    const auto count = static_cast<std::uint32_t>(random() % limit.max + 1);
    const Decision decision = peek(count);
    if (decision.allowed) continue;
    const std::int64_t wait = decision.retry_after.count();
    ASSERT_GT(wait, 0);
    Window later = window;
    ASSERT_FALSE(decide(later, limit, count, Taking::peek, now + wait - 1).allowed) << round;
    later = window;
    ASSERT_TRUE(decide(later, limit, count, Taking::peek, now + wait).allowed) << round;
  }
}

TEST_F(SlidingWindowTest, ResetAfterIsWhenNothingCountsAnyMore) {
  base::Random random{test::seed()};
  for (int round = 0; round < 5'000; ++round) {
    window = {};
    for (int i = 0; i < 4; ++i, now += static_cast<std::int64_t>(random() % 900)) take();
    const std::int64_t reset = peek().reset_after.count();
    Window later = window;
    const Decision then = decide(later, limit, 1, Taking::peek, now + reset);
    ASSERT_EQ(then.remaining, limit.max);
    ASSERT_EQ(then.reset_after, 0ms);
  }
}

TEST_F(SlidingWindowTest, TheGreatestLimitOverTheLongestWindowOverflowsNothing) {
  limit = {base::limits::kLimitMax, base::limits::kLimitWindowMax};
  now = 1'800'000'000'000;
  EXPECT_TRUE(take(limit.max).allowed);
  EXPECT_FALSE(take().allowed);
  now += limit.window.count();
  const Decision decision = peek();
  EXPECT_GE(decision.retry_after, 0ms);
  EXPECT_LE(decision.remaining, limit.max);
}

TEST_F(SlidingWindowTest, ItsStateIsTextAndBack) {
  EXPECT_EQ(to_string(Window{17, 3, 4}), "17 3 4");
  EXPECT_EQ(parse_window("17 3 4"), (Window{17, 3, 4}));
  for (const std::string_view text : {"", "17", "17 3", "17 3 ", "17 3 4 5", "17 3 x", "-1 3 4",
                                      "17 03 4", "17 3 100000001", "a value"}) {
    EXPECT_EQ(parse_window(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace larder::node
