// The Store contract, one key at a time: values, conditions, deadlines.
#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

class OneKey : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(OneKey);

TEST_P(OneKey, AnUnknownKeyIsAMissNotAnError) {
  EXPECT_EQ(store.get("nobody").value(), std::nullopt);
}

TEST_P(OneKey, ACallMayTakeAsLongAsItWants) {
  EXPECT_TRUE(store.set("k", "v", {}, {.deadline = Millis::max()}).value());
  EXPECT_EQ(store.get("k", {.deadline = Millis::max()}).value(), Bytes("v"));
}

TEST_P(OneKey, WhatWasSetIsRead) {
  EXPECT_TRUE(store.set("user:1", "Ada").value());
  EXPECT_EQ(store.get("user:1").value(), Bytes("Ada"));
}

TEST_P(OneKey, ASecondSetReplacesTheFirst) {
  store.set("k", "one").value();
  store.set("k", "two").value();
  EXPECT_EQ(store.get("k").value(), Bytes("two"));
}

TEST_P(OneKey, AnEmptyValueIsAValue) {
  store.set("k", "").value();
  EXPECT_EQ(store.get("k").value(), Bytes(""));
}

TEST_P(OneKey, EveryByteIsKept) {
  std::string key, value;
  for (int byte = 0; byte < 256; ++byte) key.push_back(static_cast<char>(byte));
  for (int i = 0; i < 1'000; ++i) value += key + "\r\n";
  store.set(key, value).value();
  EXPECT_EQ(store.get(key).value(), Bytes(value));
}

TEST_P(OneKey, AMegabyteGoesThere) {
  const std::string value(1 << 20, 'x');
  store.set("large", value).value();
  EXPECT_EQ(store.get("large").value()->size(), value.size());
}

TEST_P(OneKey, SetIfAbsentLeavesALiveEntryAlone) {
  EXPECT_TRUE(store.set("k", "first", {.condition = SetIf::absent}).value());
  EXPECT_FALSE(store.set("k", "second", {.condition = SetIf::absent}).value());
  EXPECT_EQ(store.get("k").value(), Bytes("first"));
}

TEST_P(OneKey, SetIfPresentCreatesNothing) {
  EXPECT_FALSE(store.set("k", "v", {.condition = SetIf::present}).value());
  EXPECT_FALSE(store.exists("k").value());
  store.set("k", "old").value();
  EXPECT_TRUE(store.set("k", "new", {.condition = SetIf::present}).value());
  EXPECT_EQ(store.get("k").value(), Bytes("new"));
}

TEST_P(OneKey, EraseTellsWhetherThereWasSomething) {
  store.set("k", "v").value();
  EXPECT_TRUE(store.erase("k").value());
  EXPECT_FALSE(store.erase("k").value());
  EXPECT_EQ(store.get("k").value(), std::nullopt);
}

TEST_P(OneKey, ExistsFollowsSetAndErase) {
  EXPECT_FALSE(store.exists("k").value());
  store.set("k", "v").value();
  EXPECT_TRUE(store.exists("k").value());
  store.erase("k").value();
  EXPECT_FALSE(store.exists("k").value());
}

TEST_P(OneKey, TtlTellsMissingPersistentAndRemainingApart) {
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::missing);
  store.set("k", "v").value();
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
  store.set("k", "v", {.ttl = 60s}).value();
  const Ttl left = store.ttl("k").value();
  EXPECT_EQ(left.state, Ttl::State::remaining);
  EXPECT_GT(left.left, 50s);
  EXPECT_LE(left.left, 60s);
}

TEST_P(OneKey, AnEntryIsGoneAfterItsDeadline) {
  store.set("k", "v", {.ttl = 30ms}).value();
  EXPECT_TRUE(eventually([&] { return !store.get("k").value(); }));
  EXPECT_FALSE(store.exists("k").value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::missing);
  EXPECT_FALSE(store.erase("k").value());
}

TEST_P(OneKey, TheDeadAreSweptThoughNobodyAsksForThem) {
  store.set("k", "v", {.ttl = 20ms}).value();
  EXPECT_TRUE(eventually([&] { return store.size().value() == 0; }));
}

