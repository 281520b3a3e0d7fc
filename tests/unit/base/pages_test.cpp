#include "base/pages.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <utility>

namespace larder::base {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(Pages, AreUsableAsFarAsAskedAndZero) {
  Pages pages{64 * kMiB};
  ASSERT_TRUE(pages.grow_to(3 * kMiB));
  EXPECT_EQ(pages.data()[3 * kMiB - 1], 0);
  std::memset(pages.data(), 7, 3 * kMiB);
  char* const at = pages.data();
  ASSERT_TRUE(pages.grow_to(64 * kMiB));
  EXPECT_EQ(pages.data(), at);
  EXPECT_EQ(at[0], 7);
}

TEST(Pages, DoNotGrowBeyondTheReservation) {
  Pages pages{kMiB};
  EXPECT_TRUE(pages.grow_to(kMiB));
  EXPECT_FALSE(pages.grow_to(kMiB + 1));
}

TEST(Pages, AreZeroAgainAfterTheyWereGivenBackAndTheirNeighboursAreNot) {
  Pages pages{kMiB};
  ASSERT_TRUE(pages.grow_to(kMiB));
  std::memset(pages.data(), 7, kMiB);
  pages.give_back(100, 3 * 4096);  // Of which two pages are whole.
  EXPECT_EQ(pages.data()[4095], 7);
  EXPECT_EQ(pages.data()[4096], 0);
  EXPECT_EQ(pages.data()[3 * 4096 - 1], 0);
  EXPECT_EQ(pages.data()[3 * 4096], 7);
}

TEST(Pages, WhatIsMadeHugeKeepsItsContentAndIsTakenOnce) {
  Pages pages{16 * kMiB};
  ASSERT_TRUE(pages.grow_to(16 * kMiB));
  std::memset(pages.data(), 7, 16 * kMiB);
  EXPECT_EQ(pages.take_huge(Pages::kHugeBytes - 1), nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    char* const memory = pages.take_huge(7 * kMiB);
    ASSERT_EQ(memory, pages.data() + i * Pages::kHugeBytes);
    Pages::make_huge(memory);
    EXPECT_EQ(memory[0], 7);
    EXPECT_EQ(memory[Pages::kHugeBytes - 1], 7);
  }
  EXPECT_EQ(pages.take_huge(7 * kMiB), nullptr);
}

TEST(Pages, KeepTheirPlaceWhenTheirOwnerMoves) {
  Pages first{kMiB};
  ASSERT_TRUE(first.grow_to(kMiB));
  first.data()[0] = 5;
  Pages second{std::move(first)};
  EXPECT_EQ(first.data(), nullptr);
  EXPECT_EQ(second.data()[0], 5);
  EXPECT_FALSE(first.grow_to(1));
}

}  // namespace
}  // namespace larder::base
