// Lock over the engine in this process.
#include <larder/lock.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class LockTest : public testing::Test {
 protected:
  Store store = Store::open("memory:").value();
  Lock lock{store, "job", {.ttl = 10s}};
};

TEST_F(LockTest, OneHolderAtATimeAndTokensGrow) {
  auto first = lock.try_acquire().value();
  ASSERT_TRUE(first);
  EXPECT_FALSE(lock.try_acquire().value());
  const std::uint64_t before = first->token();
  EXPECT_TRUE(first->release());
  const auto second = lock.try_acquire().value();
  ASSERT_TRUE(second);
  EXPECT_GT(second->token(), before);
}

TEST_F(LockTest, IsGivenBackWhenTheHolderGoesAway) {
  { const auto held = lock.try_acquire().value(); }
  EXPECT_TRUE(lock.try_acquire().value());
}

TEST_F(LockTest, AMovedHolderIsTheSameHolder) {
  auto held = lock.try_acquire().value();
  HeldLock moved = std::move(*held);
  EXPECT_EQ(held->token(), 0u);
  EXPECT_EQ(held->left(), 0ms);
  held.reset();
  EXPECT_FALSE(lock.try_acquire().value()) << "the shell of it gave nothing back";
  EXPECT_TRUE(moved.extend());
  Lock other{store, "other"};
  moved = std::move(*other.try_acquire().value());
  EXPECT_EQ(moved.name(), "other");
  EXPECT_TRUE(lock.try_acquire().value()) << "what it had before was given back";
}

TEST_F(LockTest, ExtendBeginsItsTimeAnew) {
  auto held = Lock{store, "job", {.ttl = 1h}}.try_acquire().value();
  ASSERT_TRUE(held->extend(2h));
  EXPECT_GT(held->left(), 1h);
  EXPECT_GT(store.ttl("job").value().left, 1h);
  ASSERT_TRUE(held->extend());
  EXPECT_LE(held->left(), 1h);
}

TEST_F(LockTest, ALostLockSaysSoAndTouchesNothing) {
  auto held = lock.try_acquire().value();
  store.erase("job").value();
  auto next = lock.try_acquire().value();
  ASSERT_TRUE(next);
  const auto extended = held->extend();
  ASSERT_FALSE(extended);
  EXPECT_EQ(extended.error().code, Errc::lock_lost);
  EXPECT_THAT(extended.error().detail, HasSubstr("job"));
  EXPECT_EQ(held->left(), 0ms);
  EXPECT_EQ(held->release().error().code, Errc::lock_lost);
  EXPECT_EQ(held->release().error().code, Errc::lock_lost) << "and again";
  EXPECT_TRUE(next->extend()) << "the next holder has it still";
}

TEST_F(LockTest, ATokenThatCameTooLateWritesNothing) {
  auto slow = lock.try_acquire().value();
  store.erase("job").value();  // Its time was over.
  auto quick = lock.try_acquire().value();
  EXPECT_TRUE(store.fenced_set("head", "new", quick->token()).value());
  EXPECT_FALSE(store.fenced_set("head", "old", slow->token()).value());
  EXPECT_EQ(store.get("head").value(), Bytes("new"));
}

TEST_F(LockTest, AcquireWaitsForAsLongAsItMay) {
  const auto held = Lock{store, "job", {.ttl = 60ms}}.try_acquire().value();
  const Lock impatient{store, "job", {.ttl = 10s}};
  EXPECT_FALSE(impatient.acquire().value());
  const Lock patient{store, "job", {.ttl = 10s, .wait = 10s}};
  EXPECT_TRUE(patient.acquire().value()) << "after the other's 60 ms";
}

TEST_F(LockTest, WaitersHaveItOneAfterTheOther) {
  int inside = 0, together = 0, turns = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto held = Lock{store, "job", {.ttl = 30s, .wait = 30s}}.acquire().value();
        together += ++inside > 1;
        ++turns;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, 0);
  EXPECT_EQ(turns, 20);
}

TEST_F(LockTest, BadArgumentsAreNamed) {
  EXPECT_EQ((Lock{store, ""}.try_acquire().error().code), Errc::bad_argument);
  EXPECT_EQ((Lock{store, "x", {.ttl = 0ms}}.try_acquire().error().code), Errc::bad_argument);
  store.set("text", "no lock").value();
  EXPECT_EQ((Lock{store, "text"}.try_acquire().error().code), Errc::wrong_type);
}

}  // namespace
}  // namespace larder
