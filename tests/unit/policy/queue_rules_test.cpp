#include "policy/queue_rules.hpp"

#include <gmock/gmock.h>

namespace larder::policy {
namespace {

TEST(QueueRulesTest, EntriesOfOneSizeNeedOneUse) {
  for (const std::size_t bytes : {1, 56, 1'000'000}) EXPECT_EQ(uses_needed(bytes, bytes), 1u);
}

TEST(QueueRulesTest, WhatIsMuchLargerThanTheMeanNeedsMoreUses) {
  EXPECT_EQ(uses_needed(200, 100), 1u);
  EXPECT_EQ(uses_needed(201, 100), 2u);
  EXPECT_EQ(uses_needed(401, 100), 3u);
}

TEST(QueueRulesTest, NothingIsTooLargeToBeKept) {
  EXPECT_LE(uses_needed(std::size_t{64} << 20, 50), kUsesMax);
}

TEST(QueueRulesTest, OnlyWhatIsNoLargerThanUsualIsKeptUnused) {
  EXPECT_TRUE(may_be_kept_unused(57, 56)) << "a mean is rounded";
  EXPECT_TRUE(may_be_kept_unused(10, 1'000));
  EXPECT_FALSE(may_be_kept_unused(1'300, 1'000));
}

TEST(QueueRulesTest, WhatWasNotUsedIsKeptOnlyByRulesForLoops) {
  EXPECT_FALSE(QueueRules{}.keeps_unused(1'000, false));
  EXPECT_FALSE(QueueRules{}.keeps_unused(1'000, true));
}

TEST(QueueRulesTest, RulesForLoopsKeepEverySecondUntilMainHasItsShare) {
  const QueueRules rules{.small_share = 0.01, .keep_one_in = 32};
  EXPECT_FALSE(rules.keeps_unused(1, false));
  EXPECT_TRUE(rules.keeps_unused(2, false));
  EXPECT_FALSE(rules.keeps_unused(31, true));
  EXPECT_TRUE(rules.keeps_unused(32, true));
}

}  // namespace
}  // namespace larder::policy
