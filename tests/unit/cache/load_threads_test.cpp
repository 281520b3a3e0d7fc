// get_or_load from many threads: one load, shared outcomes, deadlines of waiters, writes that race
// with a fill.
#include <larder/cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <future>
#include <latch>
#include <thread>

#include "unit/cache/scripted_store.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using cache::test::ScriptedDriver;
using testing::HasSubstr;
using testing::Optional;

class LoadThreadsTest : public testing::Test {
 protected:
  /// Until `n` callers have missed and are about to wait, or wait: each has read the store once
  /// more.
  void await_reads(int n) const {
    while (driver->reads.load() < n) std::this_thread::yield();
  }

  std::shared_ptr<ScriptedDriver> driver = std::make_shared<ScriptedDriver>();
  Store store{driver};
  Cache<int> numbers{store, "n", {.ttl = 1h}};
};

TEST_F(LoadThreadsTest, AHundredCallersCostOneLoad) {
  constexpr int kCallers = 100;
  std::atomic<int> loads{0};
  std::atomic<int> right{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      const auto got = numbers.get_or_load("a", [&] {
        ++loads;
        await_reads(kCallers);
        return 7;
      });
      right += got && *got == 7;
    });
  }
  callers.clear();

  EXPECT_EQ(loads, 1);
  EXPECT_EQ(right, kCallers);
  const CacheStats seen = numbers.stats();
  EXPECT_EQ(seen.loads, 1u);
  EXPECT_EQ(seen.hits + seen.loads + seen.waits, std::uint64_t(kCallers));
}

TEST_F(LoadThreadsTest, ManyKeysInManyRoundsAreEachLoadedOnceARound) {
  constexpr int kThreads = 8, kRounds = 50, kKeys = 4;
  std::array<std::atomic<int>, kKeys> loads{};
  std::barrier round(kThreads);
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int r = 0; r < kRounds; ++r) {
        round.arrive_and_wait();
        for (int i = 0; i < kKeys; ++i) {
          const int key = (t + i) % kKeys;
          const auto got = numbers.get_or_load(key + r * kKeys, [&] { return ++loads[key], key; });
          wrong += !got || *got != key;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  for (const auto& count : loads) EXPECT_EQ(count, kRounds);
}

TEST_F(LoadThreadsTest, AThrowReachesEveryCallerThatWaited) {
  constexpr int kCallers = 10;
  std::atomic<int> failed{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      const auto got = numbers.get_or_load("a", [&]() -> int {
        await_reads(kCallers);
        throw std::runtime_error("db is down");
      });
      failed += !got && got.error().code == Errc::loader_failed &&
                got.error().detail.find("db is down") != std::string::npos;
    });
  }
  callers.clear();
  EXPECT_EQ(failed, kCallers);
  EXPECT_EQ(numbers.stats().loads + numbers.stats().waits, std::uint64_t(kCallers));
  EXPECT_EQ(numbers.stats().loads, numbers.stats().load_failures);
}

