#include "lab/policy_cell.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace larder::lab {
namespace {

using policy::Eviction;

constexpr std::uint32_t kBytes = 100;

NumberedTrace trace_of(std::initializer_list<std::uint32_t> keys, std::uint32_t ttl_s = 0) {
  NumberedTrace trace;
  for (const std::uint32_t key : keys) trace.items.push_back({key, kBytes, ttl_s});
  trace.bytes_max = kBytes;
  return trace;
}

/// Keys 0 to keys - 1, round after round.
NumberedTrace loop(std::uint32_t keys, int rounds) {
  NumberedTrace trace = trace_of({});
  for (int round = 0; round < rounds; ++round) {
    for (std::uint32_t key = 0; key < keys; ++key) trace.items.push_back({key, kBytes, 0});
  }
  return trace;
}

/// A request a second: so that each has a time of its own.
CellResult play(const NumberedTrace& trace, CellOptions options) {
  options.requests_per_second = 1;
  return play_cell(trace, ValuePattern(kBytes), options);
}

TEST(PolicyCellTest, LruGivesUpWhatWasUsedLongestAgo) {
  // 2 goes for 3, as 1 was used since; then 1 for 2, and 3 for 1.
  const auto trace = trace_of({1, 2, 1, 3, 2, 1});
  const CellResult result = play(trace, {.policy = Eviction::allkeys_lru, .capacity = 2});
  EXPECT_EQ(result.requests, 6u);
  EXPECT_EQ(result.hits, 1u);
  EXPECT_EQ(result.evicted, 3u);
  EXPECT_EQ(result.refused, 0u);
}

TEST(PolicyCellTest, LruKeepsNextToNothingThatTwiceAsManyNewerOnesFollowed) {
  NumberedTrace trace = loop(3'000, 1);
  for (std::uint32_t key = 0; key < 1'000; ++key) trace.items.push_back({key, kBytes, 0});
  EXPECT_LT(play(trace, {.policy = Eviction::allkeys_lru, .capacity = 1'000}).hits, 10u);
}

TEST(PolicyCellTest, InALoopLongerThanTheCacheAdaptiveHitsMoreThanTwiceAsOftenAsLru) {
  const auto trace = loop(100, 50);
  const CellResult lru = play(trace, {.policy = Eviction::allkeys_lru, .capacity = 50});
  const CellResult adaptive = play(trace, {.policy = Eviction::adaptive, .capacity = 50});
  EXPECT_GT(adaptive.hits, 2 * lru.hits);
}

TEST(PolicyCellTest, WhereAllFitsEveryPolicyHasAllHits) {
  const auto trace = loop(100, 3);
  for (const Eviction policy : policy::kEvictions) {
    const CellResult result = play(trace, {.policy = policy, .capacity = 100});
    EXPECT_EQ(result.hits, 200u) << to_string(policy);
    EXPECT_EQ(result.evicted + result.refused, 0u) << to_string(policy);
  }
}

TEST(PolicyCellTest, NoevictionKeepsTheFirstAndRefusesTheRest) {
  const auto trace = trace_of({1, 2, 3, 1, 2, 3});
  const CellResult result = play(trace, {.policy = Eviction::noeviction, .capacity = 2});
  EXPECT_EQ(result.hits, 2u);
  EXPECT_EQ(result.refused, 2u);
}

TEST(PolicyCellTest, VolatilePoliciesEvictWhatHasADeadline) {
  auto trace = trace_of({1, 2, 3, 1});
  const CellOptions options{.policy = Eviction::volatile_ttl, .capacity = 2, .ttl = true};
  EXPECT_EQ(play(trace, options).refused, 1u);
  trace.items[1].ttl_s = 1'000;
  const CellResult result = play(trace, options);
  EXPECT_EQ(result.refused, 0u);
  EXPECT_EQ(result.evicted, 1u);
  EXPECT_EQ(result.hits, 1u);
}

TEST(PolicyCellTest, AnEntryIsThereAtItsDeadlineAndGoneAfterIt) {
  const auto trace = trace_of({1, 1, 1, 1}, 1);
  const CellResult result = play(trace, {.capacity = 10, .ttl = true});
  EXPECT_EQ(result.hits, 2u);
  EXPECT_EQ(result.expired, 1u);
}

TEST(PolicyCellTest, NothingExpiresUnlessItIsAskedFor) {
  EXPECT_EQ(play(trace_of({1, 1, 1, 1}, 1), {.capacity = 10}).hits, 3u);
}

TEST(PolicyCellTest, TheRateSaysHowMuchTimePasses) {
  const auto trace = trace_of({1, 1, 1, 1}, 1);
  const CellOptions options{.capacity = 10, .requests_per_second = 3, .ttl = true};
  EXPECT_EQ(play_cell(trace, ValuePattern(kBytes), options).hits, 3u);
}

TEST(PolicyCellTest, BytesAreCountedAsTheyWereAskedFor) {
  auto trace = trace_of({1, 2, 1, 2});
  trace.items[1].bytes = trace.items[3].bytes = 10;
  const CellResult result = play(trace, {.by = By::bytes, .capacity = 10'000});
  EXPECT_EQ(result.bytes, 220u);
  EXPECT_EQ(result.bytes_hit, 110u);
}

TEST(PolicyCellTest, ByBytesWhatIsLargerThanTheCacheIsRefused) {
  const auto trace = trace_of({1, 1});
  const CellResult result = play(trace, {.by = By::bytes, .capacity = kBytes / 2});
  EXPECT_EQ(result.hits, 0u);
  EXPECT_EQ(result.refused, 2u);
}

TEST(PolicyCellTest, ByBytesAFewLargeOrManySmallObjectsFit) {
  auto trace = loop(100, 2);
  const CellOptions half{.policy = Eviction::noeviction, .by = By::bytes, .capacity = 50 * kBytes};
  const std::uint64_t large = play(trace, half).hits;
  for (auto& item : trace.items) item.bytes = kBytes / 10;
  EXPECT_GE(large, 47u);  // A write asks for its overhead too, though only its data stays charged.
  EXPECT_LE(large, 50u);
  EXPECT_EQ(play(trace, half).hits, 100u);
}

TEST(PolicyCellTest, ProgressTellsOfEveryRequest) {
  std::uint64_t told = 0;
  play_cell(loop(1'000, 40), ValuePattern(0), {.capacity = 10},
            [&](std::uint64_t requests) { told += requests; });
  EXPECT_EQ(told, 40'000u);
}

}  // namespace
}  // namespace larder::lab
