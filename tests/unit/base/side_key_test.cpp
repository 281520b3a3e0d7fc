#include "base/side_key.hpp"

#include <gtest/gtest.h>

namespace larder::base {
namespace {

TEST(SideKeyTest, ANameIsPutInBracesSoThatBothHashAlike) {
  EXPECT_EQ(side_key("user:123", kLeaseTag), "{user:123}~l");
  EXPECT_EQ(side_key("clave", kFenceTag), "{clave}~f");
}

TEST(SideKeyTest, ANameWithAHashTagKeepsIt) {
  EXPECT_EQ(side_key("cart:{team7}:9", kLeaseTag), "cart:{team7}:9~l");
}

TEST(SideKeyTest, BracesAroundNothingAreNoHashTag) {
  EXPECT_EQ(side_key("a{}b", kGenerationTag), "{a{}b}~g");
  EXPECT_EQ(side_key("a{b", kGenerationTag), "{a{b}~g");
}

TEST(SideKeyTest, OneWithoutMemoryOfItsOwnIsTheSame) {
  for (const std::size_t bytes : {1, 100, 124, 125, 500}) {
    const std::string name(bytes, 'n');
    EXPECT_EQ(SideKey(name, kFenceTag).view(), side_key(name, kFenceTag));
    EXPECT_EQ(SideKey(name + "{t}", kFenceTag).view(), side_key(name + "{t}", kFenceTag));
  }
}

TEST(SideKeyTest, IsNeverLongerThanItSays) {
  EXPECT_EQ(side_key("k", kLeaseTag).size(), 1 + kSideKeyBytes);
}

TEST(SideKeyTest, SideKeysAreToldFromOthers) {
  for (const char tag : {kLeaseTag, kFenceTag, kGenerationTag}) {
    EXPECT_TRUE(is_side_key(side_key("user:1", tag)));
    EXPECT_TRUE(is_side_key(side_key("cart:{team7}:9", tag)));
  }
  for (const std::string_view key :
       {"", "~l", "user:1~l", "{user:1}~x", "{user:1}l", "{user:1}", "{}~l"}) {
    EXPECT_FALSE(is_side_key(key)) << key;
  }
}

}  // namespace
}  // namespace larder::base
