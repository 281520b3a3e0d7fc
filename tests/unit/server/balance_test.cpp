#include "server/balance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace larder::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Work = std::vector<std::uint64_t>;

constexpr std::uint64_t kSecond = 1'000'000'000;  // A whole processor for 1,000 ms.

std::optional<Gift> gift(const Work& work, std::size_t own) { return gift_of(work, own, 1'000); }

TEST(BalanceTest, OneThreadHasNobodyToGiveTo) { EXPECT_FALSE(gift({kSecond}, 0)); }

TEST(BalanceTest, WhoDoesAllGivesHalfToWhoDoesNothing) {
  const auto given = gift({kSecond, 0}, 0);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->to, 1u);
  EXPECT_EQ(given->work, kSecond / 2);
  EXPECT_FALSE(gift({kSecond, 0}, 1));
}

TEST(BalanceTest, EvenWorkStaysWhereItIs) {
  EXPECT_FALSE(gift({kSecond, kSecond}, 0));
  EXPECT_FALSE(gift({kSecond, kSecond / 5 * 4}, 0)) << "less than a quarter more";
}

TEST(BalanceTest, LittleWorkIsNotWorthIt) {
  EXPECT_FALSE(gift({kSecond / 51, 0}, 0));
  EXPECT_TRUE(gift({kSecond / 49, 0}, 0));
}

TEST(BalanceTest, ManyThatGiveToOneDoNotDrownIt) {
  const Work work{900, 900, 900, 0};
  std::uint64_t given = 0;
  for (std::size_t own = 0; own < 3; ++own) given += gift_of(work, own, 0)->work;
  EXPECT_EQ(given, 675u) << "the mean";
}

TEST(BalanceTest, OneThatGivesToManyBeginsWithTheIdlest) {
  const auto given = gift_of(Work{900, 30, 0}, 0, 0);
  EXPECT_EQ(given->to, 2u);
  EXPECT_EQ(given->work, 310u);
}

TEST(BalanceTest, WhoIsBelowTheMeanKeepsWhatItHas) {
  EXPECT_FALSE(gift_of(Work{2'000, 500, 0}, 1, 0));
}

TEST(BalanceTest, TheBusiestThatFitGoFirst) {
  EXPECT_THAT(choose_connections(Work{10, 60, 30, 20, 0}, 100), ElementsAre(1, 2, 0));
}

TEST(BalanceTest, OneThatIsTooBusyToFitStays) {
  EXPECT_THAT(choose_connections(Work{900, 10, 5}, 450), ElementsAre(1, 2));
  EXPECT_THAT(choose_connections(Work{900}, 450), IsEmpty());
}

TEST(BalanceTest, NoMoreThanSoManyAtOnce) {
  EXPECT_THAT(choose_connections(Work(100, 1), 1'000), SizeIs(kMovesMax));
}

TEST(BalanceTest, GivingConvergesWithoutSwinging) {
  // Three threads, all of forty unequal connections on the first: after some rounds nobody gives any more.
  std::vector<Work> threads(3);
  for (std::uint64_t i = 0; i < 40; ++i) threads[0].push_back(5'000'000 + i * 1'000'000);
  int rounds = 0;
  for (bool moved = true; moved; ++rounds) {
    ASSERT_LT(rounds, 20);
    moved = false;
    Work work;
    for (const Work& each : threads) {
      std::uint64_t sum = 0;
      for (const std::uint64_t one : each) sum += one;
      work.push_back(sum);
    }
    for (std::size_t own = 0; own < threads.size(); ++own) {
      const auto given = gift(work, own);
      if (!given) continue;
      auto chosen = choose_connections(threads[own], given->work);
      std::sort(chosen.rbegin(), chosen.rend());
      for (const std::size_t i : chosen) {
        threads[given->to].push_back(threads[own][i]);
        threads[own].erase(threads[own].begin() + static_cast<std::ptrdiff_t>(i));
        moved = true;
      }
    }
  }
  EXPECT_LT(rounds, 8);
  for (const Work& each : threads) EXPECT_GE(each.size(), 8u);
}

}  // namespace
}  // namespace larder::server
