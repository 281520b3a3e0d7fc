// A node: visits, batches, atomic steps, scans, upkeep and one memory bound over many shards.
#include "node/node.hpp"

#include <gmock/gmock.h>

#include <set>

#include "unit/node/node_fixture.hpp"

namespace larder::node::test {
namespace {

using ::testing::ElementsAre;

TEST_F(NodeTest, AVisitReturnsWhatItsFunctionReturns) {
  set("a", "1");
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), std::nullopt);
  EXPECT_EQ(node.visit(0, "a", Mode::read, [](Entry& entry) { return entry.value().size(); }), 1u);
  EXPECT_EQ(node.stats().hits, 2u);
  EXPECT_EQ(node.stats().misses, 1u);
}

TEST_F(NodeTest, AVisitThatThrowsLeavesTheShardFree) {
  EXPECT_THROW(node.visit(0, "a", Mode::read, [](Entry&) { throw std::runtime_error("no"); }),
               std::runtime_error);
  set("a", "1");
  EXPECT_EQ(get("a"), "1");
}

TEST_F(NodeTest, ABatchVisitsEveryKeyInItsOrderDuplicatesToo) {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("k" + std::to_string(i % 150));
  const std::vector<std::string_view> keys(names.begin(), names.end());
  std::vector<std::size_t> order;
  node.visit_many(0, keys, Mode::write, [&](std::size_t i, Entry& entry) {
    order.push_back(i);
    EXPECT_EQ(entry.key(), keys[i]);
    EXPECT_TRUE(entry.append("x"));
  });
  EXPECT_EQ(order.size(), 200u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(get("k3"), "xx");
  EXPECT_EQ(get("k149"), "x");
}

TEST_F(NodeTest, ACommandRunsInATransactionAsItRunsAlone) {
  const std::string_view keys[] = {"from", "to"};
  set("from", "v");
  {
    Node::Held held = node.hold(keys);
    const auto value = get_in(held, "from");
    ASSERT_TRUE(set_in(held, "to", *value));
    held.visit(0, "from", Mode::write, [](Entry& entry) { entry.erase(); });
  }
  EXPECT_EQ(get("from"), std::nullopt);
  EXPECT_EQ(get("to"), "v");
}

TEST_F(NodeTest, DatabasesCanBeSwappedAndFlushed) {
  set("k", "zero", 0);
  set("k", "one", 1);
  node.hold_all().swap_databases(0, 1);
  EXPECT_EQ(get("k", 0), "one");
  node.flush(0);
  EXPECT_EQ(get("k", 0), std::nullopt);
  EXPECT_EQ(get("k", 1), "zero");
  node.flush_all();
  EXPECT_EQ(node.size(1), 0u);
  sweep_all();
  EXPECT_EQ(node.stats().bytes_used, 0u);
}

TEST_F(NodeTest, AScanSeesEveryKeyOfItsDatabase) {
  for (int i = 0; i < 1'000; ++i) set("k" + std::to_string(i), "v");
  set("elsewhere", "v", 1);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  std::size_t pages = 0;
  do {
    std::size_t on_page = 0;
    cursor = node.scan(0, cursor, 10, [&](const Entry& entry) {
      seen.insert(std::string{entry.key()});
      ++on_page;
    });
    EXPECT_LT(on_page, 40u);
    ++pages;
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 1'000u);
  EXPECT_GT(pages, 50u);
}

TEST_F(NodeTest, AnyNumberIsAcceptedAsCursor) {
  set("k", "v");
  for (const std::uint64_t cursor :
       {~0ull, 1ull, 1ull << 63, 7ull << 48, (1ull << 48) - 1, 0xdeadbeefcafeull}) {
    node.scan(0, cursor, 5, [](const Entry&) {});
  }
}

TEST_F(NodeTest, DatabasesCountTheirEntriesAndDeadlines) {
  set("a", "v", 3);
  ASSERT_TRUE(set_in(node, "b", "v", 3, Deadline::at(clock.now() + 1s)));
  EXPECT_EQ(node.database(3).entries, 2u);
  EXPECT_EQ(node.database(3).entries_with_deadline, 1u);
  EXPECT_EQ(node.stats().entries_with_deadline, 1u);
  clock.advance(2s);
  sweep_all();
  EXPECT_EQ(node.database(3).entries, 1u);
  EXPECT_EQ(node.stats().expired, 1u);
}

TEST_F(NodeTest, KeysThatExpireAtOnceGoInBoundedSlices) {
  constexpr int kKeys = 50'000;
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(set_in(node, "k" + std::to_string(i), "v", 0, Deadline::at(clock.now() + 1s)));
  clock.advance(2s);
  std::size_t most = 0;
  while (const std::size_t gone = node.sweep(1'000)) most = std::max(most, gone);
  EXPECT_EQ(node.size(0), 0u);
  EXPECT_LT(most, 1'000u);
}

/// What a sink of the change stream hears: changes, and where each atomic step ends.
class Steps final : public engine::ChangeSink {
 public:
  void changed(const engine::Change& change) noexcept override { open.emplace_back(change.key); }
  void committed(std::span<const std::uint32_t> shards) noexcept override {
    std::sort(open.begin(), open.end());
    steps.push_back(std::move(open));
    open.clear();
    shards_last = shards.size();
  }
  std::vector<std::string> open;
  std::vector<std::vector<std::string>> steps;
  std::size_t shards_last = 0;
};

TEST_F(NodeTest, ATransactionIsOneStepOfTheStreamAndAVisitIsOne) {
  Steps steps;
  node.listen(steps);
  set("a", "1");
  get("a");
  const std::string_view keys[] = {"a", "b", "c", "d"};
  {
    Node::Held held = node.hold(keys);
    for (const std::string_view key : keys) ASSERT_TRUE(set_in(held, key, "2"));
    EXPECT_EQ(steps.steps.size(), 1u) << "not before the end";
  }
  EXPECT_THAT(steps.steps, ElementsAre(ElementsAre("a"), ElementsAre("a", "b", "c", "d")));
  EXPECT_GT(steps.shards_last, 1u);
  { Node::Held nothing_changed = node.hold_all(); }
  EXPECT_EQ(steps.steps.size(), 2u);
}

class BoundedNodeTest : public NodeTest {
 protected:
  static constexpr std::size_t kBytesMax = 1'000'000;
  explicit BoundedNodeTest(policy::Eviction eviction = policy::Eviction::allkeys_lru)
      : NodeTest({.shards = 8, .bytes_max = kBytesMax, .eviction = eviction, .seed = 7}) {}

  std::size_t fill(std::size_t count, Deadline deadline = Deadline::none()) {
    std::size_t written = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (set_in(node, "k" + std::to_string(i), std::string(100, 'v'), 0, deadline)) ++written;
    }
    return written;
  }
};

TEST_F(BoundedNodeTest, TheBoundHoldsForAllShardsTogether) {
  EXPECT_EQ(fill(20'000), 20'000u);
  EXPECT_LE(node.stats().bytes_used, kBytesMax);
  EXPECT_GT(node.stats().bytes_used, kBytesMax * 9 / 10);
  EXPECT_GT(node.stats().evicted, 10'000u);
}

TEST_F(BoundedNodeTest, AValueLargerThanAShardsShareMakesTheOthersPay) {
  fill(20'000);
  set("big", std::string(kBytesMax / 2, 'b'));
  EXPECT_EQ(get("big")->size(), kBytesMax / 2);
  EXPECT_LE(node.stats().bytes_used, kBytesMax * 101 / 100);
}

TEST_F(BoundedNodeTest, ALoweredBoundIsReachedByUpkeep) {
  fill(20'000);
  node.set_bytes_max(kBytesMax / 4);
  sweep_all();
  EXPECT_LE(node.stats().bytes_used, kBytesMax / 4);
  EXPECT_EQ(node.stats().bytes_max, kBytesMax / 4);
}

TEST_F(BoundedNodeTest, ThePolicyCanBeChangedUnderWay) {
  fill(20'000);
  node.set_eviction(policy::Eviction::noeviction);
  EXPECT_EQ(node.eviction(), policy::Eviction::noeviction);
  const auto evicted = node.stats().evicted;
  EXPECT_EQ(set_in(node, "more", std::string(20'000, 'v')).error().code, Errc::out_of_memory);
  EXPECT_EQ(node.stats().evicted, evicted);
  node.set_eviction(policy::Eviction::adaptive);
  EXPECT_TRUE(set_in(node, "more", std::string(20'000, 'v')));
}

class BoundedVolatileNodeTest : public BoundedNodeTest {
 protected:
  BoundedVolatileNodeTest() : BoundedNodeTest(policy::Eviction::volatile_lru) {}
};

TEST_F(BoundedVolatileNodeTest, TheLastVolatileEntryOfAnyShardGoesBeforeAWriteIsRefused) {
  const std::size_t volatiles = fill(50, Deadline::at(clock.now() + 1h));
  std::size_t i = 0;
  while (set_in(node, "persistent" + std::to_string(i), std::string(100, 'v'))) ++i;
  EXPECT_LE(node.stats().bytes_used, kBytesMax);
  EXPECT_GT(node.stats().evicted, volatiles * 9 / 10);
}

TEST(NodeOptionsTest, OneShardIsEnough) {
  base::ManualClock clock;
  Node node{{.shards = 1, .databases = 1}, clock};
  ASSERT_TRUE(set_in(node, "k", "v"));
  EXPECT_EQ(get_in(node, "k"), "v");
  EXPECT_EQ(node.scan(0, 0, 10, [](const Entry&) {}), 0u);
}

TEST_F(NodeTest, WhatLooksAtTheWholeDatabaseRunsInATransactionToo) {
  for (int i = 0; i < 100; ++i) set("k" + std::to_string(i), "v");
  Node::Held all = node.hold_all();
  ASSERT_TRUE(set_in(all, "one more", "v"));
  EXPECT_EQ(all.size(0), 101u);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    cursor =
        all.scan(0, cursor, 10, [&](const Entry& entry) { seen.insert(std::string{entry.key()}); });
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 101u);
}

}  // namespace
}  // namespace larder::node::test