TEST_F(LoadThreadsTest, AWaiterGivesUpAtItsOwnDeadlineAndTheLoadGoesOn) {
  std::latch gave_up(1);
  std::promise<void> loading;
  std::jthread leader([&] {
    const auto got = numbers.get_or_load("a", [&] {
      loading.set_value();
      gave_up.wait();
      return 1;
    });
    EXPECT_EQ(got.value(), 1);
  });
  loading.get_future().wait();

  const auto late = numbers.get_or_load("a", [] { return 2; }, {.wait = 1ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(late.error().effect, Effect::not_sent);
  EXPECT_THAT(late.error().detail, HasSubstr("n:a"));

  gave_up.count_down();
  leader.join();
  EXPECT_THAT(numbers.get("a").value(), Optional(1));
}

TEST_F(LoadThreadsTest, WhoCallsAfterAnEraseLoadsAnewWhileTheOldLoadStillRuns) {
  std::latch erased(1);
  std::promise<void> loading;
  std::jthread before([&] {
    const auto got = numbers.get_or_load("a", [&] {
      loading.set_value();
      erased.wait();
      return 1;
    });
    EXPECT_EQ(got.value(), 1) << "who joined before the erase may see the old value";
  });
  loading.get_future().wait();

  numbers.erase("a").value();
  const auto after = numbers.fetch("a", [] { return 2; }).value();
  EXPECT_EQ(after.value, 2);
  EXPECT_EQ(after.source, Source::loaded);

  erased.count_down();
  before.join();
  EXPECT_THAT(numbers.get("a").value(), Optional(2));
}

TEST_F(LoadThreadsTest, AnEraseDuringTheFillIsTheLastWord) {
  std::promise<void> filling;
  std::latch go_on(1);
  std::atomic<bool> first{true};
  driver->before_set = [&] {
    if (!first.exchange(false)) return;
    filling.set_value();
    go_on.wait();
  };
  std::jthread leader([&] { numbers.get_or_load("a", [] { return 1; }).value(); });
  filling.get_future().wait();

  std::jthread eraser([&] { EXPECT_TRUE(numbers.erase("a").value()) << "it came after the fill"; });
  // Meanwhile callers are served from the flight.
  EXPECT_EQ(numbers.fetch("a", [] { return 9; }).value().source, Source::waited);
  go_on.count_down();
  leader.join();
  eraser.join();
  EXPECT_EQ(numbers.get("a").value(), std::nullopt);
}

TEST_F(LoadThreadsTest, AWriterDoesNotWaitForAStuckFillForEver) {
  std::promise<void> filling;
  std::latch go_on(1);
  driver->before_set = [&] {
    filling.set_value();
    go_on.wait();
  };
  std::jthread leader([&] { numbers.get_or_load("a", [] { return 1; }).value(); });
  filling.get_future().wait();

  const auto erased = numbers.erase("a", {.deadline = 1ms});
  EXPECT_EQ(erased.error().code, Errc::timeout);
  EXPECT_EQ(erased.error().effect, Effect::not_sent);
  go_on.count_down();
}

TEST_F(LoadThreadsTest, TwoLoadersThatWaitForEachOtherAreToldSo) {
  std::barrier both_lead(2);
  std::atomic<int> refused{0}, fine{0};
  const auto cross = [&](const char* mine, const char* other) {
    return [&, mine, other] {
      const auto got = numbers.get_or_load(mine, [&, other] {
        both_lead.arrive_and_wait();
        const auto inner = numbers.get_or_load(other, [] { return 5; });
        if (inner) return *inner;
        refused += inner.error().code == Errc::would_deadlock;
        return 3;
      });
      fine += got && *got == 3;
    };
  };
  std::jthread one(cross("a", "b")), two(cross("b", "a"));
  one.join();
  two.join();
  EXPECT_EQ(fine, 2);
  EXPECT_EQ(refused, 1) << "one link of the circle gives way, and that is enough";
}

TEST_F(LoadThreadsTest, TwoTypesInOneSpaceShareALoadAndSayWhenItDoesNotFit) {
  const Cache<std::string> words(store, "n", {.ttl = 1h});
  std::promise<void> loading;
  std::latch go_on(1);
  std::jthread leader([&] {
    words
        .get_or_load("a",
                     [&] {
                       loading.set_value();
                       go_on.wait();
                       return std::string("word");
                     })
        .value();
  });
  loading.get_future().wait();
  std::jthread release([&] {
    await_reads(2);
    go_on.count_down();
  });

  const auto got = numbers.get_or_load("a", [] { return 1; });

  // Late enough to find the word in the store, it is a bad value that its own load replaces.
  EXPECT_TRUE(got ? *got == 1 : got.error().code == Errc::bad_value);
}

TEST_F(LoadThreadsTest, ErasesAndLoadsInOneStormLeaveNoOldValue) {
  // The "database" only counts up; after each erase no reader may see what was there before it.
  std::atomic<int> database{0};
  std::atomic<int> known{0};  // What every reader may rely on: written and erased.
  std::atomic<bool> done{false};
  std::atomic<int> stale{0}, reads{0};
  std::vector<std::jthread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        const int floor = known.load();
        const auto got = numbers.get_or_load("a", [&] { return database.load(); });
        stale += !got || *got < floor;
        ++reads;
      }
    });
  }
  for (int i = 1; reads < 10'000; ++i) {
    database = i;
    numbers.erase("a").value();
    known = i;
  }
  done = true;
  readers.clear();
  EXPECT_EQ(stale, 0);
}

}  // namespace
}  // namespace larder
