// Cache<T> over the engine in this process: the plain operations, as a user calls them.
#include <larder/cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

class CacheTest : public testing::Test {
 protected:
  Store store = Store::open("memory:").value();
  Cache<int> numbers{store, "n", {.ttl = 1h}};
  Cache<Bytes> raw{store, "n", {.ttl = forever}};
};

TEST_F(CacheTest, WhatIsSetCanBeGot) {
  EXPECT_EQ(numbers.get("a").value(), std::nullopt);
  EXPECT_TRUE(numbers.set("a", 1).value());
  EXPECT_THAT(numbers.get("a").value(), Optional(1));
}

TEST_F(CacheTest, AnIntegerKeyIsItsDecimalText) {
  numbers.set(1, 10).value();
  EXPECT_THAT(numbers.get("1").value(), Optional(10));
  numbers.set(std::int64_t{-5}, 20).value();
  EXPECT_THAT(numbers.get("-5").value(), Optional(20));
  numbers.set(std::numeric_limits<std::uint64_t>::max(), 30).value();
  EXPECT_THAT(numbers.get("18446744073709551615").value(), Optional(30));
}

TEST_F(CacheTest, EntriesAreNamedSpaceColonKey) {
  numbers.set("a", 1).value();
  EXPECT_THAT(store.get("n:a").value(), Optional(Bytes("1")));
}

TEST_F(CacheTest, AnEmptySpaceAddsNoPrefix) {
  const Cache<int> bare(store, "", {.ttl = forever});
  bare.set("n:a", 1).value();
  EXPECT_THAT(numbers.get("a").value(), Optional(1));
}

