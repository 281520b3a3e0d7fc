#include "server/config_file.hpp"

#include <gtest/gtest.h>

namespace larder::server {
namespace {

TEST(ConfigFile, ReadsNamesAndValuesAndSkipsComments) {
  const auto lines = read_config(
      "# larder\n\n  MaxMemory 512mb\r\nrequirepass \"two words\"\n"
      "client-output-buffer-limit normal 1 2 3\nsave \"\"");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 4U);
  EXPECT_EQ((*lines)[0].name, "maxmemory");
  EXPECT_EQ((*lines)[0].value, "512mb");
  EXPECT_EQ((*lines)[0].number, 3U);
  EXPECT_EQ((*lines)[1].value, "two words");
  EXPECT_EQ((*lines)[2].value, "normal 1 2 3");
  EXPECT_EQ((*lines)[3].value, "");
}

TEST(ConfigFile, NamesTheLineThatMakesNoSense) {
  for (const char* text : {"port 1\ntimeout", "port 1\nbind \"open"}) {
    const auto lines = read_config(text);
    ASSERT_FALSE(lines) << text;
    EXPECT_EQ(lines.error().detail.substr(0, 7), "line 2:") << text;
  }
}

TEST(ConfigFile, RewritingKeepsWhatItIsNotAbout) {
  EXPECT_EQ(rewrite_config("# mine\ntimeout 5\n\nport 7000 # not a comment\n", {{"timeout", "9"}}),
            "# mine\ntimeout 9\n\nport 7000 # not a comment\n");
}

TEST(ConfigFile, ASettingThatStoodTwiceStandsOnceAfterwards) {
  EXPECT_EQ(rewrite_config("TIMEOUT 5\nport 1\ntimeout 6\n", {{"timeout", "9"}}),
            "port 1\ntimeout 9\n");
}

TEST(ConfigFile, WhatIsNewComesToTheEndUnderOneTitle) {
  const std::string once = rewrite_config("port 1", {{"timeout", "9"}});
  EXPECT_EQ(once, "port 1\n\n# Written by CONFIG REWRITE\ntimeout 9\n");
  EXPECT_EQ(rewrite_config(once, {{"maxclients", "5"}, {"timeout", "8"}}),
            "port 1\n\n# Written by CONFIG REWRITE\ntimeout 8\nmaxclients 5\n");
}

TEST(ConfigFile, AnyValueIsReadBackAsItWasWritten) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& value : {std::string(), std::string("plain"), std::string("two words"),
                                   std::string("#5"), std::string("it's \"so\" \\"), all}) {
    const auto lines = read_config("requirepass " + quoted_value(value) + "\n");
    ASSERT_TRUE(lines) << quoted_value(value);
    EXPECT_EQ((*lines)[0].value, value);
  }
}

}  // namespace
}  // namespace larder::server
