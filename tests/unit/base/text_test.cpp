#include "base/text.hpp"

#include <gtest/gtest.h>

namespace larder::base {
namespace {

TEST(Quoted, ShowsEveryByteOnATerminal) {
  EXPECT_EQ(quoted("plain"), "\"plain\"");
  EXPECT_EQ(quoted("a\"b\\c\r\n\t"), R"("a\"b\\c\r\n\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x7f\xc3", 3)), R"("\x00\x7f\xc3")");
}

TEST(Quoted, CutsLongText) { EXPECT_EQ(quoted("abcdef", 3), "\"abc...\""); }

TEST(SameWord, IgnoresAsciiCaseOnly) {
  EXPECT_TRUE(same_word("GeT", "get"));
  EXPECT_FALSE(same_word("get", "gets"));
  EXPECT_FALSE(same_word("[", "{"));
}

TEST(Case, Folds) {
  EXPECT_EQ(lower(std::string_view("SETEX9")), "setex9");
  EXPECT_EQ(upper(std::string_view("setex9")), "SETEX9");
}

TEST(SameSecret, IsEquality) {
  EXPECT_TRUE(same_secret("", ""));
  EXPECT_TRUE(same_secret("hunter2", "hunter2"));
  EXPECT_FALSE(same_secret("hunter2", "hunter3"));
  EXPECT_FALSE(same_secret("hunter", "hunter2"));
  EXPECT_FALSE(same_secret("hunter2", "hunter"));
  EXPECT_FALSE(same_secret("", "x"));
  EXPECT_FALSE(same_secret("x", ""));
  EXPECT_FALSE(same_secret(std::string_view("\0", 1), ""));
}

}  // namespace
}  // namespace larder::base
