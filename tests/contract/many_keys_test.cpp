// The Store contract for many keys and for the store as a whole.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class ManyKeys : public contract::StoreContract {
 protected:
  /// Sets key:0 … key:count-1 to their own number.
  std::vector<std::string> fill(std::size_t count) {
    std::vector<std::string> keys, values;
    for (std::size_t i = 0; i < count; ++i) {
      keys.push_back("key:" + std::to_string(i));
      values.push_back(std::to_string(i));
    }
    std::vector<KeyValue> entries;
    for (std::size_t i = 0; i < count; ++i) entries.push_back({keys[i], values[i]});
    store.set_many(entries).value();
    return keys;
  }

  std::set<std::string> scan_all(const ScanOptions& options) {
    std::set<std::string> seen;
    std::uint64_t cursor = 0;
    do {
      const ScanPage page = store.scan(cursor, options).value();
      seen.insert(page.keys.begin(), page.keys.end());
      cursor = page.cursor;
    } while (cursor != 0);
    return seen;
  }
};
LARDER_FOR_EVERY_STORE(ManyKeys);

TEST_P(ManyKeys, AnswersComeInTheOrderOfTheQuestions) {
  store.set("a", "1").value();
  store.set("c", "3").value();
  const std::vector<std::string> keys{"c", "b", "a", "c"};
  EXPECT_THAT(store.get_many(keys).value(),
              ElementsAre(Bytes("3"), std::nullopt, Bytes("1"), Bytes("3")));
}

TEST_P(ManyKeys, KeysMayBeStringsViewsOrAList) {
  store.set("a", "1").value();
  const std::vector<std::string> strings{"a", "b"};
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  const std::vector<std::optional<Bytes>> expected{Bytes("1"), std::nullopt};
  EXPECT_EQ(store.get_many(strings).value(), expected);
  EXPECT_EQ(store.get_many(views).value(), expected);
  EXPECT_EQ(store.get_many({"a", "b"}).value(), expected);
  EXPECT_EQ(store.erase_many({"a", "b"}).value(), 1u);
  EXPECT_EQ(store.erase_many(views).value(), 0u);
}

TEST_P(ManyKeys, NoKeysNoWork) {
  EXPECT_TRUE(store.get_many({}).value().empty());
  EXPECT_TRUE(store.set_many({}).has_value());
  EXPECT_EQ(store.erase_many({}).value(), 0u);
}

TEST_P(ManyKeys, ThreeThousandAtOnce) {
  const auto keys = fill(3'000);
  const auto values = store.get_many(keys).value();
  ASSERT_EQ(values.size(), keys.size());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], Bytes(std::to_string(i)));
  EXPECT_EQ(store.size().value(), 3'000u);
  EXPECT_EQ(store.erase_many(keys).value(), 3'000u);
  EXPECT_EQ(store.size().value(), 0u);
}

TEST_P(ManyKeys, SetManyGivesEachTheSameDeadline) {
  const KeyValue entries[] = {{"a", "1"}, {"b", "2"}};
  store.set_many(entries, {.ttl = 60s}).value();
  EXPECT_EQ(store.ttl("a").value().state, Ttl::State::remaining);
  EXPECT_EQ(store.ttl("b").value().state, Ttl::State::remaining);
}

TEST_P(ManyKeys, SetManyHeedsItsConditionKeyByKey) {
  store.set("a", "old").value();
  const KeyValue entries[] = {{"a", "new"}, {"b", "new"}};
  store.set_many(entries, {.condition = SetIf::absent}).value();
  EXPECT_EQ(store.get("a").value(), Bytes("old"));
  EXPECT_EQ(store.get("b").value(), Bytes("new"));
}

TEST_P(ManyKeys, EraseManyCountsWhatWasThere) {
  store.set("a", "1").value();
  store.set("b", "2").value();
  const std::vector<std::string> keys{"a", "b", "c", "a"};
  EXPECT_EQ(store.erase_many(keys).value(), 2u);
}

TEST_P(ManyKeys, OneBadKeyRefusesTheBatch) {
  const std::vector<std::string> keys{"a", ""};
  EXPECT_EQ(store.get_many(keys).error().code, Errc::bad_argument);
  EXPECT_EQ(store.erase_many(keys).error().code, Errc::bad_argument);
  const KeyValue entries[] = {{"a", "1"}, {"", "2"}};
  EXPECT_EQ(store.set_many(entries).error().code, Errc::bad_argument);
  EXPECT_FALSE(store.exists("a").value());
}

TEST_P(ManyKeys, AScanSeesEveryKey) {
  const auto keys = fill(1'000);
  EXPECT_EQ(scan_all({}), std::set(keys.begin(), keys.end()));
}

TEST_P(ManyKeys, AScanMissesNoKeyThatStaysWhileOthersComeAndGo) {
  const auto keys = fill(500);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int round = 0;
  do {
    const ScanPage page = store.scan(cursor, {.count = 20}).value();
    seen.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
    for (int i = 0; i < 40; ++i) store.set("guest:" + std::to_string(round * 40 + i), "x").value();
    if (round > 0) store.erase("guest:" + std::to_string(round * 40 - 1)).value();
    ++round;
  } while (cursor != 0 && round < 1'000);
  EXPECT_EQ(cursor, 0u) << "a scan must end though others write";
  EXPECT_TRUE(
      std::includes(seen.begin(), seen.end(), keys.begin(), keys.end()) ||
      std::all_of(keys.begin(), keys.end(), [&](const auto& key) { return seen.count(key); }));
}

TEST_P(ManyKeys, AScanFiltersByGlob) {
  for (const char* key : {"user:1", "user:2", "user:10", "order:1", "[odd]"})
    store.set(key, "v").value();
  EXPECT_THAT(scan_all({.match = "user:?"}), ElementsAre("user:1", "user:2"));
  EXPECT_THAT(scan_all({.match = "*:1"}), ElementsAre("order:1", "user:1"));
  EXPECT_THAT(scan_all({.match = "\\[odd\\]"}), ElementsAre("[odd]"));
  EXPECT_TRUE(scan_all({.match = "nobody*"}).empty());
}

TEST_P(ManyKeys, AScanCountMustMakeSense) {
  EXPECT_EQ(store.scan(0, {.count = 0}).error().code, Errc::bad_argument);
}

TEST_P(ManyKeys, FlushLeavesNothing) {
  fill(100);
  store.flush().value();
  EXPECT_EQ(store.size().value(), 0u);
  EXPECT_TRUE(scan_all({}).empty());
  EXPECT_EQ(store.get("key:1").value(), std::nullopt);
}

TEST_P(ManyKeys, AStoreAnswersPingAndTellsOfItself) {
  EXPECT_TRUE(store.ping().has_value());
  EXPECT_THAT(store.info().value(), HasSubstr("used_memory:"));
  EXPECT_THAT(store.metrics_text(), HasSubstr("# TYPE larder_"));
  EXPECT_FALSE(store.url().empty());
}

}  // namespace
}  // namespace larder
