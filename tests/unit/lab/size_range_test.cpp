#include "lab/size_range.hpp"

#include <gtest/gtest.h>

namespace larder::lab {
namespace {

TEST(SizeRangeTest, IsOneSizeOrTwoEnds) {
  EXPECT_EQ(parse_size_range("64").value(), (SizeRange{64, 64}));
  EXPECT_EQ(parse_size_range("16-1k").value(), (SizeRange{16, 1000}));
  EXPECT_EQ(parse_size_range("1KiB-4KiB").value(), (SizeRange{1024, 4096}));
  EXPECT_EQ(parse_size_range("0-0").value(), (SizeRange{0, 0}));
}

TEST(SizeRangeTest, IsRefusedAndQuotedWhereItIsNone) {
  for (const std::string text : {"", "-", "16-", "-16", "100-10", "1-2-3", "5GiB", "x"}) {
    const auto range = parse_size_range(text);
    ASSERT_FALSE(range) << text;
    EXPECT_EQ(range.error().code, Errc::bad_argument);
    EXPECT_NE(range.error().detail.find('"' + text + '"'), std::string::npos);
  }
}

}  // namespace
}  // namespace larder::lab