TEST_F(CacheTest, KeysLongerThanTheStackBufferWorkToo) {
  const std::string key(1'000, 'k');
  numbers.set(key, 1).value();
  EXPECT_THAT(store.get("n:" + key).value(), Optional(Bytes("1")));
}

TEST_F(CacheTest, AnEmptyKeyIsRefused) {
  EXPECT_EQ(numbers.get("").error().code, Errc::bad_argument);
  EXPECT_EQ(numbers.set("", 1).error().code, Errc::bad_argument);
  EXPECT_EQ(numbers.erase("").error().code, Errc::bad_argument);
  EXPECT_EQ(numbers.get_many({"a", ""}).error().code, Errc::bad_argument);
  EXPECT_EQ(numbers.get_or_load("", [] { return 1; }).error().code, Errc::bad_argument);
}

TEST_F(CacheTest, AKeyBeyondTheLimitIsRefused) {
  EXPECT_EQ(numbers.get(std::string(1'000'000, 'k')).error().code, Errc::too_large);
}

TEST_F(CacheTest, ASpaceOrTtlThatNoCallCouldUseThrows) {
  EXPECT_THROW(Cache<int>(store, std::string(100'000, 's'), {.ttl = 1h}), Failure);
  EXPECT_THROW(Cache<int>(store, "s", {.ttl = -1s}), Failure);
}

TEST_F(CacheTest, ThePolicyGivesTheTtlAndACallMayDiffer) {
  numbers.set("policy", 1).value();
  numbers.set("own", 1, {.ttl = 5min}).value();
  numbers.set("ever", 1, {.ttl = forever}).value();

  EXPECT_GT(numbers.ttl("policy").value().left, 59min);
  EXPECT_LE(numbers.ttl("own").value().left, 5min);
  EXPECT_EQ(numbers.ttl("ever").value().state, Ttl::State::persistent);
  EXPECT_EQ(numbers.ttl("none").value().state, Ttl::State::missing);
}

TEST_F(CacheTest, ATtlIsRoundedUpToAMillisecond) {
  EXPECT_EQ(Lifetime(100us).ttl(), 1ms);
  EXPECT_EQ(Lifetime(1'001us).ttl(), 2ms);
  EXPECT_EQ(Lifetime(std::chrono::hours::max()).ttl(), Millis::max());
  EXPECT_EQ(numbers.set("a", 1, {.ttl = std::chrono::hours::max()}).error().code,
            Errc::bad_argument);
}

TEST_F(CacheTest, ATtlOfZeroIsNoWayToSet) {
  EXPECT_EQ(numbers.set("a", 1, {.ttl = 0s}).error().code, Errc::bad_argument);
}

TEST_F(CacheTest, KeepTtlLeavesTheDeadlineAlone) {
  numbers.set("a", 1, {.ttl = 5min}).value();
  numbers.set("a", 2, {.keep_ttl = true}).value();
  EXPECT_THAT(numbers.get("a").value(), Optional(2));
  EXPECT_LE(numbers.ttl("a").value().left, 5min);
}

TEST_F(CacheTest, AddWritesOnlyWhereThereIsNothing) {
  EXPECT_TRUE(numbers.add("a", 1).value());
  EXPECT_FALSE(numbers.add("a", 2).value());
  EXPECT_THAT(numbers.get("a").value(), Optional(1));
}

TEST_F(CacheTest, ReplaceWritesOnlyWhereThereIsSomething) {
  EXPECT_FALSE(numbers.replace("a", 1).value());
  numbers.set("a", 1).value();
  EXPECT_TRUE(numbers.replace("a", 2).value());
  EXPECT_THAT(numbers.get("a").value(), Optional(2));
}

TEST_F(CacheTest, CompareAndSetWritesOnlyOverWhatWasExpected) {
  EXPECT_FALSE(numbers.compare_and_set("a", 1, 2).value());
  numbers.set("a", 1).value();
  EXPECT_FALSE(numbers.compare_and_set("a", 3, 4).value());
  EXPECT_TRUE(numbers.compare_and_set("a", 1, 2).value());
  EXPECT_THAT(numbers.get("a").value(), Optional(2));
}

TEST_F(CacheTest, CompareAndSetGoesByValueNotBySpelling) {
  Cache<std::vector<int>> lists{store, "lists", {.ttl = forever}};
  store.set("lists:a", "[1, 2,  3]").value();
  EXPECT_FALSE(lists.compare_and_set("a", {1, 2}, {9}).value());
  EXPECT_TRUE(lists.compare_and_set("a", {1, 2, 3}, {4}).value());
  EXPECT_THAT(lists.get("a").value(), Optional(ElementsAre(4)));
}

TEST_F(CacheTest, EraseTellsWhetherThereWasSomething) {
  numbers.set("a", 1).value();
  EXPECT_TRUE(numbers.exists("a").value());
  EXPECT_TRUE(numbers.erase("a").value());
  EXPECT_FALSE(numbers.erase("a").value());
  EXPECT_FALSE(numbers.exists("a").value());
}

TEST_F(CacheTest, ExpireAndPersistChangeOnlyLiveEntries) {
  EXPECT_FALSE(numbers.expire("a", 1min).value());
  EXPECT_FALSE(numbers.persist("a").value());
  numbers.set("a", 1).value();
  EXPECT_TRUE(numbers.expire("a", 1min).value());
  EXPECT_LE(numbers.ttl("a").value().left, 1min);
  EXPECT_TRUE(numbers.persist("a").value());
  EXPECT_EQ(numbers.ttl("a").value().state, Ttl::State::persistent);
  EXPECT_TRUE(numbers.expire("a", 0s).value());
  EXPECT_FALSE(numbers.exists("a").value());
}

TEST_F(CacheTest, ManyAreAnsweredInTheOrderOfTheQuestions) {
  numbers.set_many({{"a", 1}, {2, 2}}).value();
  EXPECT_THAT(numbers.get_many({"2", "missing", "a"}).value(),
              ElementsAre(Optional(2), std::nullopt, Optional(1)));
  EXPECT_EQ(numbers.erase_many({"a", "2", "missing"}).value(), 2u);
}

TEST_F(CacheTest, ManyTakesAnyRangeOfKeysAndPairs) {
  const std::map<std::string, int> some{{"1", 10}, {"2", 20}};
  numbers.set_many(some, {.ttl = 1min}).value();
  const std::vector<int> ids{1, 2, 3};
  EXPECT_THAT(numbers.get_many(ids).value(), ElementsAre(Optional(10), Optional(20), std::nullopt));
  EXPECT_LE(numbers.ttl(1).value().left, 1min);
}

TEST_F(CacheTest, BytesAreStoredAsTheyAre) {
  const Bytes photo("\xff\xd8\0\r\n", 5);
  raw.set("photo", photo).value();
  EXPECT_THAT(raw.get("photo").value(), Optional(photo));
  EXPECT_THAT(store.get("n:photo").value(), Optional(photo));
}

TEST_F(CacheTest, BytesThatLookLikeAnEnvelopeComeBackAsTheyWere) {
  const Bytes tricky(
      "\xCA"
      "LDR, or so it seems");
  raw.set("a", tricky).value();
  EXPECT_THAT(raw.get("a").value(), Optional(tricky));
  EXPECT_TRUE(raw.compare_and_set("a", tricky, Bytes("plain")).value());
  EXPECT_EQ(raw.get_or_load("b", [&](auto&) { return tricky; }).value(), tricky);
  EXPECT_THAT(raw.get("b").value(), Optional(tricky));
}

TEST_F(CacheTest, BytesThatAreNoSuchValueAreAnErrorThatNamesTheEntry) {
  raw.set("a", Bytes("not a number")).value();

  const auto got = numbers.get("a");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::bad_value);
  EXPECT_THAT(got.error().detail, HasSubstr("n:a"));
  EXPECT_EQ(numbers.get_many({"a"}).error().code, Errc::bad_value);
  EXPECT_EQ(numbers.stats().bad_values, 2u);
}

TEST_F(CacheTest, CopiesOfAHandleShareItsCounts) {
  const Cache<int> copy = numbers;
  numbers.set("a", 1).value();
  copy.get("a").value();
  numbers.get("b").value();
  EXPECT_EQ(copy.stats().hits, 1u);
  EXPECT_EQ(numbers.stats().misses, 1u);
  EXPECT_THAT(copy.metrics_text(), HasSubstr("larder_cache_hits_total{space=\"n\"} 1"));
}

}  // namespace
}  // namespace larder
