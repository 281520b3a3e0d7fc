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

}  // namespace
}  // namespace larder::base
