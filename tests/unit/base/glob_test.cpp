#include "base/glob.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/seed.hpp"

namespace larder::base {
namespace {

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "anything"));
  EXPECT_TRUE(glob_match("user:*", "user:1"));
  EXPECT_TRUE(glob_match("h?llo", "hello"));
  EXPECT_TRUE(glob_match("*llo*o", "hello world, o"));
  EXPECT_FALSE(glob_match("h?llo", "hllo"));
  EXPECT_FALSE(glob_match("user:*", "usr:1"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_TRUE(glob_match("", ""));
}

TEST(Glob, Classes) {
  EXPECT_TRUE(glob_match("h[ae]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_match("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_match("h[a-b]llo", "hbllo"));
  EXPECT_TRUE(glob_match("h[b-a]llo", "hbllo"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
}

TEST(Glob, CornersAsInRedis) {
  EXPECT_TRUE(glob_match("[ab", "a"));    // An unclosed class ends with the pattern.
  EXPECT_FALSE(glob_match("[]", "a"));    // An empty class matches nothing.
  EXPECT_TRUE(glob_match("[^]", "a"));    // Its opposite matches any byte.
  EXPECT_TRUE(glob_match("a\\", "a\\"));  // A backslash at the end is itself.
  EXPECT_TRUE(glob_match("a\\*b", "a*b"));
  EXPECT_FALSE(glob_match("a\\*b", "axb"));
  EXPECT_FALSE(glob_match("?", ""));
}

TEST(Glob, APatternOfStarsEndsSoon) {
  // Recursive matchers need 10^30 steps here.
  std::string pattern, text(10'000, 'a');
  for (int i = 0; i < 100; ++i) pattern += "*a";
  pattern += "*b";
  EXPECT_FALSE(glob_match(pattern, text));
}

// The definition, recursive and slow: what the loop must agree with.
bool by_definition(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] == '*')
    return by_definition(p.substr(1), t) || (!t.empty() && by_definition(p, t.substr(1)));
  return !t.empty() && (p[0] == '?' || p[0] == t[0]) && by_definition(p.substr(1), t.substr(1));
}

TEST(Glob, AgreesWithItsDefinitionOnRandomPatterns) {
  Random random = test::seeded_random();
  const auto text_of = [&random](std::string_view letters, std::size_t n) {
    std::string text;
    for (std::size_t i = random.below(n); i > 0; --i) text += letters[random.below(letters.size())];
    return text;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string pattern = text_of("ab*?", 9), text = text_of("ab", 9);
    ASSERT_EQ(glob_match(pattern, text), by_definition(pattern, text)) << pattern << " on " << text;
  }
}

}  // namespace
}  // namespace larder::base
