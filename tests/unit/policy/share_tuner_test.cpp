#include "policy/share_tuner.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.hpp"

namespace larder::policy {
namespace {

std::uint64_t hash(std::uint64_t n) { return base::Random{n}(); }

/// A read-through request to a cache that never holds anything: what the simulations see does not
/// depend on what the cache holds.
void request(ShareTuner& tuner, std::uint64_t n) {
  tuner.access(hash(n), Visit::miss);
  tuner.access(hash(n), Visit::arrival);
}

/// A key drawn by Zipf's law with exponent 1, nearly: the inverse of a logarithm.
std::uint64_t zipf(base::Random& random, double keys) {
  return static_cast<std::uint64_t>(std::pow(keys, random.unit()));
}

TEST(ShareTunerTest, StartsWithTheTenthOfThePaper) {
  const ShareTuner tuner;
  EXPECT_EQ(tuner.share(), 0.1);
  EXPECT_EQ(tuner.rules().keep_one_in, 0u);
}

TEST(ShareTunerTest, LastingPopularityWantsASmallShare) {
  ShareTuner tuner;
  tuner.resize(2'000);
  base::Random random{7};
  for (int i = 0; i < 400'000; ++i) request(tuner, zipf(random, 100'000));
  EXPECT_EQ(tuner.share(), 0.01);
}

TEST(ShareTunerTest, WhatIsReadAgainOnceAndSoonWantsALargeShare) {
  ShareTuner tuner;
  tuner.resize(2'000);
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    request(tuner, i);
    if (i >= 800) request(tuner, i - 800);
  }
  EXPECT_GE(tuner.share(), 0.3);
}

TEST(ShareTunerTest, ALoopLongerThanTheCacheKeepsSomeUnused) {
  ShareTuner tuner;
  tuner.resize(2'000);
  for (std::uint64_t i = 0; i < 400'000; ++i) request(tuner, i % 6'000);
  EXPECT_GT(tuner.rules().keep_one_in, 0u);
}

TEST(ShareTunerTest, ChangesItsMindWithTheStream) {
  ShareTuner tuner;
  tuner.resize(2'000);
  base::Random random{7};
  for (int i = 0; i < 200'000; ++i) request(tuner, zipf(random, 100'000));
  const double before = tuner.share();
  for (std::uint64_t i = 1'000'000; i < 1'200'000; ++i) {
    request(tuner, i);
    request(tuner, i - 800);
  }
  EXPECT_GT(tuner.share(), before);
}

/// A cache of 4,000 entries, seen by a tuner whose advice it takes or not.
class TunedCache {
 public:
  explicit TunedCache(bool follows) : follows_(follows) { tuner_.resize(kEntries); }

  void request(std::uint64_t n) {
    const auto key = static_cast<std::uint32_t>(hash(n) >> 16);
    const bool hit = cache_.read(key);
    tuner_.access(hash(n), hit ? Visit::hit : Visit::miss);
    hits_ += hit;
    if (hit) return;
    tuner_.access(hash(n), Visit::arrival);
    if (follows_) cache_.set_rules(tuner_.rules());
    cache_.write(key);
  }
  std::size_t hits() const { return hits_; }

 private:
  static constexpr std::size_t kEntries = 4'000;
  bool follows_;
  std::size_t hits_ = 0;
  ShareTuner tuner_;
  QueueSimulation cache_{kEntries, {}};
};

TEST(ShareTunerTest, ACacheThatFollowsItHitsMoreOverStreamsOfDifferentKinds) {
  TunedCache fixed(false);
  TunedCache follower(true);
  base::Random random{11};
  const auto both = [&](std::uint64_t n) {
    fixed.request(n);
    follower.request(n);
  };
  for (int i = 0; i < 200'000; ++i) both(zipf(random, 200'000));
  for (std::uint64_t i = 0; i < 100'000; ++i) {  // read again once, soon
    both(1'000'000 + i);
    both(1'000'000 + i - 1'200);
  }
  for (std::uint64_t i = 0; i < 200'000; ++i) both(2'000'000 + i % 10'000);  // a loop
  EXPECT_GT(follower.hits(), fixed.hits() * 5 / 4);
}

TEST(ShareTunerTest, AScanLeavesItsChoiceOfASmallShare) {
  ShareTuner tuner;
  tuner.resize(2'000);
  base::Random random{7};
  for (int i = 0; i < 400'000; ++i) request(tuner, zipf(random, 100'000));
  for (std::uint64_t i = 1'000'000; i < 1'050'000; ++i) request(tuner, i);
  EXPECT_EQ(tuner.share(), 0.01);
}

TEST(ShareTunerTest, WritesOfWhatIsThereAreNoArrivals) {
  ShareTuner read;
  ShareTuner written;
  read.resize(100);
  written.resize(100);
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    read.access(hash(i % 150), Visit::hit);
    written.access(hash(i % 150), Visit::hit);
    written.access(hash(i % 150), Visit::arrival);  // was there already: says nothing new
  }
  EXPECT_EQ(read.share(), written.share());
}

TEST(ShareTunerTest, TakesMemoryOnceAndLittle) {
  ShareTuner tuner;
  const std::size_t before = tuner.memory_bytes();
  EXPECT_LE(before, 32u * 1024);
  tuner.resize(100'000'000);
  for (std::uint64_t i = 0; i < 100'000; ++i) request(tuner, i);
  EXPECT_EQ(tuner.memory_bytes(), before);
}

TEST(ShareTunerTest, ACacheOfOneEntryIsNoProblem) {
  ShareTuner tuner;
  for (const std::size_t entries : {1, 0, 1}) {
    tuner.resize(entries);
    for (std::uint64_t i = 0; i < 1'000; ++i) request(tuner, i % 3);
  }
  EXPECT_GT(tuner.share(), 0);
}

}  // namespace
}  // namespace larder::policy