TEST_P(OneKey, APlainSetForgetsTheOldDeadline) {
  store.set("k", "v", {.ttl = 60s}).value();
  store.set("k", "w").value();
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
}

TEST_P(OneKey, KeepTtlLeavesTheDeadlineThatIsThere) {
  store.set("k", "v", {.ttl = 60s}).value();
  store.set("k", "w", {.keep_ttl = true}).value();
  EXPECT_EQ(store.get("k").value(), Bytes("w"));
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::remaining);
}

TEST_P(OneKey, ExpireGivesALiveEntryADeadline) {
  EXPECT_FALSE(store.expire("k", 60s).value());
  store.set("k", "v").value();
  EXPECT_TRUE(store.expire("k", 60s).value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::remaining);
}

TEST_P(OneKey, ExpireWithoutTtlMakesAnEntryPersistent) {
  EXPECT_FALSE(store.expire("k", std::nullopt).value());
  store.set("k", "v", {.ttl = 60s}).value();
  EXPECT_TRUE(store.expire("k", std::nullopt).value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
  EXPECT_TRUE(store.expire("k", std::nullopt).value()) << "it lives, though it had no deadline";
}

TEST_P(OneKey, ExpireAtOnceErases) {
  store.set("zero", "v").value();
  store.set("past", "v").value();
  EXPECT_TRUE(store.expire("zero", 0ms).value());
  EXPECT_TRUE(store.expire("past", -5s).value());
  EXPECT_FALSE(store.exists("zero").value());
  EXPECT_FALSE(store.exists("past").value());
}

TEST_P(OneKey, CompareAndSetWritesOnlyOverWhatWasExpected) {
  store.set("k", "old").value();
  EXPECT_FALSE(store.compare_and_set("k", "other", "new").value());
  EXPECT_EQ(store.get("k").value(), Bytes("old"));
  EXPECT_TRUE(store.compare_and_set("k", "old", "new").value());
  EXPECT_EQ(store.get("k").value(), Bytes("new"));
}

TEST_P(OneKey, CompareAndSetDoesNotCreate) {
  EXPECT_FALSE(store.compare_and_set("k", "", "new").value());
  EXPECT_FALSE(store.exists("k").value());
}

TEST_P(OneKey, CompareAndSetTreatsTheDeadlineAsSetDoes) {
  store.set("k", "1", {.ttl = 60s}).value();
  EXPECT_TRUE(store.compare_and_set("k", "1", "2", {.keep_ttl = true}).value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::remaining);
  EXPECT_TRUE(store.compare_and_set("k", "2", "3").value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
  EXPECT_TRUE(store.compare_and_set("k", "3", "4", {.ttl = 60s}).value());
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::remaining);
}

TEST_P(OneKey, CompareAndSetComparesEveryByte) {
  const std::string expected{"a\0b\r\n", 5};
  store.set("k", expected).value();
  EXPECT_FALSE(store.compare_and_set("k", "a", "x").value());
  EXPECT_TRUE(store.compare_and_set("k", expected, "x").value());
}

TEST_P(OneKey, WhatNoStoreWouldTakeIsRefusedBeforeItIsSent) {
  EXPECT_EQ(code(store.get("")), Errc::bad_argument);
  EXPECT_EQ(code(store.set("k", "v", {.ttl = 0ms})), Errc::bad_argument);
  EXPECT_EQ(code(store.set("k", "v", {.ttl = -1s})), Errc::bad_argument);
  EXPECT_EQ(code(store.set("k", "v", {.ttl = 1s, .keep_ttl = true})), Errc::bad_argument);
  EXPECT_EQ(code(store.set("k", "v", {.ttl = Millis::max()})), Errc::bad_argument);
  EXPECT_EQ(code(store.compare_and_set("k", "a", "b", {.condition = SetIf::absent})),
            Errc::bad_argument);
  EXPECT_EQ(code(store.get(std::string(1 << 20, 'k'))), Errc::too_large);
  EXPECT_EQ(store.get("").error().effect, Effect::not_sent);
  EXPECT_EQ(store.size().value(), 0u);
}

TEST_P(OneKey, HandlesShareOneStore) {
  const Store other = another();
  store.set("k", "v").value();
  EXPECT_EQ(other.get("k").value(), Bytes("v"));
}

}  // namespace
}  // namespace larder
