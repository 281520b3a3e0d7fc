#include "lab/capacity.hpp"

#include <gtest/gtest.h>

namespace larder::lab {
namespace {

std::uint64_t of(std::string_view size, std::uint64_t all, By by = By::count) {
  const auto capacities = parse_capacities(size, by);
  return capacities ? capacities->front().of(all) : 0;
}

TEST(CapacityTest, AShareIsRoundedDown) {
  EXPECT_EQ(of("1%", 186'880), 1'868u);
  EXPECT_EQ(of("0.1%", 1'000), 1u);
  EXPECT_EQ(of("12.5%", 80), 10u);
  EXPECT_EQ(of("29%", 100), 29u);  // 0.29 * 100 in doubles is less than 29.
  EXPECT_EQ(of("100%", 7), 7u);
}

TEST(CapacityTest, AShareOfVeryMuchIsExact) {
  EXPECT_EQ(of("0.000001%", 1'000'000'000'000'000), 10'000'000u);
  EXPECT_EQ(of("100%", ~std::uint64_t{0}), ~std::uint64_t{0});
}

TEST(CapacityTest, AShareOfLittleIsOneAtLeast) { EXPECT_EQ(of("1%", 50), 1u); }

TEST(CapacityTest, AnAmountIsWhatItSays) {
  EXPECT_EQ(of("5000", 10), 5'000u);
  EXPECT_EQ(of("5k", 10), 5'000u);
  EXPECT_EQ(of("64MiB", 10, By::bytes), 64u << 20);
}

TEST(CapacityTest, SeveralStandInAList) {
  const auto capacities = parse_capacities("1%,0.5%,300", By::count);
  ASSERT_TRUE(capacities);
  ASSERT_EQ(capacities->size(), 3u);
  EXPECT_EQ((*capacities)[1].text, "0.5%");
  EXPECT_EQ((*capacities)[1].of(1'000), 5u);
  EXPECT_EQ((*capacities)[2].of(1'000), 300u);
}

TEST(CapacityTest, ASlipIsQuotedBesideTheFormsThatAreRead) {
  const auto bad = parse_capacities("1%,big", By::count);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Errc::bad_argument);
  EXPECT_EQ(bad.error().detail,
            "expected sizes such as 1%,0.1%,5000 (entries), each above 0 and at most 100%, found "
            "\"big\"");
}

TEST(CapacityTest, WhatIsNoSizeIsRefused) {
  for (const char* text : {"", "1%,", ",1%", "0", "0%", "%", "101%", "-1%", "1.%", ".5%", "1e1%",
                           "1.0000001%", "1 %", "64MiB"}) {
    EXPECT_FALSE(parse_capacities(text, By::count)) << text;
  }
}

}  // namespace
}  // namespace larder::lab
