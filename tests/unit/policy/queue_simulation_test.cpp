#include "policy/queue_simulation.hpp"

#include <gmock/gmock.h>

#include "base/random.hpp"

namespace larder::policy {
namespace {

/// One request to a cache that loads what it misses.
bool request(QueueSimulation& cache, std::uint32_t key) {
  if (cache.read(key)) return true;
  cache.write(key);
  return false;
}

/// Keys as hashes.
std::uint32_t key(std::uint64_t n) { return static_cast<std::uint32_t>(base::Random{n}()); }

TEST(QueueSimulationTest, ReadsWhatWasWritten) {
  QueueSimulation cache(10, {});
  EXPECT_FALSE(cache.read(1));
  cache.write(1);
  EXPECT_TRUE(cache.read(1));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(QueueSimulationTest, HoldsAsManyAsFit) {
  QueueSimulation cache(50, {});
  for (std::uint32_t n = 0; n < 10'000; ++n) request(cache, key(n % 97));
  EXPECT_EQ(cache.size(), 50u);
}

TEST(QueueSimulationTest, AScanDoesNotPushOutWhatIsUsed) {
  QueueSimulation cache(100, {});
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t n = 0; n < 50; ++n) request(cache, key(n));
  }
  for (std::uint32_t n = 1'000; n < 11'000; ++n) request(cache, key(n));
  for (std::uint32_t n = 0; n < 50; ++n) EXPECT_TRUE(cache.read(key(n))) << n;
}

TEST(QueueSimulationTest, WhatComesBackSoonGoesToMain) {
  QueueSimulation cache(100, {});
  for (std::uint32_t n = 0; n < 150; ++n) request(cache, key(n));  // 0 to 49 are ghosts now
  request(cache, key(49));
  for (std::uint32_t n = 1'000; n < 1'500; ++n) request(cache, key(n));
  EXPECT_TRUE(cache.read(key(49)));
  EXPECT_FALSE(cache.read(key(149)));
}

TEST(QueueSimulationTest, ALoopLongerThanTheCacheHitsOnlyIfSomeAreKeptUnused) {
  QueueSimulation plain(1'000, {.small_share = 0.01});
  QueueSimulation keeping(1'000, {.small_share = 0.01, .keep_one_in = 16});
  int plain_hits = 0;
  int keeping_hits = 0;
  for (std::uint32_t n = 0; n < 80'000; ++n) {
    plain_hits += request(plain, key(n % 4'000));
    keeping_hits += request(keeping, key(n % 4'000));
  }
  EXPECT_LT(plain_hits, 1'000);
  EXPECT_GT(keeping_hits, 10'000);
}

TEST(QueueSimulationTest, ShrinksByTwoAWrite) {
  QueueSimulation cache(100, {});
  for (std::uint32_t n = 0; n < 100; ++n) cache.write(key(n));
  cache.set_capacity(10);
  cache.write(key(1'000));
  EXPECT_EQ(cache.size(), 99u);
  for (std::uint32_t n = 2'000; n < 2'200; ++n) cache.write(key(n));
  EXPECT_EQ(cache.size(), 10u);
}

TEST(QueueSimulationTest, AModelThatLooksAtEveryKeyFindsTheSameOnes) {
  base::Random random{5};
  QueueSimulation cache(64, {.small_share = 0.3, .keep_one_in = 8});
  for (int step = 0; step < 20'000; ++step) {
    request(cache, key(random.below(300)));
    if (step % 1'000 != 999) continue;
    std::size_t found = 0;
    for (std::uint64_t n = 0; n < 300; ++n) found += cache.read(key(n));
    EXPECT_EQ(found, cache.size());
  }
}

}  // namespace
}  // namespace larder::policy
