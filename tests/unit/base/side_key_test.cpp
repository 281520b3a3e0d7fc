#include "base/side_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/hash.hpp"

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
  EXPECT_EQ(side_key("a{b", kGenerationTag), "{a{b}~g");
}

TEST(SideKeyTest, OneWithoutMemoryOfItsOwnIsTheSame) {
  for (const std::size_t bytes : {1, 100, 124, 125, 500}) {
    const std::string name(bytes, 'n');
    EXPECT_EQ(SideKey(name, kFenceTag).view(), side_key(name, kFenceTag));
    EXPECT_EQ(SideKey(name + "{t}", kFenceTag).view(), side_key(name + "{t}", kFenceTag));
    EXPECT_EQ(SideKey(name + "}", kFenceTag).view(), side_key(name + "}", kFenceTag));
  }
}

TEST(SideKeyTest, ANameThatCannotStandInBracesIsPutBehindANumberOfItsSlot) {
  EXPECT_EQ(side_key("a}b", kFenceTag), "{20658}a}b~bf");
  EXPECT_EQ(side_key("{}x", kLeaseTag), "{19354}{}x~bl");
  EXPECT_EQ(side_key("}a{b", kGenerationTag), "{6585}}a{b~bg");
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "user}" + std::to_string(i);
    const std::string side = side_key(name, kLeaseTag);
    const std::string number = side.substr(1, side.find('}') - 1);
    EXPECT_EQ(crc16(number) % 16'384, crc16(name) % 16'384) << side;
    EXPECT_TRUE(is_side_key(side));
    EXPECT_TRUE(is_side_key_of(side, kLeaseTag));
    EXPECT_FALSE(is_side_key_of(side, kFenceTag));
    EXPECT_LE(side.size(), name.size() + kSideKeyBytes);
  }
  EXPECT_TRUE(is_side_key(side_key("user}7", kOnceTag) + ":id"));
}

TEST(SideKeyTest, IsNeverLongerThanItSays) {
  EXPECT_LE(side_key("k", kLeaseTag).size(), 1 + kSideKeyBytes);
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
