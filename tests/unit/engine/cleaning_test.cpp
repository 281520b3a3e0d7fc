// Memory after long use: what is rewritten, erased and moved leaves nothing behind.
#include "base/random.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

using policy::Eviction;

class CleaningTest : public TableTest {
 protected:
  static std::string key(std::size_t i) { return "key:" + std::to_string(i); }
  std::size_t used() const { return table.stats().bytes_used.get(); }
  std::size_t living() const {
    return table.stats().bytes_entries.get() + table.stats().bytes_index.get();
  }
};

TEST_F(CleaningTest, ValuesOfChangingSizesHoldTheirMemoryNearTheIdeal) {
  base::Random random{seed()};
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  for (int i = 0; i < 300'000; ++i) {
    const std::size_t n = random.below(10'000);
    set(key(n), std::string(16 + random.below(600), static_cast<char>('a' + n % 26)));
    if (i % 10'000 == 9'999) {
      ASSERT_LT(used(), living() * 108 / 100) << i;
    }
  }
  for (std::size_t n = 0; n < 10'000; ++n) {
    const auto value = get(key(n));
    if (!value) continue;
    ASSERT_EQ(value->find_first_not_of(static_cast<char>('a' + n % 26)), value->npos);
  }
}

TEST_F(CleaningTest, OneWriteMovesFewRecordsHoweverMuchIsDead) {
  for (std::size_t i = 0; i < 50'000; ++i) set(key(i), std::string(40, 'v'));
  for (std::size_t i = 0; i < 50'000; i += 3) erase(key(i));
  std::uint64_t most = 0;
  for (std::size_t i = 1; i < 50'000; i += 3) {
    const std::uint64_t before = table.slots_touched();
    set(key(i), std::string(50, 'w'));
    most = std::max(most, table.slots_touched() - before);
  }
  EXPECT_LT(most, 1'500u);
  EXPECT_LT(used(), living() * 108 / 100);
}

TEST_F(CleaningTest, GrowthAndShrinkTouchABoundedNumberOfSlots) {
  std::uint64_t most = 0;
  const auto step = [&](auto&& act) {
    const std::uint64_t before = table.slots_touched();
    act();
    most = std::max(most, table.slots_touched() - before);
  };
  for (std::size_t i = 0; i < 200'000; ++i) step([&] { set(key(i), "v"); });
  EXPECT_LT(most, 600u);
  for (std::size_t i = 0; i < 200'000; ++i) step([&] { erase(key(i)); });
  EXPECT_LT(most, 1'500u);
  EXPECT_LT(used(), 8'000u);
}

TEST_F(CleaningTest, EntriesThatWereWrittenUnderAnotherPolicyLearnTheNewOnesFields) {
  for (std::size_t i = 0; i < 5'000; ++i) set(key(i), std::string(40, 'v'), {.ttl = 1h});
  EXPECT_EQ(table.visit(0, key(7), Mode::peek).idle(), std::nullopt);
  table.set_eviction(Eviction::allkeys_lru);
  while (sweep(1'000) > 0) continue;
  clock.advance(10s);
  std::size_t known = 0;
  for (std::size_t i = 0; i < 5'000; ++i) known += table.visit(0, key(i), Mode::peek).idle() >= 10s;
  EXPECT_GT(known, 4'000u) << "but those of the segment that was open";
  get(key(7));
  EXPECT_LT(table.visit(0, key(7), Mode::peek).idle(), 1s);
  EXPECT_EQ(table.visit(0, key(7), Mode::peek).frequency(), std::nullopt);

  table.set_eviction(Eviction::adaptive);
  while (sweep(1'000) > 0) continue;
  for (std::size_t i = 0; i < 5'000; ++i) ASSERT_EQ(get(key(i)), std::string(40, 'v'));
}

TEST_F(CleaningTest, AFrequencyIsKeptUnderLfu) {
  table.set_eviction(Eviction::allkeys_lfu);
  set("k", "v");
  EXPECT_EQ(table.visit(0, "k", Mode::peek).frequency(), 5);
  for (int i = 0; i < 100; ++i) get("k");
  EXPECT_GT(table.visit(0, "k", Mode::peek).frequency(), 7);
  EXPECT_EQ(table.visit(0, "k", Mode::peek).idle(), std::nullopt);
}

TEST_F(CleaningTest, AValueIsOverwrittenInPlaceAndTheStreamIsTold) {
  set("k", "0123456789", {.ttl = 1h});
  const auto before = version("k");
  table.visit(0, "k", Mode::write).overwrite(3, "xyz");
  EXPECT_EQ(get("k"), "012xyz6789");
  EXPECT_EQ(listener.heard.back().value, "012xyz6789");
  EXPECT_NE(version("k"), before);
  EXPECT_TRUE(table.visit(0, "k", Mode::peek).deadline().has_value());
}

TEST_F(CleaningTest, AnEntryHeldWhileItsNeighbourIsWrittenIsFoundAgain) {
  for (std::size_t i = 0; i < 2'000; ++i) set(key(i), std::string(40, 'v'));
  const std::string five = key(5);
  Entry held = table.visit(0, five, Mode::write);
  for (std::size_t i = 1'000; i < 2'000; ++i) set(key(i), std::string(100, 'w'));
  EXPECT_EQ(held.value(), std::string(40, 'v'));
  erase(five);
  EXPECT_FALSE(held.exists());
  EXPECT_TRUE(held.assign("new", Deadline::none()));
  EXPECT_EQ(get(five), "new");
}

}  // namespace
}  // namespace larder::engine::test
