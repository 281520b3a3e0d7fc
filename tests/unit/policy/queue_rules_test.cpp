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

}  // namespace
}  // namespace larder::policy
