// get_or_load on one thread: what a loader may answer, what is stored, what an outage or a race
// changes.
#include <larder/cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cache/scripted_store.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using cache::test::ScriptedDriver;
using testing::HasSubstr;
using testing::Optional;

class LoadTest : public testing::Test {
 protected:
  std::shared_ptr<ScriptedDriver> driver = std::make_shared<ScriptedDriver>();
  Store store{driver};
  Cache<int> numbers{store, "n", {.ttl = 1h}};

  std::optional<std::string> stored(std::string_view name) const {
    const auto found = driver->entries.find(name);
    if (found == driver->entries.end()) return std::nullopt;
    return found->second.value;
  }
};

TEST_F(LoadTest, AMissIsLoadedAndStoredAHitIsNot) {
  int loads = 0;
  const auto load = [&](auto& what) {
    ++loads;
    return int(what.key().size());
  };
  EXPECT_EQ(numbers.get_or_load("four", load).value(), 4);
  EXPECT_EQ(numbers.get_or_load("four", load).value(), 4);
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(driver->entries.at("n:four").ttl, 1h);
}

TEST_F(LoadTest, TheLoaderSeesTheKeyWithoutTheSpace) {
  std::string seen;
  numbers.get_or_load(17, [&](Load& load) { return seen = load.key(), 1; }).value();
  EXPECT_EQ(seen, "17");
}

TEST_F(LoadTest, FetchTellsWhereTheValueCameFrom) {
  EXPECT_EQ(numbers.fetch("a", [] { return 1; }).value().source, Source::loaded);
  const auto again = numbers.fetch("a", [] { return 2; }).value();
  EXPECT_EQ(again.source, Source::hit);
  EXPECT_EQ(again.value, 1);
}

TEST_F(LoadTest, ALoadMayChooseItsTtlOrStoreNothing) {
  numbers.get_or_load("a", [] { return 1; }, {.ttl = 5s}).value();
  numbers.get_or_load("b", [] { return 1; }, {.ttl = forever}).value();
  numbers.get_or_load("c", [] { return 1; }, {.ttl = 0s}).value();
  EXPECT_EQ(driver->entries.at("n:a").ttl, 5s);
  EXPECT_EQ(driver->entries.at("n:b").ttl, std::nullopt);
  EXPECT_FALSE(driver->entries.contains("n:c"));
  EXPECT_EQ(numbers.get_or_load("d", [] { return 1; }, {.ttl = -1s}).error().code,
            Errc::bad_argument);
}

TEST_F(LoadTest, ALoaderThatFindsNothingSaysSoAndNothingIsStored) {
  const auto absent = [](Load&) { return std::optional<int>(); };
  const Result<std::optional<int>> got = numbers.get_or_load("a", absent);
  EXPECT_EQ(got.value(), std::nullopt);
  EXPECT_TRUE(driver->entries.empty());

  const auto found = [](Load&) -> Result<std::optional<int>> { return std::optional(7); };
  EXPECT_THAT(numbers.get_or_load("a", found).value(), Optional(7));
  EXPECT_EQ(stored("n:a"), "7");
}

TEST_F(LoadTest, AnOptionalThatIsTheTypeItselfIsAValue) {
  const Cache<std::optional<int>> maybe(store, "m", {.ttl = 1h});
  const auto got = maybe.get_or_load("a", [] { return std::optional<int>(); });
  EXPECT_EQ(got.value(), std::nullopt);
  EXPECT_EQ(stored("m:a"), "null");
}

TEST_F(LoadTest, ALoaderThatThrowsFailsTheCallInItsOwnWords) {
  const auto got = numbers.get_or_load("a", [](Load&) -> int { throw std::runtime_error("db"); });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::loader_failed);
  EXPECT_THAT(got.error().detail, HasSubstr("db"));
  EXPECT_THAT(got.error().detail, HasSubstr("n:a"));
  EXPECT_EQ(numbers.stats().load_failures, 1u);
  EXPECT_TRUE(driver->entries.empty());
}

TEST_F(LoadTest, WhatIsThrownNeedNotBeAnException) {
  const auto got = numbers.get_or_load("a", [](Load&) -> int { throw 42; });
  EXPECT_EQ(got.error().code, Errc::loader_failed);
}

TEST_F(LoadTest, AnErrorThatALoaderAnswersReachesTheCallerUnchanged) {
  const auto got = numbers.get_or_load("a", [](Load&) -> Result<int> {
    return Error{Errc::unauthorized, Effect::refused, "db says no"};
  });
  EXPECT_EQ(got.error().code, Errc::unauthorized);
  EXPECT_EQ(got.error().detail, "db says no");
}

TEST_F(LoadTest, AFailedLoadIsTriedAgainByTheNextCaller) {
  (void)numbers.get_or_load("a", []() -> int { throw std::runtime_error("db"); });
  EXPECT_EQ(numbers.get_or_load("a", [] { return 1; }).value(), 1);
}

TEST_F(LoadTest, ANestedLoadOfAnotherKeyIsFine) {
  const auto outer = [&] { return numbers.get_or_load("b", [] { return 2; }).value() + 1; };
  EXPECT_EQ(numbers.get_or_load("a", outer).value(), 3);
}

