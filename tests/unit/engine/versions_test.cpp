#include "engine/versions.hpp"

#include <gtest/gtest.h>

namespace larder::engine {
namespace {

constexpr std::uint64_t kMine = 0x1234'5678'9abc'def0;

TEST(VersionsTest, AnEntryKeepsItsVersionHoweverManyOthersAreWritten) {
  Versions versions;
  const auto mine = versions.of(kMine);
  for (std::uint64_t other = 1; other <= 100'000; ++other) versions.next(other << 20);
  EXPECT_EQ(versions.of(kMine), mine);
}

TEST(VersionsTest, EveryWriteChangesIt) {
  Versions versions;
  auto before = versions.of(kMine);
  for (int i = 0; i < 100; ++i) {
    const auto number = versions.next(kMine);
    EXPECT_EQ(versions.of(kMine), number);
    EXPECT_NE(number, before);
    before = number;
  }
}

TEST(VersionsTest, OneThatWasCrowdedOutLooksWritten) {
  Versions versions;
  const auto mine = versions.of(kMine);
  for (std::uint64_t other = 1; other <= 8; ++other) versions.of(kMine ^ other);
  EXPECT_NE(versions.of(kMine), mine);
}

TEST(VersionsTest, OneThatIsAskedForStaysWhereOthersCome) {
  Versions versions;
  const auto mine = versions.of(kMine);
  for (std::uint64_t other = 1; other <= 100; ++other) {
    versions.of(kMine ^ other);
    ASSERT_EQ(versions.of(kMine), mine);
  }
}

}  // namespace
}  // namespace larder::engine
