#include "base/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
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

TEST(Integers, OfEveryLengthAreWrittenAsTheyAreRead) {
  std::vector<std::uint64_t> numbers{0, std::numeric_limits<std::uint64_t>::max()};
  for (std::uint64_t power = 1; power <= 1'000'000'000'000'000'000; power *= 10) {
    for (const std::uint64_t number :
         {power - 1, power, power + 1, power * 9 + 7, power / 7, power / 3 * 2}) {
      numbers.push_back(number);
    }
  }
  for (const std::uint64_t number : numbers) {
    const std::string expected = std::to_string(number);
    char text[kIntegerTextMax];
    EXPECT_EQ(std::string(text, write_unsigned(text, number)), expected);
    EXPECT_EQ(parse_unsigned(expected), number);
    const auto half = static_cast<std::int64_t>(number / 2);
    for (const std::int64_t whole : {half, -half, -half - 1}) {
      EXPECT_EQ(std::string(text, write_integer(text, whole)), std::to_string(whole));
      EXPECT_EQ(parse_integer(std::to_string(whole)), whole);
    }
  }
}

TEST(TakeDigits, StopsAtWhatIsNoDigit) {
  for (std::size_t digits = 0; digits <= kDigitsMax; ++digits) {
    const std::string number = std::string("123456789012345678").substr(0, digits);
    for (const char other : {' ', '/', ':', '\0', '-', '\x80', '\xff', 'x'}) {
      for (const std::size_t more : {0, 1, 7, 8, 20}) {
        // Exactly as much memory: ASan watches. Digits behind it must not count.
        const std::string text = number + (more == 0 ? "" : other + std::string(more - 1, '9'));
        const std::vector<char> exact(text.begin(), text.end());
        std::uint64_t taken = 7;
        ASSERT_EQ(take_digits({exact.data(), exact.size()}, 0, taken), digits) << text;
        EXPECT_EQ(taken, digits == 0 ? 0 : std::stoull(number)) << text;
      }
    }
  }
  std::uint64_t taken = 0;
  EXPECT_GT(take_digits(std::string(19, '1'), 0, taken), kDigitsMax);
  EXPECT_GT(take_digits(std::string(40, '1'), 0, taken), kDigitsMax);
  EXPECT_EQ(take_digits("007", 0, taken), 3u);
  EXPECT_EQ(take_digits("12 3456", 3, taken), 4u);
  EXPECT_EQ(taken, 3456u);
  EXPECT_EQ(take_digits("12 345678901", 3, taken), 9u);
  EXPECT_EQ(taken, 345678901u);
  EXPECT_EQ(take_digits("12", 2, taken), 0u);
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
