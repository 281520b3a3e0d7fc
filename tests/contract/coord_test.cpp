// What coordination promises over every store, in real time: held locks that are renewed, guards, limits of all kinds,
// counters that are repeated, shares of a lock.
#include <larder/cache.hpp>
#include <larder/lock.hpp>

#include <gmock/gmock.h>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

const auto code = [](const auto& result) { return result.error().code; };

class Locking : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Locking);

TEST_P(Locking, ARenewedLockOutlivesItsTimeAndIsToldWhenItIsLost) {
  auto held = Lock{store, "job", {.ttl = 150ms, .renew = true}}.try_acquire().value();
  ASSERT_TRUE(held);
  const std::stop_token stop = held->stop_token();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begun > 400ms; }));
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_FALSE((Lock{another(), "job"}.try_acquire().value()));
  store.erase("job").value();
  EXPECT_TRUE(eventually([&] { return stop.stop_requested(); }));
  EXPECT_EQ(code(held->release()), Errc::lock_lost);
}

TEST_P(Locking, AWaiterHasItWhenTheHolderLetsGo) {
  auto held = Lock{store, "job", {.ttl = 100ms}}.try_acquire().value();
  const auto next = Lock{another(), "job", {.wait = 10s}}.acquire().value();
  ASSERT_TRUE(next);
  EXPECT_GT(next->token(), held->token());
}

TEST_P(Locking, ManyAtOnceOrNone) {
  auto all = lock_all(store, {"b", "a"}).value();
  ASSERT_TRUE(all);
  EXPECT_FALSE(lock_all(another(), {"c", "b"}).value());
  EXPECT_FALSE(store.exists("c").value());
  all.reset();
  EXPECT_TRUE(lock_all(another(), {"c", "b"}).value());
}

TEST_P(Locking, AGuardedWriteIsRefusedOnceANewerTokenHasWritten) {
  const Cache<std::string> head(store, "head", {.ttl = 1min});
  auto slow = Lock{store, "job"}.try_acquire().value();
  EXPECT_TRUE(head.set("1", "slow's first", guard(*slow)).value());
  store.erase("job").value();
  auto quick = Lock{store, "job"}.try_acquire().value();
  EXPECT_TRUE(head.set("1", "quick's", guard(*quick)).value());
  EXPECT_FALSE(head.set("1", "slow's second", guard(*slow)).value());
  EXPECT_EQ(head.get("1").value(), "quick's");
  EXPECT_GT(head.ttl("1").value().left, 30s) << "the policy's time to live";
  const Guard spent = guard(*quick);
  ASSERT_TRUE(quick->release());
  EXPECT_EQ(code(head.set("1", "too late", guard(*quick))), Errc::lock_lost);
  EXPECT_TRUE(head.set("1", "nobody came after it", spent).value());
  EXPECT_EQ(code(head.add("", "x")), Errc::bad_argument);
}

}  // namespace
}  // namespace larder