TEST_F(LoadTest, ALoadInsideItselfIsRefusedNotADeadlock) {
  std::optional<Errc> inner;
  const auto outer = [&] {
    inner = numbers.get_or_load("a", [] { return 2; }).error().code;
    return 1;
  };
  EXPECT_EQ(numbers.get_or_load("a", outer).value(), 1);
  EXPECT_EQ(inner, Errc::would_deadlock);
}

TEST_F(LoadTest, AnotherHandleOnTheSameSpaceSharesTheFlight) {
  const Cache<int> other(store, "n", {.ttl = 5s});
  std::optional<Errc> inner;
  const auto outer = [&] {
    inner = other.get_or_load("a", [] { return 2; }).error().code;
    return 1;
  };
  numbers.get_or_load("a", outer).value();
  EXPECT_EQ(inner, Errc::would_deadlock);
}

TEST_F(LoadTest, BytesThatAreNoSuchValueAreAMissAndAreReplaced) {
  driver->entries["n:a"] = {"rubbish", std::nullopt};
  EXPECT_EQ(numbers.get_or_load("a", [] { return 1; }).value(), 1);
  EXPECT_EQ(stored("n:a"), "1");
  EXPECT_EQ(numbers.stats().bad_values, 1u);
}

// --- outages ---

TEST_F(LoadTest, AStoreThatCannotBeReadFailsNoLoad) {
  driver->read_error = Error{Errc::disconnected, Effect::not_sent, "gone"};
  EXPECT_EQ(numbers.get_or_load("a", [] { return 1; }).value(), 1);
  EXPECT_EQ(numbers.stats().store_read_errors, 1u);
}

TEST_F(LoadTest, AStoreThatCannotBeWrittenFailsNoLoadButIsCounted) {
  driver->write_error = Error{Errc::out_of_memory, Effect::refused, "full"};
  EXPECT_EQ(numbers.get_or_load("a", [] { return 1; }).value(), 1);
  EXPECT_EQ(numbers.stats().store_fill_errors, 1u);
}

TEST_F(LoadTest, ABlockingCallOnAnIoThreadIsRefusedNotLoaded) {
  driver->read_error = Error{Errc::would_deadlock, Effect::not_sent, "I/O thread"};
  int loads = 0;
  EXPECT_EQ(numbers.get_or_load("a", [&] { return ++loads; }).error().code, Errc::would_deadlock);
  EXPECT_EQ(loads, 0);
}

// --- writes during a load ---

TEST_F(LoadTest, AnEraseDuringTheLoadKeepsItsValueFromTheStore) {
  const auto load = [&] {
    numbers.erase("a").value();
    return 1;
  };
  EXPECT_EQ(numbers.get_or_load("a", load).value(), 1);
  EXPECT_EQ(stored("n:a"), std::nullopt);
  EXPECT_EQ(numbers.stats().loads_not_stored, 1u);
}

TEST_F(LoadTest, ASetDuringTheLoadWins) {
  const auto load = [&] {
    numbers.set("a", 2).value();
    return 1;
  };
  EXPECT_EQ(numbers.get_or_load("a", load).value(), 1);
  EXPECT_EQ(stored("n:a"), "2");
}

TEST_F(LoadTest, ExpireAndTheManyFormsVoidALoadToo) {
  const auto during = [&](auto write) {
    return [write] {
      write();
      return 1;
    };
  };
  numbers.get_or_load("a", during([&] { numbers.expire("a", 1s).value(); })).value();
  EXPECT_EQ(stored("n:a"), std::nullopt);
  numbers.get_or_load("b", during([&] { (void)numbers.erase_many({"b"}); })).value();
  EXPECT_EQ(stored("n:b"), std::nullopt);
  numbers.get_or_load("c", during([&] { (void)numbers.set_many({{"c", 5}}); })).value();
  EXPECT_EQ(stored("n:c"), std::nullopt);
}

TEST_F(LoadTest, WhatAnotherProcessWroteDuringTheLoadWins) {
  const auto load = [&] {
    driver->entries["n:a"] = {"2", std::nullopt};
    return 1;
  };
  EXPECT_EQ(numbers.get_or_load("a", load).value(), 1);
  EXPECT_EQ(stored("n:a"), "2");
  EXPECT_EQ(numbers.stats().loads_not_stored, 1u);
}

TEST_F(LoadTest, WhatAnotherProcessRepairedDuringTheLoadWins) {
  driver->entries["n:a"] = {"rubbish", std::nullopt};
  const auto load = [&] {
    driver->entries["n:a"] = {"2", std::nullopt};
    return 1;
  };
  EXPECT_EQ(numbers.get_or_load("a", load).value(), 1);
  EXPECT_EQ(stored("n:a"), "2");
}

TEST_F(LoadTest, AHandleMayGoAwayDuringItsLoad) {
  auto handle = std::make_unique<Cache<int>>(store, "h", Policy{.ttl = 1h});
  const auto load = [&] {
    handle.reset();
    return 1;
  };
  EXPECT_EQ(handle->get_or_load("a", load).value(), 1);
  EXPECT_EQ(stored("h:a"), "1");
}

}  // namespace
}  // namespace larder
