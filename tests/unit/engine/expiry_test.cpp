// Active expiry: what nobody reads goes too, in slices, and what stays is not looked at.
#include "base/random.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

class ExpiryTest : public TableTest {
 protected:
  void fill(std::string_view prefix, int count, const Setting& how) {
    for (int i = 0; i < count; ++i) set(std::string{prefix} + std::to_string(i), "v", how);
    listener.heard.clear();
  }
  /// Sweeps in slices until nothing more goes; returns how many slots that touched.
  std::uint64_t sweep_all(std::size_t slots_max = 1'000) {
    const std::uint64_t before = table.slots_touched();
    while (sweep(slots_max) > 0) continue;
    return table.slots_touched() - before;
  }
};

TEST_F(ExpiryTest, SweepFindsWhatNobodyReads) {
  set("short", "v", {.ttl = 1s});
  set("long", "v", {.ttl = 1h});
  set("ever", "v");
  clock.advance(2s);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(size(), 2u);
  EXPECT_EQ(get("long"), "v");
  EXPECT_EQ(get("ever"), "v");
}

TEST_F(ExpiryTest, SweepErasesNothingBeforeItsDeadlineAndAllSoonAfter) {
  fill("k", 500, {.ttl = 10s});
  clock.advance(10s);
  EXPECT_EQ(sweep(), 0u);
  clock.advance(200ms);
  EXPECT_EQ(sweep(), 500u);
  EXPECT_EQ(table.stats().expired.get(), 500u);
}

TEST_F(ExpiryTest, AnExpiryWaveAmongPersistentEntriesCostsAboutItsOwnSize) {
  fill("persistent", 50'000, {});
  fill("wave", 2'000, {.ttl = 1s});
  clock.advance(2s);
  const std::uint64_t touched = sweep_all();
  EXPECT_EQ(size(), 50'000u);
  // Each entry's bucket and its erasure, not the whole table's 100,000 slots and more for each
  // slice.
  EXPECT_LT(touched, 2'000u * 60);
  EXPECT_LT(sweep_all(), 100u) << "a second look finds nothing and costs nothing";
}

TEST_F(ExpiryTest, ASliceIsBounded) {
  fill("wave", 20'000, {.ttl = 1s});
  clock.advance(2s);
  std::size_t slices = 0;
  for (std::size_t gone = 1; gone > 0; ++slices) {
    const std::uint64_t before = table.slots_touched();
    gone = sweep(200);
    // What it may overshoot by is one group of 16 buckets: 80 erasures, each with its look-up and
    // its join.
    EXPECT_LT(table.slots_touched() - before, 200u + 80 * 70);
  }
  EXPECT_EQ(size(), 0u);
  EXPECT_GT(slices, 50u);
}

TEST_F(ExpiryTest, EntriesMadePersistentOrProlongedStay) {
  fill("k", 1'000, {.ttl = 1s});
  for (int i = 0; i < 1'000; i += 2)
    table.visit(0, "k" + std::to_string(i), Mode::write).set_deadline(std::nullopt);
  for (int i = 1; i < 1'000; i += 4) {
    table.visit(0, "k" + std::to_string(i), Mode::write).set_deadline(clock.now() + 1h);
  }
  clock.advance(2s);
  sweep_all();
  EXPECT_EQ(size(), 750u);
  clock.advance(1h);
  sweep_all();
  EXPECT_EQ(size(), 500u);
}

TEST_F(ExpiryTest, EveryDatabaseIsSwept) {
  for (unsigned db = 0; db < kDatabases; ++db) set("k", "v", {.ttl = 1s, .db = db});
  clock.advance(2s);
  EXPECT_EQ(sweep(), kDatabases);
}

TEST_F(ExpiryTest, FarDeadlinesNeitherOverflowNorExpire) {
  set("far", "v", {.ttl = std::chrono::hours{24 * 365 * 100}});
  clock.advance(std::chrono::hours{24 * 365 * 20});
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(get("far"), "v");
}

TEST_F(ExpiryTest, DeadlinesSurviveGrowthAndShrink) {
  base::Random random{seed()};
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  for (int i = 0; i < 20'000; ++i) {
    set("k" + std::to_string(i), "v", {.ttl = std::chrono::seconds{1 + random.below(100)}});
  }
  for (int i = 0; i < 20'000; ++i) {
    if (random.below(10) != 0) erase("k" + std::to_string(i));
  }
  for (int second = 0; second < 101; ++second) {
    clock.advance(1s);
    sweep_all();
  }
  EXPECT_EQ(size(), 0u);
}

TEST_F(ExpiryTest, FlushedMemoryComesBackInSlices) {
  fill("k", 10'000, {});
  const auto before = table.stats().bytes_used.get();
  table.flush(0);
  EXPECT_EQ(size(), 0u);
  EXPECT_EQ(table.stats().entries.get(), 0u);
  EXPECT_EQ(get("k1"), std::nullopt);
  EXPECT_EQ(table.stats().bytes_used.get(), before) << "not yet given back";
  EXPECT_LT(sweep(500), 700u);
  sweep_all();
  EXPECT_EQ(table.stats().bytes_used.get(), 0u);
}

}  // namespace
}  // namespace larder::engine::test
