#include <gmock/gmock.h>

#include "policy/candidates.hpp"
#include "policy/eviction.hpp"
#include "policy/usage.hpp"

namespace larder::policy {
namespace {

TEST(EvictionTest, EveryPolicyHasItsRedisNameBothWays) {
  for (const std::string_view name :
       {"adaptive", "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
        "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    ASSERT_TRUE(eviction_from(name).has_value()) << name;
    EXPECT_EQ(to_string(*eviction_from(name)), name);
  }
  EXPECT_EQ(eviction_from("allkeys_lru"), std::nullopt);
  EXPECT_EQ(eviction_from(""), std::nullopt);
}

TEST(EvictionTest, OnlyThePoliciesCalledVolatileSpareThePersistent) {
  EXPECT_TRUE(only_volatile(Eviction::volatile_ttl));
  EXPECT_TRUE(only_volatile(Eviction::volatile_lru));
  EXPECT_FALSE(only_volatile(Eviction::allkeys_lru));
  EXPECT_FALSE(only_volatile(Eviction::adaptive));
}

TEST(CandidatesTest, TheColdestComeOutFirst) {
  Candidates candidates;
  for (const double cold : {3.0, 1.0, 2.0})
    candidates.offer({cold, static_cast<std::uint64_t>(cold), 0});
  EXPECT_EQ(candidates.take()->hash, 3u);
  EXPECT_EQ(candidates.take()->hash, 2u);
  EXPECT_EQ(candidates.take()->hash, 1u);
  EXPECT_FALSE(candidates.take().has_value());
}

TEST(CandidatesTest, AFullPoolKeepsTheColdest) {
  Candidates candidates;
  for (std::uint64_t i = 0; i < 100; ++i)
    candidates.offer({static_cast<double>(i * 37 % 100), i * 37 % 100, 0});
  EXPECT_EQ(candidates.size(), Candidates::kMax);
  for (std::uint64_t expected = 99; expected >= 84; --expected)
    EXPECT_EQ(candidates.take()->hash, expected);
}

TEST(CandidatesTest, OneEntryIsOfferedOnlyOnceWithItsLatestColdness) {
  Candidates candidates;
  candidates.offer({1, 7, 0});
  candidates.offer({5, 7, 0});
  candidates.offer({2, 7, 1});
  EXPECT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates.take()->coldness, 5);
  EXPECT_EQ(candidates.take()->space, 1u);
}

TEST(UsageTest, LruRanksByLastUse) {
  base::Random random{1};
  const auto old = usage_new(Eviction::allkeys_lru, {.tick = 10});
  const auto used = usage_after_use(Eviction::allkeys_lru, old, {.tick = 50}, random);
  EXPECT_GT(coldness(Eviction::allkeys_lru, old, {.tick = 60}),
            coldness(Eviction::allkeys_lru, used, {.tick = 60}));
}

TEST(UsageTest, LruSurvivesTheTicksRunningOver) {
  const auto before = usage_new(Eviction::allkeys_lru, {.tick = 0xfffffff0});
  const auto after = usage_new(Eviction::allkeys_lru, {.tick = 5});
  EXPECT_GT(coldness(Eviction::allkeys_lru, before, {.tick = 10}),
            coldness(Eviction::allkeys_lru, after, {.tick = 10}));
}

TEST(UsageTest, TheLfuCounterGrowsWithTheLogarithmOfUse) {
  base::Random random{1};
  auto usage = usage_new(Eviction::allkeys_lfu, {});
  for (int i = 0; i < 100; ++i) usage = usage_after_use(Eviction::allkeys_lfu, usage, {}, random);
  const auto at_hundred = lfu_count(usage, 0);
  for (int i = 100; i < 100'000; ++i)
    usage = usage_after_use(Eviction::allkeys_lfu, usage, {}, random);
  const auto at_hundred_thousand = lfu_count(usage, 0);
  EXPECT_THAT(at_hundred,
              ::testing::AllOf(::testing::Ge(7), ::testing::Le(20)));  // Redis' table: 10
  EXPECT_THAT(at_hundred_thousand,
              ::testing::AllOf(::testing::Ge(120), ::testing::Le(170)));  // Redis' table: 142
}

TEST(UsageTest, TheLfuCounterFallsByOneEachMinuteWithoutUse) {
  const auto usage = usage_new(Eviction::allkeys_lfu, {.minute = 65'534});
  EXPECT_EQ(lfu_count(usage, 65'534), 5);
  EXPECT_EQ(lfu_count(usage, 1), 2) << "the minutes run over";
  EXPECT_EQ(lfu_count(usage, 1'000), 0);
}

}  // namespace
}  // namespace larder::policy
