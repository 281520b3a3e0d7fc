#include "policy/ghosts.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"

namespace larder::policy {
namespace {

/// Sizes ghosts at once, however many steps that takes.
void resize_fully(Ghosts& ghosts, std::size_t entries) {
  for (std::size_t before = ~std::size_t{0}; before != ghosts.memory_bytes();) {
    before = ghosts.memory_bytes();
    ghosts.resize(entries);
  }
}

/// How many of the hashes from `first` to `last`, mixed, are ghosts. Each is forgotten then.
std::size_t count_taken(Ghosts& ghosts, std::uint64_t first, std::uint64_t last) {
  std::size_t taken = 0;
  for (std::uint64_t i = first; i < last; ++i) {
    if (ghosts.take(base::Random{i}())) ++taken;
  }
  return taken;
}

void add_all(Ghosts& ghosts, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t i = first; i < last; ++i) ghosts.add(base::Random{i}());
}

TEST(GhostsTest, WhatLeftIsKnownOnce) {
  Ghosts ghosts;
  ghosts.resize(100);
  ghosts.add(42);
  EXPECT_FALSE(ghosts.take(43));
  EXPECT_TRUE(ghosts.take(42));
  EXPECT_FALSE(ghosts.take(42));
}

TEST(GhostsTest, WithoutSizeNothingIsKnown) {
  Ghosts ghosts;
  ghosts.add(42);
  EXPECT_FALSE(ghosts.take(42));
  EXPECT_EQ(ghosts.memory_bytes(), 0u);
}

TEST(GhostsTest, ABucketForgetsItsOldest) {
  GhostBucket bucket;
  for (std::uint16_t f = 1; f <= GhostBucket::kPlaces + 1; ++f) bucket.add(f);
  EXPECT_FALSE(bucket.take(1));
  EXPECT_TRUE(bucket.take(2));
  EXPECT_TRUE(bucket.take(GhostBucket::kPlaces + 1));
}

TEST(GhostsTest, ABucketOfFewPlacesKeepsOnlyTheNewest) {
  GhostBucket bucket;
  for (std::uint16_t f = 1; f <= 5; ++f) bucket.add(f, 3);
  EXPECT_FALSE(bucket.take(2));
  for (std::uint16_t f = 3; f <= 5; ++f) EXPECT_TRUE(bucket.take(f)) << f;
}

TEST(GhostsTest, TheNewestTwoThirdsAreKnownAndTheOldForgotten) {
  Ghosts ghosts;
  resize_fully(ghosts, 10'000);  // 9,000 ghosts
  add_all(ghosts, 0, 30'000);
  EXPECT_GE(count_taken(ghosts, 24'000, 30'000), 5'700u);
  EXPECT_LE(count_taken(ghosts, 0, 9'000), 100u);
}

TEST(GhostsTest, StrangersAreMistakenOnceInAThousandAtMost) {
  Ghosts ghosts;
  resize_fully(ghosts, 10'000);
  add_all(ghosts, 0, 30'000);
  EXPECT_LE(count_taken(ghosts, 100'000, 200'000), 100u);
}

TEST(GhostsTest, AnEntryCostsLessThanTwoBytes) {
  Ghosts ghosts;
  resize_fully(ghosts, 1'000'000);
  EXPECT_LE(ghosts.memory_bytes(), 1'810'000u);
  EXPECT_GE(ghosts.memory_bytes(), 1'790'000u);
}

TEST(GhostsTest, GrowingForgetsNothing) {
  Ghosts ghosts;
  resize_fully(ghosts, 5'000);
  add_all(ghosts, 0, 3'000);
  const std::size_t before = 3'000;
  resize_fully(ghosts, 37'000);
  EXPECT_GE(count_taken(ghosts, 0, before), 2'950u);
}

TEST(GhostsTest, ShrinkingKeepsTheNewest) {
  Ghosts ghosts;
  resize_fully(ghosts, 37'000);
  add_all(ghosts, 0, 33'000);
  resize_fully(ghosts, 5'000);  // 4,500 ghosts
  EXPECT_GE(count_taken(ghosts, 31'000, 33'000), 1'700u);
}

TEST(GhostsTest, OneCallGrowsByEightBucketsAtMost) {
  Ghosts ghosts;
  ghosts.resize(10'000'000);
  EXPECT_EQ(ghosts.memory_bytes(), 8 * sizeof(GhostBucket));
  ghosts.add(1);
  EXPECT_EQ(ghosts.memory_bytes(), 16 * sizeof(GhostBucket));
}

TEST(GhostsTest, ClearingForgetsAll) {
  Ghosts ghosts;
  resize_fully(ghosts, 3'000);
  add_all(ghosts, 0, 2'000);
  ghosts.clear();
  EXPECT_EQ(count_taken(ghosts, 0, 2'000), 0u);
}

TEST(GhostsTest, SmallCachesHaveAsManyGhostsAsLargeOnesForEachEntry) {
  for (const std::size_t entries : {8, 30, 50, 200, 5'000}) {
    const GhostLayout layout = ghost_layout(entries);
    EXPECT_GE(layout.buckets * layout.places, entries * 9 / 10) << entries;
    EXPECT_LE(layout.buckets * layout.places, entries * 9 / 10 + layout.buckets) << entries;
  }
}

}  // namespace
}  // namespace larder::policy
