// Fixed window, sliding log and token bucket; and all four algorithms offline, against what each promises.
#include "node/limits.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "unit/node/node_fixture.hpp"

namespace larder::node {
namespace {

using namespace std::chrono_literals;

/// One limit with its state, asked at times of its own.
struct Asked {
  Limit limit;
  std::string state = {};
  std::int64_t now = 5'000'000;

  Decision ask(std::uint32_t count, Taking taking) {
    auto out = decide(state, limit, count, taking, now).value();
    if (out.decision.allowed && taking == Taking::take) state = out.state;
    return out.decision;
  }
  Decision take(std::uint32_t count = 1) { return ask(count, Taking::take); }
  Decision peek(std::uint32_t count = 1) { return ask(count, Taking::peek); }
};

constexpr Limit fixed(std::uint32_t max, base::Millis window) {
  return {max, window, Algorithm::fixed_window};
}
constexpr Limit logged(std::uint32_t max, base::Millis window) {
  return {max, window, Algorithm::sliding_log};
}
constexpr Limit bucket(std::uint32_t max, base::Millis window, std::uint32_t burst) {
  return {max, window, Algorithm::token_bucket, burst};
}

TEST(FixedWindow, BeginsAnewWithEachWindowOfTheClock) {
  Asked asked{fixed(10, 1s)};
  asked.now += 900;
  EXPECT_EQ(asked.take(10), (Decision{true, 0, 0ms, 100ms}));
  EXPECT_EQ(asked.take(), (Decision{false, 0, 100ms, 100ms}));
  asked.now += 100;
  EXPECT_EQ(asked.take(10), (Decision{true, 0, 0ms, 1s})) << "twice as many around the boundary";
  EXPECT_EQ(asked.state, "f 5001 10");
}

TEST(SlidingLog, EachTakeCountsForExactlyOneWindow) {
  Asked asked{logged(3, 1s)};
  asked.take();
  asked.now += 400;
  asked.take(2);
  EXPECT_EQ(asked.peek(), (Decision{false, 0, 600ms, 1s}));
  EXPECT_EQ(asked.peek(2).retry_after, 1s);
  asked.now += 599;
  EXPECT_FALSE(asked.peek().allowed);
  asked.now += 1;
  EXPECT_EQ(asked.take(), (Decision{true, 0, 0ms, 1s}));
  EXPECT_EQ(asked.state, "l 5000400 2 600 1");
}

TEST(SlidingLog, TakesOfOneMillisecondAreOne) {
  Asked asked{logged(100, 1s)};
  for (int i = 0; i < 100; ++i) asked.take();
  EXPECT_EQ(asked.state, "l 5000000 100");
}

TEST(TokenBucket, ABurstAtOnceAndThenEvenly) {
  Asked asked{bucket(10, 1s, 5)};
  EXPECT_EQ(asked.take(5), (Decision{true, 0, 0ms, 500ms}));
  EXPECT_EQ(asked.take(), (Decision{false, 0, 100ms, 500ms}));
  asked.now += 99;
  EXPECT_FALSE(asked.take().allowed);
  asked.now += 1;
  EXPECT_EQ(asked.take(), (Decision{true, 0, 0ms, 500ms}));
  asked.now += 10'000;
  EXPECT_EQ(asked.peek(), (Decision{true, 5, 0ms, 0ms})) << "and never more than the burst";
}

TEST(TokenBucket, ThirdsOfAMillisecondAreNotLost) {
  Asked asked{bucket(3, 10ms, 3)};
  asked.take(3);
  int allowed = 0;
  for (int i = 0; i < 10'000; ++i, ++asked.now) allowed += asked.take().allowed;
  EXPECT_EQ(allowed, 2'999) << "three in ten milliseconds, to the last";
}

TEST(Limits, TheGreatestOverTheLongestOverflowNothing) {
  for (const Limit limit : {fixed(base::limits::kLimitMax, base::limits::kLimitWindowMax),
                            bucket(base::limits::kLimitMax, base::limits::kLimitWindowMax, 0),
                            bucket(1, base::limits::kLimitWindowMax, base::limits::kLimitMax),
                            bucket(base::limits::kLimitMax, 1ms, 1)}) {
    Asked asked{limit};
    asked.now = 1'800'000'000'000;
    EXPECT_TRUE(asked.take(capacity_of(limit)).allowed);
    const Decision denied = asked.take();
    EXPECT_FALSE(denied.allowed);
    EXPECT_GT(denied.retry_after, 0ms);
    EXPECT_GE(denied.reset_after, denied.retry_after);
  }
}

TEST(Limits, TimeThatRunsBackwardsGivesNothingAway) {
  for (const Limit limit : {fixed(5, 1s), logged(5, 1s), bucket(5, 1s, 5)}) {
    Asked asked{limit};
    asked.take(5);
    asked.now -= 60'000;
    EXPECT_FALSE(asked.take().allowed);
    asked.now += 60'000;
    EXPECT_FALSE(asked.take().allowed);
  }
}

TEST(Limits, AnotherAlgorithmsStateCountsAsNoneAndAStrangersIsToldApart) {
  for (const auto algorithm : {Algorithm::sliding_window, Algorithm::fixed_window,
                               Algorithm::sliding_log, Algorithm::token_bucket}) {
    const Limit limit{5, 1s, algorithm};
    for (const std::string_view state : {"17 3 4", "f 17 5", "l 17 5", "b 17 5 0"}) {
      const auto out = decide(state, limit, 1, Taking::take, 5'000'000);
      ASSERT_TRUE(out) << state;
      EXPECT_TRUE(out->decision.allowed) << state;
    }
    for (const std::string_view state : {"a value", "5", "f", "fx", "s 1 2 3 1 a", "f17 5"})
      EXPECT_FALSE(decide(state, limit, 1, Taking::take, 5'000'000)) << state;
  }
  EXPECT_FALSE(decide("f 17", fixed(5, 1s), 1, Taking::take, 1));
  EXPECT_FALSE(decide("l 17 5 1", logged(5, 1s), 1, Taking::take, 1));
  EXPECT_FALSE(decide("b 17 x 1", bucket(5, 1s, 5), 1, Taking::take, 1));
}

// ---- offline: what was allowed, looked at afterwards --------------------------------------------------

struct Admitted {
  std::int64_t at;
  std::uint32_t count;
};

/// The most in any window of `length` that begins with an admission; -1 where that begins anywhere else it is no more.
std::int64_t most_in_a_window(const std::vector<Admitted>& all, std::int64_t length) {
  std::int64_t most = 0, inside = 0;
  std::deque<Admitted> window;
  for (const Admitted& one : all) {
    while (!window.empty() && window.front().at + length <= one.at) {
      inside -= window.front().count;
      window.pop_front();
    }
    window.push_back(one);
    most = std::max(most, inside += one.count);
  }
  return most;
}

std::int64_t most_in_a_clocks_window(const std::vector<Admitted>& all, std::int64_t length) {
  std::int64_t most = 0, inside = 0, index = -1;
  for (const Admitted& one : all) {
    if (one.at / length != index) index = one.at / length, inside = 0;
    most = std::max(most, inside += one.count);
  }
  return most;
}

/// Whether burst + rate * t is kept to for every pair of admissions: the debt of a bucket that drains exactly.
bool keeps_to_the_bucket(const std::vector<Admitted>& all, const Limit& limit) {
  const std::int64_t length = limit.window.count();
  std::int64_t owed = 0, at = all.empty() ? 0 : all.front().at;
  for (const Admitted& one : all) {
    owed = std::max<std::int64_t>(owed - (one.at - at) * limit.max, 0) + one.count * length;
    at = one.at;
    if (owed > std::int64_t{capacity_of(limit)} * length) return false;
  }
  return true;
}

class OfflineCheck : public testing::TestWithParam<Algorithm> {};

INSTANTIATE_TEST_SUITE_P(Algorithms, OfflineCheck,
                         testing::Values(Algorithm::sliding_window, Algorithm::fixed_window,
                                         Algorithm::sliding_log, Algorithm::token_bucket));

/// Crowds, pauses, counts by chance and a clock that steps back now and then. Whatever was admitted must keep to the
/// algorithm's promise; and who asks all the time must get what it allows.
TEST_P(OfflineCheck, NeverAboveTheLimitWhateverIsAsked) {
  base::Random random{test::seed()};
  for (int history = 0; history < 200; ++history) {
    Asked asked{{static_cast<std::uint32_t>(random.below(40) + 1),
                 base::Millis{random.below(300) + 1}, GetParam(),
                 static_cast<std::uint32_t>(random.below(30) + 1)}};
    std::vector<Admitted> admitted;
    for (int i = 0; i < 500; ++i) {
      asked.now += static_cast<std::int64_t>(random.below(random.below(8) == 0 ? 200 : 4));
      if (random.below(50) == 0) asked.now -= static_cast<std::int64_t>(random.below(400));
      const auto count = static_cast<std::uint32_t>(random.below(capacity_of(asked.limit)) + 1);
      const Decision decision = asked.take(count);
      // A step back stands still: for the limit it is as late as when it last gave.
      const std::int64_t at =
          std::max(asked.now, admitted.empty() ? asked.now : admitted.back().at);
      if (decision.allowed) {
        admitted.push_back({at, count});
        continue;
      }
      Asked later = asked;
      later.now = at + decision.retry_after.count();
      ASSERT_TRUE(later.peek(count).allowed) << "retry_after was true";
    }
    const std::int64_t length = asked.limit.window.count(), max = asked.limit.max;
    if (GetParam() == Algorithm::token_bucket) {
      ASSERT_TRUE(keeps_to_the_bucket(admitted, asked.limit)) << history;
    } else if (GetParam() == Algorithm::sliding_log) {
      ASSERT_LE(most_in_a_window(admitted, length), max) << history;
    } else {
      ASSERT_LE(most_in_a_clocks_window(admitted, length), max) << history;
      ASSERT_LE(most_in_a_window(admitted, length), 2 * max) << history;
    }
  }
}

TEST_P(OfflineCheck, WhoAsksAllTheTimeGetsWhatIsAllowed) {
  Asked asked{{500, 1s, GetParam(), 500}};
  std::uint32_t allowed = 0;
  for (int i = 0; i < 25'000; ++i) {
    ++asked.now;
    allowed += asked.take().allowed;
  }
  // 25 s of 500, and what the first and the last window, or the first burst, give beyond.
  EXPECT_GE(allowed, 12'500u * 99 / 100);
  EXPECT_LE(allowed, 12'500u + 1'000);
}

}  // namespace
}  // namespace larder::node
