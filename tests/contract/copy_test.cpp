// The Store contract for what goes through all keys: Keys, and copy from and to every kind of store.
#include <larder/copy.hpp>
#include <larder/keys.hpp>

#include <gmock/gmock.h>

#include <set>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Copying : public contract::StoreContract {
 protected:
  std::multiset<std::string> read(Keys keys) {
    std::multiset<std::string> seen;
    while (auto key = keys.next().value()) seen.insert(std::move(*key));
    return seen;
  }
  Store other = Store::open("memory:").value();
};
LARDER_FOR_EVERY_STORE(Copying);

TEST_P(Copying, KeysComeOneAfterAnotherOverManyPages) {
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    store.set("key:" + std::to_string(i), "v").value();
    expected.insert("key:" + std::to_string(i));
  }
  store.set("stranger", "v").value();
  const auto seen = read(Keys{store, {.match = "key:*", .count = 7}});
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()), expected);
  EXPECT_TRUE(read(Keys{store, {.match = "nobody:*"}}).empty());
}

TEST_P(Copying, WhatIsKeptBesideAnEntryIsShownOnRequest) {
  store.set("a", "1").value();
  store.set("{a}~f", "7").value();
  EXPECT_THAT(read(Keys{store}), ElementsAre("a"));
  EXPECT_THAT(read(Keys(store, {}, true)), UnorderedElementsAre("a", "{a}~f"));
}

TEST_P(Copying, APageIsWhatIsLeftOfIt) {
  for (const char* const key : {"a", "b", "c"}) store.set(key, "v").value();
  Keys keys{store};
  const auto first = keys.next().value();
  const auto rest = keys.next_page().value();
  std::set<std::string> all(rest.begin(), rest.end());
  all.insert(first.value());
  while (auto key = keys.next().value()) all.insert(*key);
  EXPECT_THAT(all, UnorderedElementsAre("a", "b", "c"));
  EXPECT_TRUE(keys.next_page().value().empty());
}

TEST_P(Copying, ValuesGoByteForByteWithTheirTimeToLive) {
  const std::string odd("\0\r\n\xff", 4);
  store.set(odd, odd).value();
  store.set("soon", "x", {.ttl = 100s}).value();
  for (int i = 0; i < 600; ++i) store.set("n:" + std::to_string(i), std::to_string(i)).value();
  const auto counts = copy(store, other).value();
  EXPECT_EQ(counts.copied, 602U);
  EXPECT_EQ(counts.seen, 602U);
  EXPECT_EQ(other.get(odd).value(), Bytes(odd));
  EXPECT_EQ(other.ttl(odd).value().state, Ttl::State::persistent);
  const auto left = other.ttl("soon").value().left;
  EXPECT_GT(left, 90s);
  EXPECT_LE(left, 100s);
  EXPECT_EQ(other.get("n:599").value(), Bytes("599"));
  EXPECT_EQ(other.size().value(), 602U);

  // And back again.
  store.flush().value();
  EXPECT_EQ(copy(other, store, {.match = "n:1*"}).value().copied, 111U);
  EXPECT_EQ(store.get("n:111").value(), Bytes("111"));
  EXPECT_EQ(store.get("soon").value(), std::nullopt);
}

TEST_P(Copying, WhatIsThereStaysUnlessItIsToBeReplaced) {
  store.set("a", "new", {.ttl = 100s}).value();
  other.set("a", "old").value();
  EXPECT_EQ(copy(store, other).value().there, 1U);
  EXPECT_EQ(other.get("a").value(), Bytes("old"));
  EXPECT_EQ(copy(store, other, {.replace = true}).value().copied, 1U);
  EXPECT_EQ(other.get("a").value(), Bytes("new"));
  EXPECT_EQ(other.ttl("a").value().state, Ttl::State::remaining);
}

TEST_P(Copying, FencesGoAlongAndLeasesStay) {
  for (const char* const key : {"a", "{a}~f", "{a}~l", "mine~l"}) store.set(key, "1").value();
  EXPECT_EQ(copy(store, other).value().copied, 3U);
  EXPECT_EQ(other.get("{a}~f").value(), Bytes("1"));
  EXPECT_EQ(other.get("{a}~l").value(), std::nullopt);
}

TEST_P(Copying, ItTellsHowFarItIsAndCanBeBrokenOffAndBegunAgain) {
  for (int i = 0; i < 600; ++i) store.set(std::to_string(i), "v").value();
  std::uint64_t last = 0;
  CopyOptions once{.progress = [&](const CopyCounts& counts) {
    last = counts.copied;
    return false;
  }};
  const auto broken = copy(store, other, once);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::cancelled);
  EXPECT_EQ(other.size().value(), last);
  EXPECT_LT(last, 600U);
  EXPECT_EQ(copy(store, other).value().copied, 600U - last);
}

}  // namespace
}  // namespace larder
