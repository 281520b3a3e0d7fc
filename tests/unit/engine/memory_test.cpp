// max_bytes: what is counted, what is refused, and who goes.
#include "base/random.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

using policy::Eviction;

std::string name(std::string_view prefix, std::size_t i) {
  return std::string{prefix} + std::to_string(i);
}

class MemoryTest : public TableTest {
 protected:
  static constexpr std::size_t kBytesMax = 200'000;
  explicit MemoryTest(Eviction eviction = Eviction::noeviction) : TableTest(kBytesMax, eviction) {}

  void fill(std::string_view prefix, std::size_t count, const Setting& how = {}) {
    for (std::size_t i = 0; i < count; ++i) set(name(prefix, i), std::string(50, 'v'), how);
  }
  std::size_t present(std::string_view prefix, std::size_t count) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count; ++i)
      sum += table.visit(0, name(prefix, i), Mode::peek).exists();
    return sum;
  }
  std::size_t used() const { return table.stats().bytes_used.get(); }
};

class LruTest : public MemoryTest {
 protected:
  LruTest() : MemoryTest(Eviction::allkeys_lru) {}
};
class LfuTest : public MemoryTest {
 protected:
  LfuTest() : MemoryTest(Eviction::allkeys_lfu) {}
};
class AdaptiveTest : public MemoryTest {
 protected:
  AdaptiveTest() : MemoryTest(Eviction::adaptive) {}
};
class VolatileLruTest : public MemoryTest {
 protected:
  VolatileLruTest() : MemoryTest(Eviction::volatile_lru) {}
};
class VolatileTtlTest : public MemoryTest {
 protected:
  VolatileTtlTest() : MemoryTest(Eviction::volatile_ttl) {}
};

