#include "engine/leases.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart{1h};

TEST(LeasesTest, OneAtATimeForEachEntry) {
  Leases leases;
  EXPECT_EQ(leases.grant(1, 10, 5s, kStart).token, 10u);
  const auto second = leases.grant(1, 11, 5s, kStart + 2s);
  EXPECT_EQ(second.token, 0u);
  EXPECT_EQ(second.left, 3s);
  EXPECT_EQ(leases.grant(2, 12, 5s, kStart).token, 12u);
}

TEST(LeasesTest, ALeaseIsUsedOnceByItsTokenAndInTime) {
  Leases leases;
  leases.grant(1, 10, 5s, kStart);
  EXPECT_FALSE(leases.take(1, 11, kStart));
  EXPECT_TRUE(leases.take(1, 10, kStart + 4s));
  EXPECT_FALSE(leases.take(1, 10, kStart + 4s));
  leases.grant(1, 12, 5s, kStart);
  EXPECT_FALSE(leases.take(1, 12, kStart + 5s));
}

TEST(LeasesTest, WhatIsOverPassesToTheNext) {
  Leases leases;
  leases.grant(1, 10, 5s, kStart);
  EXPECT_EQ(leases.grant(1, 11, 5s, kStart + 5s).token, 11u);
  EXPECT_FALSE(leases.take(1, 10, kStart + 6s));
  EXPECT_TRUE(leases.take(1, 11, kStart + 6s));
}

TEST(LeasesTest, ThoseThatAreOverMakeRoom) {
  Leases leases;
  for (std::uint64_t entry = 1; entry <= 100'000; ++entry)
    leases.grant(entry, entry, 1ms, kStart + entry * 1ms);
  EXPECT_LE(leases.size(), 64u);
}

TEST(LeasesTest, TheirNumberIsBounded) {
  Leases leases;
  for (std::uint64_t entry = 1; entry <= 100'000; ++entry) {
    EXPECT_EQ(leases.grant(entry, entry, 1h, kStart).token, entry);
    ASSERT_LE(leases.size(), base::limits::kLeasesMax);
  }
  EXPECT_GE(leases.size(), base::limits::kLeasesMax / 8 * 7);
}

}  // namespace
}  // namespace larder::engine
