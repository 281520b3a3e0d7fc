#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace larder::base {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, AdvanceMovesBothClocks) {
  ManualClock clock;
  const Instant now = clock.now();
  const WallTime wall = clock.wall();
  clock.advance(1500ms);
  EXPECT_EQ(clock.now() - now, 1500ms);
  EXPECT_EQ(clock.wall() - wall, 1500ms);
}

TEST(ManualClock, AWallJumpLeavesMonotonicTimeAlone) {
  ManualClock clock;
  const Instant now = clock.now();
  const WallTime wall = clock.wall();
  clock.jump_wall(-1h);
  EXPECT_EQ(clock.now(), now);
  EXPECT_EQ(clock.wall() - wall, -1h);
}

TEST(SystemClock, NeverGoesBackAndKnowsTheYear) {
  const Clock& clock = SystemClock::instance();
  const Instant before = clock.now();
  EXPECT_GE(clock.now(), before);
  EXPECT_GT(clock.wall(), WallTime{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}});
}

TEST(SystemClock, TheCoarseClockIsNeverAheadAndNeverFarBehind) {
  const Clock& clock = SystemClock::instance();
  for (int i = 0; i < 100'000; ++i) {
    const Instant coarse = clock.coarse();
    const Instant now = clock.now();
    ASSERT_LE(coarse, now);
    ASSERT_GE(clock.coarse() + kCoarse, now);
  }
}

TEST(ManualClock, IsNeverCoarse) {
  ManualClock clock;
  clock.advance(1ns);
  EXPECT_EQ(clock.coarse(), clock.now());
}

}  // namespace
}  // namespace larder::base
