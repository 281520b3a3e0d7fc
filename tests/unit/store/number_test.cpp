#include "store/number.hpp"

#include <gtest/gtest.h>

namespace larder::store {
namespace {

TEST(NumberTest, IntegersAddUp) {
  EXPECT_EQ(integer_sum("40", 2).value(), 42);
  EXPECT_EQ(integer_sum("-9223372036854775807", -1).value(), INT64_MIN);
}

TEST(NumberTest, OnlyWhatPrintsBackTheSameIsAnInteger) {
  for (const char* text : {"", "-", "007", "-0", "+1", " 1", "1.0", "99999999999999999999"}) {
    EXPECT_EQ(integer_sum(text, 1).error().code, Errc::not_a_number) << text;
  }
}

TEST(NumberTest, AnIntegerSumOutOfRangeIsToldFromText) {
  EXPECT_EQ(integer_sum("9223372036854775807", 1).error().code, Errc::overflow);
}

TEST(NumberTest, ADoubleDeltaAddsAsItsShortestText) {
  EXPECT_EQ(double_sum("0.1", 0.2).value(), "0.3");
  EXPECT_EQ(double_sum("3.0e3", 200).value(), "3200");
  EXPECT_EQ(double_sum("5", -5).value(), "0");
}

TEST(NumberTest, AnInfiniteDoubleSumIsOverflow) {
  EXPECT_EQ(double_sum("1.7e308", 1.7e308).error().code, Errc::overflow);
  EXPECT_EQ(double_sum("word", 1).error().code, Errc::not_a_number);
}

}  // namespace
}  // namespace larder::store
