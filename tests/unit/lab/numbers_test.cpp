#include "lab/numbers.hpp"

#include <gtest/gtest.h>

namespace larder::lab {
namespace {

TEST(Numbers, CountsMayCarryADecimalMultiple) {
  EXPECT_EQ(parse_count("0").value(), 0u);
  EXPECT_EQ(parse_count("250").value(), 250u);
  EXPECT_EQ(parse_count("100k").value(), 100'000u);
  EXPECT_EQ(parse_count("1.5M").value(), 1'500'000u);
  EXPECT_EQ(parse_count("2G").value(), 2'000'000'000u);
  EXPECT_EQ(parse_count("18446744073709551615").value(), UINT64_MAX);
}

class BadCount : public testing::TestWithParam<const char*> {};

TEST_P(BadCount, IsRefusedAndQuoted) {
  const auto count = parse_count(GetParam());
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code, Errc::bad_argument);
  EXPECT_NE(count.error().detail.find('"' + std::string(GetParam()) + '"'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Numbers, BadCount,
                         testing::Values("", "k", "-1", "-1k", "1.5", "10x", "10kk", "1 k", "nan",
                                         "infk", "1e3", "18446744073709551616", "99999999G"));

TEST(Numbers, ASizeIsOneNumberOrARange) {
  EXPECT_EQ(parse_size_range("64").value(), (SizeRange{64, 64}));
  EXPECT_EQ(parse_size_range("16-1k").value(), (SizeRange{16, 1000}));
  EXPECT_EQ(parse_size_range("0-0").value(), (SizeRange{0, 0}));
}

TEST(Numbers, ASizeRangeThatIsNoneIsRefused) {
  for (const char* text : {"", "-", "16-", "-16", "100-10", "1-2-3", "5G"}) {
    EXPECT_FALSE(parse_size_range(text)) << text;
  }
}

TEST(Numbers, ThousandsAreSetApart) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

}  // namespace
}  // namespace larder::lab
