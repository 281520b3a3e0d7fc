// Reads that take no lock, one thread at a time: what they find, and what they leave to a visit.
#include "node/reader.hpp"

#include <gmock/gmock.h>

#include "unit/node/node_fixture.hpp"

namespace larder::node::test {
namespace {

using ::testing::ElementsAre;

struct Nothing final : engine::Object {
  std::size_t memory_bytes() const noexcept override { return 1; }
};

class ReaderTest : public NodeTest {
 protected:
  using NodeTest::NodeTest;

  std::optional<std::string> read(std::string_view key, unsigned db = 0) {
    std::optional<std::string> value{"what was there before"};
    const Found found = Reader(node).read(db, key, value);
    EXPECT_EQ(found == Found::string, value.has_value());
    return value;
  }
};

TEST_F(ReaderTest, FindsWhatWasWrittenWhateverItsLengths) {
  for (const std::size_t key_bytes : {1, 7, 8, 9, 15, 16, 17, 64, 127, 128, 300}) {
    for (const std::size_t value_bytes : {0, 1, 127, 128, 300, 1'500, 2'100, 70'000}) {
      const std::string key(key_bytes, 'k');
      const std::string value(value_bytes, 'v');
      for (const auto deadline : {Deadline::none(), Deadline::at(clock.now() + 1h)}) {
        ASSERT_TRUE(set_in(node, key, value, 3, deadline));
        ASSERT_EQ(read(key, 3), value) << key_bytes << " and " << value_bytes;
        ASSERT_EQ(read(key, 0), std::nullopt);
        ASSERT_EQ(read(std::string(key_bytes, 'x'), 3), std::nullopt);
      }
    }
  }
}

TEST_F(ReaderTest, CountsHitsAndMissesAsVisitsDo) {
  set("a", "1");
  read("a");
  read("b");
  get("a");
  get("b");
  EXPECT_EQ(node.stats().hits, 2u);
  EXPECT_EQ(node.stats().misses, 2u);
}

TEST_F(ReaderTest, SaysWhenTheKeyHoldsAnotherKind) {
  node.visit(0, "o", Mode::write, [](Entry& entry) {
    EXPECT_TRUE(entry.assign(engine::Kind::hash, std::make_unique<Nothing>(), Deadline::none()));
  });
  std::optional<std::string> value{"x"};
  EXPECT_EQ(Reader(node).read(0, "o", value), Found::other_kind);
  EXPECT_EQ(value, std::nullopt);
}

TEST_F(ReaderTest, ADeadlineHoldsToTheMillisecond) {
  for (const base::Millis ttl : {base::Millis{20}, base::Millis{5'000}, base::Millis{100'000}}) {
    ASSERT_TRUE(set_in(node, "k", "v", 0, Deadline::at(clock.now() + ttl)));
    clock.advance(ttl);
    EXPECT_EQ(read("k"), "v") << "at the last millisecond";
    clock.advance(1ms);
    EXPECT_EQ(read("k"), std::nullopt);
  }
  EXPECT_EQ(node.stats().expired, 3u);
}

TEST_F(ReaderTest, FollowsFlushesAndSwapsThoughIndexesAreUsedAgain) {
  for (int round = 0; round < 50; ++round) {
    const std::string value = std::to_string(round);
    for (int i = 0; i < 100; ++i) set("k" + std::to_string(i), value, 0);
    ASSERT_EQ(read("k7"), value);
    node.hold_all().swap_databases(0, 1);
    ASSERT_EQ(read("k7", 0), std::nullopt);
    ASSERT_EQ(read("k7", 1), value);
    node.flush(1);
    ASSERT_EQ(read("k7", 1), std::nullopt);
    if (round % 2 == 0) sweep_all();
  }
  sweep_all();
  EXPECT_EQ(node.stats().bytes_used, 0u);
}

TEST_F(ReaderTest, AGroupIsAnsweredInItsOrderDuplicatesToo) {
  set("a", "1");
  set("b", std::string(5'000, '2'));
  const std::vector<std::string_view> few{"a", "x", "a"};
  const std::vector<std::string_view> large{"a", "b", "x"};  // One of them needs its lock.
  std::vector<std::optional<std::string>> values(3);
  std::vector<Found> found(3);
  Reader(node).read_group<std::string>(0, few, values, found);
  EXPECT_THAT(values, ElementsAre("1", std::nullopt, "1"));
  EXPECT_THAT(found, ElementsAre(Found::string, Found::nothing, Found::string));
  Reader(node).read_group<std::string>(0, large, values, found);
  EXPECT_THAT(values, ElementsAre("1", std::string(5'000, '2'), std::nullopt));
  EXPECT_THAT(found, ElementsAre(Found::string, Found::string, Found::nothing));
  EXPECT_EQ(node.stats().hits, 4u);
  EXPECT_EQ(node.stats().misses, 2u);
}

TEST_F(ReaderTest, EveryKeyOfAFullTableIsFoundOneByOneAndInGroups) {
  constexpr std::size_t kKeys = 20'000;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kKeys; ++i) names.push_back("key:" + std::to_string(i));
  for (const std::string& name : names) set(name, name);
  std::vector<std::optional<std::string>> values(50);
  std::vector<Found> found(50);
  for (std::size_t first = 0; first < kKeys; first += 50) {
    const std::vector<std::string_view> keys(&names[first], &names[first] + 50);
    Reader(node).read_group<std::string>(0, keys, values, found);
    for (std::size_t i = 0; i < 50; ++i) {
      ASSERT_EQ(values[i], names[first + i]);
      ASSERT_EQ(read(names[first + i]), names[first + i]);
    }
  }
}

class LruReaderTest : public ReaderTest {
 protected:
  LruReaderTest()
      : ReaderTest({.shards = 8, .eviction = policy::Eviction::allkeys_lru, .seed = 7}) {}
};

TEST_F(LruReaderTest, APolicyThatNotesUsesIsToldOfReads) {
  set("k", "v");
  clock.advance(10s);
  EXPECT_EQ(read("k"), "v");
  node.visit(0, "k", Mode::peek, [](const Entry& entry) { EXPECT_LT(entry.idle().value(), 1s); });
}

}  // namespace
}  // namespace larder::node::test
