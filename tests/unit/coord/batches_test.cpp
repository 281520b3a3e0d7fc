// Limiters that take ahead: seeded traffic of several processes over one store, on a network that takes its time, looked at
// afterwards; and what one of them answers, step by step.
#include <larder/limiter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "support/failing_driver.hpp"
#include "support/run_task.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;
using larder::test::run;

class BatchesTest : public testing::Test {
 protected:
  Limiter limiter(const Rate& rate, std::uint32_t batch, Outage outage = Outage::report) {
    return {store, "api", rate, {.outage = outage, .batch = batch}, world};
  }

  test::TestWorld world;
  std::shared_ptr<larder::test::FailingDriver> driver =
      std::make_shared<larder::test::FailingDriver>(test::memory(world).driver());
  Store store{driver};
};

TEST_F(BatchesTest, AsksForMoreAsMoreIsUsed) {
  const Limiter api = limiter(Rate::fixed_window(1'000, 1h), 8);
  std::vector<int> asked_at;
  for (int i = 1; i <= 40; ++i) {
    const int before = driver->calls;
    const Decision decision = api.allow("ada").value();
    ASSERT_TRUE(decision.allowed);
    ASSERT_EQ(decision.remaining, 1'000u - static_cast<unsigned>(i)) << "what it holds is counted";
    if (driver->calls > before) asked_at.push_back(i);
  }
  EXPECT_EQ(asked_at, (std::vector<int>{1, 2, 4, 8, 16, 24, 32, 40}));
  EXPECT_EQ(api.remaining("ada").value(), 960u);
  EXPECT_TRUE(api.peek("ada", 953).value().allowed);
  EXPECT_FALSE(api.peek("ada", 954).value().allowed) << "not of both at once";
  EXPECT_EQ(limiter(Rate::fixed_window(1'000, 1h), 1).remaining("ada").value(), 953u)
      << "7 are held ahead";
}

TEST_F(BatchesTest, NoBatchOutlivesItsWindowByAPartOfAMillisecond) {
  const Limiter api = limiter(Rate::fixed_window(1'000, 1h), 8);
  world.pass(std::chrono::microseconds{900});  // The store counts in whole ones.
  Millis reset{0};
  for (int i = 0; i < 5; ++i) reset = api.allow("ada").value().reset_after;
  ASSERT_EQ(driver->calls, 3) << "some are held ahead";
  world.pass(reset - std::chrono::microseconds{50});
  EXPECT_TRUE(api.allow("ada").value().allowed);
  EXPECT_EQ(driver->calls, 4) << "the next window has begun";
}

TEST_F(BatchesTest, WhatIsRareTakesNothingAhead) {
  const Limiter api = limiter(Rate::sliding_window(10, 1h), 10);
  EXPECT_EQ(api.allow("ada").value().remaining, 9u);
  world.pass(2h);
  EXPECT_EQ(api.allow("ada").value().remaining, 9u) << "two hours later it begins with one again";
  EXPECT_EQ(limiter(Rate::sliding_window(10, 1h), 1).remaining("ada").value(), 9u);
}

TEST_F(BatchesTest, TheLastOnesAreGivenOneByOne) {
  const Limiter api = limiter(Rate::fixed_window(20, 1h), 16);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(api.allow("ada").value().allowed) << i;
  const Decision denied = api.allow("ada").value();
  EXPECT_FALSE(denied.allowed);
  EXPECT_GT(denied.retry_after, 0ms);
}

TEST_F(BatchesTest, ABatchThatIsTooLargeIsAskedForAnew) {
  const Limiter api = limiter(Rate::fixed_window(100, 1h), 64),
                other = limiter(Rate::fixed_window(100, 1h), 1);
  for (int i = 0; i < 15; ++i) api.allow("ada").value();
  other.allow("ada", 80).value();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(api.allow("ada").value().allowed) << i;
  EXPECT_FALSE(api.allow("ada").value().allowed);
  EXPECT_FALSE(other.allow("ada").value().allowed);
}

TEST_F(BatchesTest, ResetForgetsThemToo) {
  const Limiter api = limiter(Rate::fixed_window(10, 1h), 4);
  for (int i = 0; i < 5; ++i) api.allow("ada").value();
  EXPECT_TRUE(api.reset("ada").value());
  EXPECT_EQ(api.remaining("ada").value(), 10u);
  api.allow("ada").value();
  EXPECT_TRUE(run(api.async_reset("ada")).value());
  EXPECT_EQ(run(api.async_peek("ada")).value().remaining, 10u);
}

TEST_F(BatchesTest, AnOutageIsThePolicysButWhatIsThereIsGivenOut) {
  const Limiter api = limiter(Rate::fixed_window(100, 1h), 4, Outage::fail_closed);
  for (int i = 0; i < 4; ++i) run(api.async_allow("ada")).value();  // 1, 2 and 4: three are left.
  driver->error = Error{Errc::timeout, Effect::maybe_executed, "away"};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(run(api.async_allow("ada")).value().estimated);
  const Decision closed = api.allow("ada").value();
  EXPECT_TRUE(closed.estimated && !closed.allowed);
  driver->error.reset();
  world.pass(1s);
  EXPECT_TRUE(api.allow("ada").value().allowed) << "and nobody is thought to be asking still";
  EXPECT_TRUE(api.allow("ada").value().allowed);
}

TEST_F(BatchesTest, MoreKeysThanAreRememberedHaveTheirLimitsAllTheSame) {
  const Limiter api = limiter(Rate::fixed_window(2, 1h), 2);
  for (int key = 0; key < 6'000; ++key) EXPECT_TRUE(api.allow(key, 2).value().allowed);
  for (int key = 0; key < 6'000; ++key) EXPECT_FALSE(api.allow(key).value().allowed) << key;
}

TEST_F(BatchesTest, BadArgumentsAreNamed) {
  EXPECT_THROW(limiter(Rate::fixed_window(10, 1s), 0), Failure);
  EXPECT_THROW(limiter(Rate::fixed_window(10, 1s), 11), Failure);
  EXPECT_THROW(limiter(Rate::token_bucket(10, 1s, 5), 6), Failure);
  EXPECT_THROW(limiter(Rate::sliding_log(10, 1s), 2), Failure);
  const Limiter api = limiter(Rate::fixed_window(10, 1s), 4);
  EXPECT_EQ(api.allow("ada", 0).error().code, Errc::bad_argument);
  EXPECT_EQ(api.allow("ada", 11).error().code, Errc::bad_argument);
  EXPECT_TRUE(api.allow("ada", 10).value().allowed);
}

// ---- several processes --------------------------------------------------------------------------------

constexpr std::uint32_t kMax = 40, kBatch = 8;
constexpr std::uint32_t kProcesses = 4;
constexpr base::Millis kWindow{1'000};

struct Traffic {
  /// When each was given out, here or by the store, in milliseconds of the store's clock.
  std::vector<std::int64_t> taken;
  int calls = 0;
};

/// Bursts and pauses; each message takes up to 3 ms either way.
Traffic traffic(const Rate& rate, std::uint32_t batch, std::uint64_t seed) {
  test::TestWorld world(seed);
  auto driver = std::make_shared<larder::test::FailingDriver>(test::memory(world).driver());
  base::Random chance(seed);
  int legs = 0;
  base::WallTime served;
  driver->on_way = [&] {
    world.clock.advance(base::Micros{chance.below(3'000)});
    if (++legs % 2 == 1) served = world.clock.wall();
  };
  const Store store{driver};
  std::vector<Limiter> processes;
  for (std::uint32_t i = 0; i < kProcesses; ++i)
    processes.emplace_back(store, "api", rate, LimiterOptions{.batch = batch}, world);
  Traffic out;
  for (int burst = 0; burst < 60; ++burst) {
    const std::uint64_t pause = chance.below(20'000);
    for (auto left = chance.below(100); left > 0; --left) {
      const auto& limiter = processes[chance.below(1 + chance.below(kProcesses))];
      world.clock.advance(base::Micros{chance.below(pause + 1)});
      const auto count = static_cast<std::uint32_t>(1 + chance.below(2));
      const int before = driver->calls;
      if (!limiter.allow("ada", count).value().allowed) continue;
      const auto at = driver->calls > before ? served : world.clock.wall();
      out.taken.insert(out.taken.end(), count, at.time_since_epoch().count());
    }
    if (chance.below(3) == 0) world.clock.advance(base::Millis{chance.below(3'000)});
  }
  out.calls = driver->calls;
  return out;
}

/// The fullest of the clock's windows.
std::size_t fullest(const std::vector<std::int64_t>& taken) {
  std::map<std::int64_t, std::size_t> windows;
  std::size_t most = 0;
  for (const auto at : taken) most = std::max(most, ++windows[at / kWindow.count()]);
  return most;
}

/// By how much the bucket's promise is exceeded in the worst stretch of time.
double excess(const std::vector<std::int64_t>& taken, double burst) {
  double worst = 0;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    for (std::size_t j = i; j < taken.size(); ++j) {
      const double flows = double(taken[j] - taken[i] + 1) * kMax / double(kWindow.count());
      worst = std::max(worst, double(j - i + 1) - burst - flows);
    }
  }
  return worst;
}

TEST(BatchesTraffic, WindowsAreNeverFullerThanTheirLimit) {
  int alone = 0, ahead = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    for (const Rate& rate :
         {Rate::fixed_window(kMax, kWindow), Rate::sliding_window(kMax, kWindow)}) {
      const Traffic exact = traffic(rate, 1, seed), batched = traffic(rate, kBatch, seed);
      EXPECT_LE(fullest(batched.taken), kMax) << "seed " << seed;
      EXPECT_LE(fullest(exact.taken), kMax) << "seed " << seed;
      alone += exact.calls;
      ahead += batched.calls;
    }
  }
  EXPECT_LT(ahead, alone) << "and it asks less often";
}

TEST(BatchesTraffic, ABucketGivesAtMostABatchForEachProcessMore) {
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Rate rate = Rate::token_bucket(kMax, kWindow, 20);
    EXPECT_LE(excess(traffic(rate, 1, seed).taken, 20), 0) << "seed " << seed;
    worst = std::max(worst, excess(traffic(rate, kBatch, seed).taken, 20));
  }
  EXPECT_LE(worst, kProcesses * (kBatch - 1));
}

TEST(BatchesTraffic, OnlyWhatIsHeldElsewhereGoesToWaste) {
  test::TestWorld world;
  const Store store = test::memory(world);
  std::vector<Limiter> processes;
  for (std::uint32_t i = 0; i < kProcesses; ++i)
    processes.emplace_back(store, "api", Rate::fixed_window(400, kWindow),
                           LimiterOptions{.batch = kBatch}, world);
  base::Random chance(1);
  std::uint32_t given = 0;
  // The others have what they have when the last of them takes all there is.
  for (int i = 0; i < 100; ++i) given += processes[chance.below(3)].allow("ada").value().allowed;
  while (processes[3].allow("ada").value().allowed) ++given;
  EXPECT_LE(given, 400u);
  EXPECT_GE(given, 400 - 3 * (kBatch - 1));
}

}  // namespace
}  // namespace larder::coord
