#include "base/units.hpp"

#include <gtest/gtest.h>

namespace larder::base {
namespace {

using namespace std::chrono_literals;

TEST(ParseSize, KnowsRedisSuffixesAndTheBinaryOnes) {
  EXPECT_EQ(parse_size("64").value(), 64U);
  EXPECT_EQ(parse_size("100k").value(), 100'000U);
  EXPECT_EQ(parse_size("100kb").value(), 102'400U);
  EXPECT_EQ(parse_size("512MB").value(), 512U << 20);
  EXPECT_EQ(parse_size("1GiB").value(), 1U << 30);
  EXPECT_EQ(parse_size("2t").value(), 2'000'000'000'000U);
}

TEST(ParseSize, SaysWhatItCouldNotRead) {
  EXPECT_EQ(parse_size("12x").error().detail, R"("12x" is not a size (try 64, 100k, 512mb, 1GiB))");
  EXPECT_EQ(parse_size("12x").error().code, Errc::bad_argument);
  for (const char* text : {"", "k", "-1", "1.5g", "1 k", "0x10"})
    EXPECT_FALSE(parse_size(text)) << text;
  EXPECT_EQ(parse_size("18446744073709551615k")
                .error()
                .detail.find("\"18446744073709551615k\" is too large"),
            0U);
  EXPECT_EQ(parse_size("99999999999999999999")
                .error()
                .detail.find("\"99999999999999999999\" is too large"),
            0U);
}

TEST(ParseCount, CountsInThousands) {
  EXPECT_EQ(parse_count("1M").value(), 1'000'000U);
  EXPECT_EQ(parse_count("100k").value(), 100'000U);
  EXPECT_FALSE(parse_count("1kb"));
}

TEST(ParseDuration, WantsAUnit) {
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("10s").value(), 10s);
  EXPECT_EQ(parse_duration("5m").value(), 5min);
  EXPECT_EQ(parse_duration("5min").value(), 5min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("7d").value(), 168h);
  EXPECT_EQ(parse_duration("0").value(), 0ms);
  EXPECT_FALSE(parse_duration("10"));
  EXPECT_FALSE(parse_duration("40000d"));
}

TEST(Texts, AreShortAndRounded) {
  EXPECT_EQ(size_text(64), "64 B");
  EXPECT_EQ(size_text(1536), "1.50 KiB");
  EXPECT_EQ(size_text(std::uint64_t{150} << 30), "150 GiB");
  EXPECT_EQ(count_text(7), "7");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(duration_text(870ns), "870 ns");
  EXPECT_EQ(duration_text(12'300ns), "12.3 us");
  EXPECT_EQ(duration_text(4'560us), "4.56 ms");
  EXPECT_EQ(duration_text(1200ms), "1.20 s");
  EXPECT_EQ(duration_text(125min), "2 h 5 min");
  EXPECT_EQ(duration_text(48h), "2 d");
}

}  // namespace
}  // namespace larder::base
