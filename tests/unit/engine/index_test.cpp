// The index alone: growth and shrink by one bucket, and a scan that misses nothing.
#include "engine/index.hpp"

#include <algorithm>
#include <set>

#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

TEST_F(TableTest, NoInsertionTouchesMoreThanAFewBucketsWhileTheTableGrows) {
  std::uint64_t worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t before = table.slots_touched();
    set("k" + std::to_string(i), "v");
    worst = std::max(worst, table.slots_touched() - before);
  }
  EXPECT_LT(worst, 400u);
}

TEST_F(TableTest, NoErasureTouchesMoreThanAFewBucketsWhileTheTableShrinks) {
  for (int i = 0; i < 100'000; ++i) set("k" + std::to_string(i), "v");
  std::uint64_t worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t before = table.slots_touched();
    erase("k" + std::to_string(i));
    worst = std::max(worst, table.slots_touched() - before);
  }
  EXPECT_LT(worst, 400u);
  EXPECT_EQ(size(), 0u);
}

TEST(IndexTest, TheTableGrowsAndShrinksWithItsEntries) {
  Index index{{1, 2}, {}};
  std::vector<Record*> records;
  for (int i = 0; i < 10'000; ++i) {
    records.push_back(Record::create("k" + std::to_string(i), 0, Kind::string, false));
    index.insert(index.hash_of(records.back()->key()), records.back());
  }
  EXPECT_GE(index.buckets(), 2'000u);
  EXPECT_LE(index.buckets(), 2'100u);
  for (Record* record : records) {
    const std::uint64_t hash = index.hash_of(record->key());
    EXPECT_EQ(index.find(record->key(), hash), record);
    index.erase(hash, record);
    Record::destroy(record);
  }
  EXPECT_LT(index.buckets(), 3u);
}

TEST_F(TableTest, TheBucketsAreFilledWellAndFewEntriesOverflow) {
  for (int i = 0; i < 100'000; ++i) set("k" + std::to_string(i), "");
  const auto index_bytes = table.stats().bytes_used.get() - table.stats().bytes_entries.get();
  EXPECT_LT(index_bytes, 100'000u * 16) << "bytes of index for 100,000 entries";
}

TEST_F(TableTest, ChainsOfCrowdedDaysAreGivenBackWhileEntriesComeAndGo) {
  for (int i = 0; i < 5'000; ++i) set("k" + std::to_string(i), "");
  const auto before = table.stats().bytes_used.get();
  for (int i = 0; i < 100'000; ++i) {
    erase("k" + std::to_string(i));
    set("k" + std::to_string(i + 5'000), "");
  }
  EXPECT_LT(table.stats().bytes_used.get(), before * 105 / 100);
}

/// One scan from start to end, with the table growing and shrinking at random between its pages.
class ScanTest : public TableTest, public ::testing::WithParamInterface<int> {
 protected:
  ScanTest() : random(seed() + static_cast<std::uint64_t>(GetParam())) {}

  void grow_or_shrink() {
    const std::size_t count = random.below(1'000);
    const bool grow = random.below(2) == 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string key = "passing" + std::to_string(random.below(8'000));
      if (grow) {
        set(key, "v");
      } else {
        erase(key);
      }
    }
  }

  base::Random random;
};

TEST_P(ScanTest, AKeyThatStaysIsSeenWhateverElseComesAndGoes) {
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  for (int i = 0; i < 500; ++i) set("stays" + std::to_string(i), "v");
  std::set<std::string> seen;
  std::uint64_t position = 0;
  do {
    grow_or_shrink();
    position = table.scan(0, position, 1 + random.below(50), EntryVisitor{[&](const Entry& entry) {
                            seen.insert(std::string{entry.key()});
                          }});
  } while (position != 0);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(seen.contains("stays" + std::to_string(i))) << i;
}

INSTANTIATE_TEST_SUITE_P(Seeds, ScanTest, ::testing::Range(0, 10));

TEST_F(TableTest, AScanOfATableAtRestSeesEachKeyOnce) {
  for (int i = 0; i < 3'000; ++i) set("k" + std::to_string(i), "v");
  std::multiset<std::string> seen;
  std::uint64_t position = 0;
  do {
    position = table.scan(0, position, 10,
                          EntryVisitor{[&](const Entry& e) { seen.insert(std::string{e.key()}); }});
  } while (position != 0);
  EXPECT_EQ(seen.size(), 3'000u);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 3'000u);
}

TEST_F(TableTest, AScanDoesNotShowExpiredEntries) {
  set("dead", "v", {.ttl = 1s});
  set("alive", "v");
  clock.advance(2s);
  std::vector<std::string> seen;
  table.scan(0, 0, 100, EntryVisitor{[&](const Entry& e) { seen.emplace_back(e.key()); }});
  EXPECT_EQ(seen, std::vector<std::string>{"alive"});
}

}  // namespace
}  // namespace larder::engine::test
