#include <larder/detail/full_key.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace larder::detail {
namespace {

using testing::ElementsAre;

/// `size` different characters, in memory that ends with them: a read beyond is an error under ASan.
std::vector<char> text(std::size_t size, char first) {
  std::vector<char> made(size);
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>(first + i % 64);
  return made;
}

TEST(FullKey, IsSpaceColonKey) { EXPECT_EQ(FullKey(Space("user"), "7").view(), "user:7"); }

TEST(FullKey, IsTheKeyAloneWhereTheSpaceIsEmpty) {
  EXPECT_EQ(FullKey(Space(""), "user:7").view(), "user:7");
}

TEST(FullKey, IsPutTogetherRightWhateverTheLengths) {
  for (std::size_t space_bytes = 0; space_bytes < 40; ++space_bytes) {
    for (std::size_t key_bytes = 0; key_bytes < 200; ++key_bytes) {
      const auto space_text = text(space_bytes, '\xA0'), key_text = text(key_bytes, '0');
      const std::string_view space(space_text.data(), space_bytes), key(key_text.data(), key_bytes);
      const std::string expected =
          (space.empty() ? std::string() : std::string(space) + ":") + std::string(key);
      ASSERT_EQ(FullKey(Space(space), key).view(), expected) << space_bytes << " and " << key_bytes;
    }
  }
}

TEST(Space, KeepsItsName) {
  EXPECT_EQ(Space("user").name(), "user");
  EXPECT_EQ(Space("").name(), "");
}

TEST(FullKeys, KeepTheirOrder) {
  const Space space("user");
  FullKeys names(3);
  for (const char* key : {"a", "", "much longer than all the others"}) names.add(space, key);
  EXPECT_THAT(names.views(),
              ElementsAre("user:a", "user:", "user:much longer than all the others"));
}

TEST(FullKeys, StayWhereTheyAreWhenMoved) {
  FullKeys names(1);
  names.add(Space("n"), "a");
  const FullKeys moved = std::move(names);
  EXPECT_THAT(moved.views(), ElementsAre("n:a"));
}

TEST(FullKeys, GrowBeyondWhatWasForeseen) {
  const Space space("space");
  FullKeys names;
  std::vector<std::string> expected;
  for (std::size_t bytes = 1; bytes < 300; ++bytes) {
    const std::string key(bytes, static_cast<char>('a' + bytes % 26));
    names.add(space, key);
    expected.push_back("space:" + key);
  }
  EXPECT_THAT(names.views(), testing::ElementsAreArray(expected));
}

}  // namespace
}  // namespace larder::detail