TEST_F(MemoryTest, NoevictionRefusesAndLosesNothing) {
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'))) ++written;
  EXPECT_LE(used(), kBytesMax);
  EXPECT_GT(used(), kBytesMax * 95 / 100);
  EXPECT_EQ(try_set("one more", std::string(50, 'v')).error().code, Errc::out_of_memory);
  EXPECT_EQ(try_set("k0", std::string(5'000, 'v')).error().code, Errc::out_of_memory);
  EXPECT_EQ(table.visit(0, "k0", Mode::write).append(std::string(5'000, 'v')).error().code,
            Errc::out_of_memory);
  EXPECT_EQ(get("k0"), std::string(50, 'v'));
  EXPECT_EQ(present("k", written), written);

  erase("k0");
  erase("k1");
  EXPECT_TRUE(try_set("one more", std::string(50, 'v')));
}

TEST_F(MemoryTest, WhatIsDeadMakesRoomBeforeAnythingIsRefused) {
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'), {.ttl = 1s})) ++written;
  clock.advance(2s);
  EXPECT_TRUE(try_set("new", std::string(100, 'v')));
  EXPECT_GT(table.stats().expired.get(), 0u);
  EXPECT_EQ(table.stats().evicted.get(), 0u);
}

TEST_F(MemoryTest, FlushedMemoryIsThereWhenItIsNeeded) {
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'))) ++written;
  table.flush(0);
  EXPECT_TRUE(try_set("big", std::string(kBytesMax / 2, 'v')));
  EXPECT_LE(used(), kBytesMax);
}

TEST_F(MemoryTest, ALargerBoundLetsWritesThroughAgain) {
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'))) ++written;
  budget.set_bytes_max(2 * kBytesMax);
  EXPECT_TRUE(try_set("one more", std::string(50, 'v')));
  budget.set_bytes_max(0);
  EXPECT_TRUE(try_set("much more", std::string(5 * kBytesMax, 'v')));
}

TEST_F(LruTest, TheBoundHoldsAtEveryMoment) {
  base::Random random{seed()};
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  for (int i = 0; i < 20'000; ++i) {
    set(name("k", random.below(10'000)), std::string(random.below(400), 'v'));
    ASSERT_LE(used(), kBytesMax + 1'200) << "more than a few buckets over";
  }
  EXPECT_GT(used(), kBytesMax * 9 / 10);
}

TEST_F(LruTest, WhatWasUsedLatelyStays) {
  fill("old", 500);
  fill("idle", 500);
  for (int round = 0; round < 20; ++round) {
    clock.advance(1s);
    for (std::size_t i = 0; i < 500; ++i) get(name("old", i));
    fill("new" + std::to_string(round), 200);
  }
  EXPECT_GT(present("old", 500), 480u);
  EXPECT_LT(present("idle", 500), 100u);
}

TEST_F(LruTest, AValueLargerThanTheBoundIsRefusedAndNothingGoes) {
  fill("k", 100);
  EXPECT_EQ(try_set("big", std::string(kBytesMax + 1, 'v')).error().code, Errc::out_of_memory);
  EXPECT_EQ(present("k", 100), 100u);
}

TEST_F(LruTest, AWriteEvictsAboutAsMuchAsItAdds) {
  fill("k", 5'000);
  const auto evicted = table.stats().evicted.get();
  const auto touched = table.slots_touched();
  set("big", std::string(10'000, 'v'));
  EXPECT_LT(table.stats().evicted.get() - evicted, 170u);
  EXPECT_LT(table.slots_touched() - touched, 170u * 300);
}

TEST_F(LruTest, AGrowingEntryDoesNotEvictItself) {
  fill("k", 2'000);
  set("log", "");
  for (int i = 0; i < 1'000; ++i)
    ASSERT_TRUE(table.visit(0, "log", Mode::write).append(std::string(100, 'x')));
  EXPECT_EQ(get("log")->size(), 100'000u);
}

TEST_F(LruTest, ALoweredBoundIsReachedInSlices) {
  fill("k", 2'000);
  budget.set_bytes_max(kBytesMax / 4);
  EXPECT_LT(sweep(1'000), 50u) << "one slice is a slice";
  while (sweep(1'000) > 0) continue;
  EXPECT_LE(used(), kBytesMax / 4);
  EXPECT_GT(used(), kBytesMax / 5);
}

TEST_F(LfuTest, WhatIsUsedOftenSurvivesAScan) {
  fill("hot", 300);
  for (int round = 0; round < 30; ++round) {
    for (std::size_t i = 0; i < 300; ++i) get(name("hot", i));
  }
  fill("scan", 10'000);
  EXPECT_GT(present("hot", 300), 290u);
}

TEST_F(LfuTest, YesterdaysFavouritesGoWhenMinutesHavePassed) {
  fill("hot", 300);
  for (int round = 0; round < 30; ++round) {
    for (std::size_t i = 0; i < 300; ++i) get(name("hot", i));
  }
  clock.advance(1h);
  sweep();
  fill("new", 10'000);
  EXPECT_LT(present("hot", 300), 30u);
}

TEST_F(AdaptiveTest, WhatIsUsedOftenSurvivesAScan) {
  fill("hot", 300);
  for (int round = 0; round < 30; ++round) {
    for (std::size_t i = 0; i < 300; ++i) get(name("hot", i));
  }
  fill("scan", 10'000);
  EXPECT_GT(present("hot", 300), 290u);
}

TEST_F(AdaptiveTest, ALoopLargerThanTheMemoryKeepsPartOfItself) {
  std::size_t hits = 0;
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = 0; i < 3'000; ++i) {
      if (get(name("loop", i))) {
        ++hits;
      } else {
        set(name("loop", i), std::string(50, 'v'));
      }
    }
  }
  EXPECT_GT(hits, 20u * 3'000 / 6) << "plain LRU would have none";
}

TEST_F(AdaptiveTest, LargeEntriesGoBeforeManySmallOnesOfEqualUse) {
  for (std::size_t i = 0; i < 20; ++i) set(name("large", i), std::string(4'000, 'v'));
  fill("small", 1'000);
  for (std::size_t i = 0; i < 20; ++i) get(name("large", i));
  for (std::size_t i = 0; i < 1'000; ++i) get(name("small", i));
  fill("new", 3'000);
  EXPECT_GT(present("small", 1'000), 950u);
  EXPECT_LT(present("large", 20), 5u);
}

TEST_F(VolatileLruTest, OnlyEntriesWithADeadlineGo) {
  fill("persistent", 500);
  fill("volatile", 5'000, {.ttl = 1h});
  EXPECT_EQ(present("persistent", 500), 500u);
  EXPECT_GT(table.stats().evicted.get(), 3'000u);
}

TEST_F(VolatileLruTest, WithoutAnyDeadlineItIsAsNoeviction) {
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'))) ++written;
  EXPECT_EQ(present("k", written), written);
  EXPECT_EQ(table.stats().evicted.get(), 0u);
}

TEST_F(VolatileLruTest, TheLastFewVolatileEntriesAreFoundAmongManyPersistentOnes) {
  fill("volatile", 3, {.ttl = 1h});
  std::size_t written = 0;
  while (try_set(name("k", written), std::string(50, 'v'))) ++written;
  EXPECT_EQ(present("volatile", 3), 0u);
  EXPECT_EQ(table.stats().evicted.get(), 3u);
}

TEST_F(VolatileTtlTest, TheEarliestDeadlinesGoFirst) {
  for (std::size_t i = 0; i < 1'000; ++i)
    set(name("k", i), std::string(50, 'v'), {.ttl = std::chrono::seconds{1'000 - i}});
  fill("persistent", 2'000);
  const std::size_t evicted = table.stats().evicted.get();
  ASSERT_GT(evicted, 100u);
  EXPECT_EQ(present("k", 1'000 - evicted), 1'000 - evicted)
      << "those with the longest lives are all here";
}

// A table whose address space is all but used up; there is no bound otherwise.
class FullLogTest : public ::testing::TestWithParam<Eviction> {
 protected:
  Result<void> set(std::size_t i) {
    return table.visit(0, name("k", i), Mode::write)
        .assign(std::string(200, 'v'), Deadline::none());
  }
  base::ManualClock clock;
  Budget budget;
  Table table{
      {.eviction = GetParam(), .hash_key = {1, 2}, .log_bytes_max = 1 << 20}, budget, clock};
};

TEST_P(FullLogTest, EntriesGoWhereThePolicyAllowsItAndNothingIsLostWhereNot) {
  std::size_t written = 0;
  while (written < 20'000 && set(written)) ++written;
  std::size_t present = 0;
  for (std::size_t i = 0; i < written; ++i)
    present += table.visit(0, name("k", i), Mode::peek).exists();
  EXPECT_EQ(present, table.stats().entries.get());
  EXPECT_GT(present, 3'000u);
  if (GetParam() == Eviction::noeviction) {
    EXPECT_EQ(present, written);
    EXPECT_EQ(set(written).error().code, Errc::out_of_memory);
  } else {
    EXPECT_EQ(written, 20'000u);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, FullLogTest,
                         ::testing::Values(Eviction::adaptive, Eviction::noeviction,
                                           Eviction::allkeys_lru, Eviction::allkeys_random));

TEST_F(TableTest, EmptiedTablesHoldNothing) {
  for (std::size_t i = 0; i < 30'000; ++i) set(name("k", i), std::string(i % 300, 'v'));
  for (std::size_t i = 0; i < 30'000; ++i) erase(name("k", i));
  EXPECT_EQ(table.stats().bytes_data.get(), 0u);
  EXPECT_EQ(table.stats().bytes_entries.get(), 0u);
  EXPECT_LT(table.stats().bytes_used.get(), 200'000u) << "spare buckets only";
}

}  // namespace
}  // namespace larder::engine::test
