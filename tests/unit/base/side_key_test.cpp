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

TEST(SideKeyTest, IsNeverLongerThanItSays) {
  EXPECT_EQ(side_key("k", kLeaseTag).size(), 1 + kSideKeyBytes);
}

}  // namespace
}  // namespace larder::base
