#include "base/json_text.hpp"

#include <gtest/gtest.h>

namespace larder::base {
namespace {

std::string json(std::string_view text) {
  std::string out;
  EXPECT_TRUE(append_json_string(out, text));
  return out;
}

TEST(JsonString, EscapesOnlyWhatItMust) {
  EXPECT_EQ(json("plain text of more than eight bytes"), "\"plain text of more than eight bytes\"");
  EXPECT_EQ(json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(json("grüße 🥫"), "\"grüße 🥫\"");
}

TEST(JsonString, FindsASpecialByteAtEveryPlaceOfAWord) {
  for (std::size_t at = 0; at < 24; ++at) {
    for (const char c : {'"', '\\', '\n', '\x1f'}) {
      std::string text(24, 'x');
      text[at] = c;
      EXPECT_EQ(json(text).size(), 24U + 2 + (c == '\x1f' ? 5 : 1)) << at;
    }
  }
}

TEST(JsonString, RefusesWhatIsNotUtf8AndLeavesTheOutputAlone) {
  for (const std::string_view bad :
       {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "ok\xe2\x82"}) {
    std::string out = "before";
    EXPECT_FALSE(append_json_string(out, bad));
    EXPECT_EQ(out, "before");
    EXPECT_FALSE(is_utf8(bad));
  }
  EXPECT_EQ(utf8_prefix("ok\xe2\x82"), 2U);
}

TEST(JsonString, TheLossyFormMarksBadBytes) {
  std::string out;
  append_json_string_lossy(out, "a\xff\xfe z");
  EXPECT_EQ(out, "\"a\xef\xbf\xbd\xef\xbf\xbd z\"");
}

TEST(Utf8, KnowsTheEdgesOfEveryLength) {
  for (const std::string_view good : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                                      "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const std::string_view bad : {"\xc1\xbf", "\xe0\x9f\xbf", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
                                     "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace larder::base
