#include "lab/distribution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace larder::lab {
namespace {

std::uint64_t seed() {
  const char* const given = std::getenv("LARDER_SEED");
  const std::uint64_t value = given ? std::strtoull(given, nullptr, 10) : 20'240'607;
  testing::Test::RecordProperty("seed", std::to_string(value));
  std::printf("LARDER_SEED=%llu\n", static_cast<unsigned long long>(value));
  return value;
}

/// Pearson's statistic over the bins, in standard deviations from what chance alone would give:
/// above 6 the law is wrong (for a right one, a billion runs would not show it).
double chi_square_deviation(const std::vector<double>& expected, const std::vector<double>& seen) {
  double statistic = 0;
  for (std::size_t bin = 0; bin < expected.size(); ++bin) {
    statistic += (seen[bin] - expected[bin]) * (seen[bin] - expected[bin]) / expected[bin];
  }
  const auto freedom = static_cast<double>(expected.size() - 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

/// Draws, against weights 1/r^skew: ranks 1 to 50 each a bin, the rest in bins that double.
double zipf_deviation(std::uint64_t keys, double skew, double drawn_skew) {
  constexpr std::uint64_t draws = 1'000'000;
  const auto bin_of = [](std::uint64_t rank) {
    return rank <= 50 ? rank - 1
                      : 50 + static_cast<std::uint64_t>(std::log2(static_cast<double>(rank) / 50));
  };
  std::vector<double> expected(bin_of(keys) + 1), seen(bin_of(keys) + 1);
  double total = 0;
  for (std::uint64_t rank = 1; rank <= keys; ++rank) {
    const double weight = std::pow(static_cast<double>(rank), -skew);
    expected[bin_of(rank)] += weight;
    total += weight;
  }
  for (double& bin : expected) bin *= static_cast<double>(draws) / total;

  const Zipf zipf(keys, drawn_skew);
  base::Random random(seed());
  for (std::uint64_t i = 0; i < draws; ++i) seen[bin_of(zipf(random))] += 1;
  return chi_square_deviation(expected, seen);
}

class ZipfLaw : public testing::TestWithParam<double> {};

TEST_P(ZipfLaw, IsFollowedByTheDraws) {
  EXPECT_LT(std::abs(zipf_deviation(100'000, GetParam(), GetParam())), 6);
}
INSTANTIATE_TEST_SUITE_P(ZipfTest, ZipfLaw,
                         testing::Values(0, 0.5, 0.8, 0.99, 1.0, 1.0 + 1e-10, 1.2, 2));

TEST(ZipfTest, TheSameMeasureTellsASkewFromOneCloseBy) {
  EXPECT_GT(zipf_deviation(100'000, 1.0, 0.98), 6);
}

TEST(ZipfTest, OneKeyIsAlwaysDrawn) {
  base::Random random(seed());
  const Zipf zipf(1, 1.0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(zipf(random), 1u);
}

TEST(KeyPickerTest, TheSameSeedDrawsTheSameKeys) {
  const auto law = Distribution::parse("zipf:1.0").value();
  KeyPicker one(law, 100'000, 7), other(law, 100'000, 7), third(law, 100'000, 8);
  int differs = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t key = one.next();
    EXPECT_EQ(key, other.next());
    differs += key != third.next();
  }
  EXPECT_GT(differs, 500);
}

TEST(KeyPickerTest, AScanTakesEveryKeyInTurnAndStartsAgain) {
  KeyPicker picker(Distribution::parse("scan").value(), 3, 1);
  for (const std::uint64_t expected : {0, 1, 2, 0, 1, 2, 0}) EXPECT_EQ(picker.next(), expected);
}

TEST(KeyPickerTest, AHotspotGivesItsShareToItsKeys) {
  KeyPicker picker(Distribution::parse("hotspot:0.1,0.9").value(), 1'000, seed());
  int hot = 0;
  for (int i = 0; i < 100'000; ++i) hot += picker.next() < 100;
  EXPECT_NEAR(hot, 90'000, 6 * std::sqrt(100'000 * 0.9 * 0.1));
}

TEST(KeyPickerTest, UniformKeysStayInRangeAndReachAll) {
  KeyPicker picker(Distribution{}, 10, seed());
  std::vector<int> seen(10);
  for (int i = 0; i < 10'000; ++i) ++seen.at(picker.next());
  for (const int count : seen) EXPECT_NEAR(count, 1'000, 200);
}

TEST(DistributionTest, IsReadFromItsName) {
  EXPECT_EQ(Distribution::parse("uniform")->law, Distribution::Law::uniform);
  EXPECT_EQ(Distribution::parse("scan")->law, Distribution::Law::scan);
  EXPECT_EQ(Distribution::parse("zipf")->skew, 1.0);
  EXPECT_EQ(Distribution::parse("zipf:0.99")->skew, 0.99);
  EXPECT_EQ(Distribution::parse("hotspot:0.1,0.9")->hot_share, 0.9);
}

TEST(DistributionTest, AnythingElseIsRefusedWithWhatWouldDo) {
  for (const char* text :
       {"", "zip", "uniform:1", "scan:", "zipf:", "zipf:-1", "zipf:x", "zipf:11", "zipf:nan",
        "hotspot:", "hotspot:0,1", "hotspot:0.5,2", "hotspot:0.5,0.5,0.5"}) {
    const auto law = Distribution::parse(text);
    ASSERT_FALSE(law) << text;
    EXPECT_EQ(law.error().code, Errc::bad_argument);
    EXPECT_NE(law.error().detail.find("hotspot:KEYS,SHARE"), std::string::npos);
  }
}

}  // namespace
}  // namespace larder::lab
