#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace larder::base {
namespace {

TEST(ParseInteger, TakesExactlyTheTextThatItWouldWrite) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-1"), -1);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseInteger, RefusesEveryOtherSpelling) {
  for (const char* text : {"", "-", "+5", "00", "007", "-0", "-01", " 1", "1 ", "1.0", "1e3",
                           "0x10", "--1", "9223372036854775808", "-9223372036854775809"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_integer(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseUnsigned, ReachesTwoToTheSixtyFour) {
  EXPECT_EQ(parse_unsigned("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_unsigned("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_unsigned("-1"), std::nullopt);
}

TEST(ParseFloat, TakesWhatIncrbyfloatTakes) {
  EXPECT_EQ(parse_float("5.0e3"), 5000.0L);
  EXPECT_EQ(parse_float("-.5"), -0.5L);
  EXPECT_EQ(parse_float("+3"), 3.0L);
  EXPECT_EQ(parse_float("inf"), std::numeric_limits<long double>::infinity());
}

TEST(ParseFloat, NeverReadsBeyondTheEnd) {
  for (const std::string_view text :
       {"inf", "-Infinity", "nan", "-nan", "nan(", "i", "-", "1e", "1.5"}) {
    const std::vector<char> exact(text.begin(), text.end());  // No zero behind it: ASan watches.
    EXPECT_EQ(parse_float({exact.data(), exact.size()}).has_value(),
              text == "inf" || text == "-Infinity" || text == "1.5")
        << text;
  }
}

TEST(ParseFloat, RefusesSpacesTailsAndNan) {
  for (const char* text : {"", " 1", "1 ", "1.5x", "nan", "+", "+-1", "++1", "1e99999"}) {
    EXPECT_EQ(parse_float(text), std::nullopt) << text;
  }
}

TEST(FloatText, HasNoExponentAndNoTrailingZero) {
  EXPECT_EQ(float_text(10.5L + 0.1L), "10.6");
  EXPECT_EQ(float_text(0.1L + 0.2L), "0.3");
  EXPECT_EQ(float_text(5000.0L), "5000");
  EXPECT_EQ(float_text(-0.0L), "0");
  EXPECT_EQ(float_text(1e25L), "10000000000000000000000000");
}

TEST(AppendInteger, WritesTheExtremes) {
  std::string out = "x";
  append_integer(out, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(out, "x-9223372036854775808");
  char text[kIntegerTextMax];
  EXPECT_EQ(std::string(text, write_unsigned(text, ~std::uint64_t{0})), "18446744073709551615");
}

}  // namespace
}  // namespace larder::base
