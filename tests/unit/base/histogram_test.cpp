#include "base/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/seed.hpp"

namespace larder::base {
namespace {

TEST(Histogram, SmallValuesAreExact) {
  Histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.record(v);
  EXPECT_EQ(h.percentile(50), 50U);
  EXPECT_EQ(h.percentile(99), 99U);
  EXPECT_EQ(h.percentile(100), 100U);
  EXPECT_EQ(h.percentile(0), 1U);
  EXPECT_EQ(h.min(), 1U);
  EXPECT_EQ(h.max(), 100U);
  EXPECT_DOUBLE_EQ(h.mean(), 50.5);
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0U);
  EXPECT_EQ(h.min(), 0U);
  EXPECT_EQ(h.percentile(99), 0U);
  EXPECT_EQ(h.mean(), 0.0);
}

TEST(Histogram, PercentilesAreNeverLowAndAtMostTwoPercentHigh) {
  Random random = test::seeded_random();
  Histogram h;
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(random() >> random.below(64));
    h.record(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double p : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(all.size())));
    const auto truth = static_cast<double>(all[rank - 1]);
    const auto said = static_cast<double>(h.percentile(p));
    EXPECT_GE(said, truth) << p;
    EXPECT_LE(said, truth * 1.02) << p;
  }
}

TEST(Histogram, MergingIsRecordingBoth) {
  Histogram a, b;
  a.record(10, 3);
  b.record(1'000'000);
  a.merge(b);
  EXPECT_EQ(a.count(), 4U);
  EXPECT_EQ(a.percentile(75), 10U);
  EXPECT_EQ(a.max(), 1'000'000U);
  a.merge(Histogram{});
  EXPECT_EQ(a.min(), 10U);
}

TEST(Histogram, TakesTheLargestNumberThereIs) {
  Histogram h;
  h.record(~std::uint64_t{0});
  h.record(0);
  EXPECT_EQ(h.percentile(100), ~std::uint64_t{0});
  EXPECT_EQ(h.percentile(50), 0U);
}

}  // namespace
}  // namespace larder::base
