// The Store contract for numbers: sums, their text, their deadlines, and what is no number.
#include <limits>
#include <optional>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

class Number : public contract::StoreContract {
 protected:
  std::int64_t add(std::int64_t delta) { return store.add("n", delta).value(); }
  double add(double delta) { return store.add("n", delta).value(); }
  std::string text() { return store.get("n").value().value(); }
};
LARDER_FOR_EVERY_STORE(Number);

TEST_P(Number, AnAbsentCounterStartsAtZero) {
  EXPECT_EQ(add(std::int64_t{5}), 5);
  EXPECT_EQ(add(std::int64_t{-7}), -2);
  EXPECT_EQ(text(), "-2");
}

TEST_P(Number, ANumberThatWasSetAsTextCounts) {
  store.set("n", "41").value();
  EXPECT_EQ(add(std::int64_t{1}), 42);
}

TEST_P(Number, TheWholeRangeIsExact) {
  store.set("n", std::to_string(kMost - 1)).value();
  EXPECT_EQ(add(std::int64_t{1}), kMost);
  store.set("n", std::to_string(kLeast + 1)).value();
  EXPECT_EQ(add(std::int64_t{-1}), kLeast);
}

TEST_P(Number, ANewCounterIsExactBeyondWhatADoubleHolds) {
  EXPECT_EQ(store.add("n", kMost - 2, 60s).value(), kMost - 2);
  EXPECT_EQ(store.add("n", std::int64_t{1}, 60s).value(), kMost - 1);
}

TEST_P(Number, OverflowIsAnErrorAndChangesNothing) {
  store.set("n", std::to_string(kMost)).value();
  EXPECT_EQ(store.add("n", std::int64_t{1}).error().code, Errc::overflow);
  store.set("m", std::to_string(kLeast)).value();
  EXPECT_EQ(store.add("m", std::int64_t{-1}).error().code, Errc::overflow);
  EXPECT_EQ(text(), std::to_string(kMost));
}

TEST_P(Number, WhatIsNoIntegerIsToldAndLeftAlone) {
  for (const char* value :
       {"", "ten", "1.5", " 1", "1 ", "+1", "007", "-0", "9223372036854775808"}) {
    store.set("n", value).value();
    const auto sum = store.add("n", std::int64_t{1});
    ASSERT_TRUE(sum.has_error()) << value;
    EXPECT_EQ(sum.error().code, Errc::not_a_number) << value;
    EXPECT_EQ(sum.error().effect, Effect::refused) << value;
    EXPECT_EQ(text(), value);
  }
}

TEST_P(Number, AddingKeepsTheDeadline) {
  store.set("n", "1", {.ttl = 60s}).value();
  add(std::int64_t{1});
  EXPECT_EQ(store.ttl("n").value().state, Ttl::State::remaining);
  add(0.5);
  EXPECT_EQ(store.ttl("n").value().state, Ttl::State::remaining);
}

TEST_P(Number, TtlIfNewIsSetOnlyByTheCallThatCreates) {
  store.add("n", std::int64_t{1}, 60s).value();
  EXPECT_EQ(store.ttl("n").value().state, Ttl::State::remaining);
  store.add("n", std::int64_t{1}, 600s).value();
  EXPECT_LE(store.ttl("n").value().left, 60s);
  store.set("old", "1").value();
  store.add("old", std::int64_t{1}, 60s).value();
  EXPECT_EQ(store.ttl("old").value().state, Ttl::State::persistent);
}

TEST_P(Number, TtlIfNewHoldsForDoublesToo) {
  EXPECT_DOUBLE_EQ(store.add("n", 0.5, 60s).value(), 0.5);
  EXPECT_EQ(store.ttl("n").value().state, Ttl::State::remaining);
  EXPECT_DOUBLE_EQ(store.add("n", 0.25, 600s).value(), 0.75);
  EXPECT_LE(store.ttl("n").value().left, 60s);
}

TEST_P(Number, ARefusedSumLeavesNoTrace) {
  store.set("n", "word").value();
  EXPECT_EQ(store.add("n", std::int64_t{1}, 60s).error().code, Errc::not_a_number);
  EXPECT_EQ(store.ttl("n").value().state, Ttl::State::persistent);
  EXPECT_EQ(text(), "word");
}

TEST_P(Number, DoublesAddUpToTheTextThatRedisWrites) {
  EXPECT_DOUBLE_EQ(add(0.1), 0.1);
  EXPECT_DOUBLE_EQ(add(0.2), 0.3);
  EXPECT_EQ(text(), "0.3");
  EXPECT_DOUBLE_EQ(add(10.2), 10.5);
  EXPECT_EQ(text(), "10.5");
  EXPECT_DOUBLE_EQ(add(-10.5), 0);
  EXPECT_EQ(text(), "0");
}

TEST_P(Number, ADoubleCanBeAddedToAnIntegerAndBack) {
  store.set("n", "3").value();
  EXPECT_DOUBLE_EQ(add(2.0), 5.0);
  EXPECT_EQ(text(), "5");
  EXPECT_EQ(add(std::int64_t{1}), 6);
}

TEST_P(Number, DoublesReadTheExponentForm) {
  store.set("n", "3.0e3").value();
  EXPECT_DOUBLE_EQ(add(200.0), 3200.0);
  EXPECT_EQ(text(), "3200");
}

TEST_P(Number, ASumBeyondADoubleIsAnErrorThatSaysWhetherAnythingChanged) {
  for (const auto ttl : {std::optional<Millis>{}, std::optional<Millis>{60s}}) {
    store.erase("n").value();
    EXPECT_DOUBLE_EQ(store.add("n", 1e308, ttl).value(), 1e308);
    const std::string before = text();
    const auto sum = store.add("n", 1.7e308, ttl);
    ASSERT_TRUE(sum.has_error()) << *sum;
    EXPECT_EQ(sum.error().code, Errc::overflow);
    EXPECT_EQ(text() == before, sum.error().effect == Effect::refused);
  }
}

TEST_P(Number, WhatIsNoDoubleIsTold) {
  store.set("n", "one and a half").value();
  EXPECT_EQ(store.add("n", 0.5).error().code, Errc::not_a_number);
  EXPECT_EQ(store.add("x", std::numeric_limits<double>::infinity()).error().code,
            Errc::bad_argument);
  EXPECT_EQ(store.add("x", std::numeric_limits<double>::quiet_NaN()).error().code,
            Errc::bad_argument);
}

}  // namespace
}  // namespace larder
