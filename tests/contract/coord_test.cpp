// What coordination promises over every store, in real time: held locks that are renewed, guards, limits of all kinds,
// counters that are repeated, shares of a lock.
#include <larder/cache.hpp>
#include <larder/counter.hpp>
#include <larder/ids.hpp>
#include <larder/limiter.hpp>
#include <larder/lock.hpp>
#include <larder/shares.hpp>

#include <gmock/gmock.h>

#include <limits>
#include <set>

#include "contract/store_contract.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;

class Locking : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Locking);

TEST_P(Locking, ARenewedLockOutlivesItsTimeAndIsToldWhenItIsLost) {
  auto held = Lock{store, "job", {.ttl = 600ms, .renew = true}}.try_acquire().value();
  ASSERT_TRUE(held);
  const std::stop_token stop = held->stop_token();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begun > 800ms; }));
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

// --- limits of all kinds

class Limiting : public contract::StoreContract {
 protected:
  /// States whose time lies so far ahead that it stands still there: the same on every store.
  void expect_at_rest(std::string_view state, const Limit& limit, std::uint32_t count,
                      const Decision& answer, std::string_view after) {
    store.set("c", state).value();
    EXPECT_EQ(store.limit_peek("c", limit, count).value(), answer) << state;
    EXPECT_EQ(store.get("c").value(), Bytes(state));
    EXPECT_EQ(store.limit_take("c", limit, count).value().allowed, answer.allowed) << state;
    EXPECT_EQ(store.get("c").value(), Bytes(after)) << state;
  }
};
LARDER_FOR_EVERY_STORE(Limiting);

TEST_P(Limiting, EveryAlgorithmGivesSoManyAndNoMore) {
  for (const Rate rate : {Rate::sliding_window(3, 1h), Rate::fixed_window(3, 1h),
                          Rate::sliding_log(3, 1h), Rate::token_bucket(3, 1h)}) {
    const Limiter api(store, "api" + std::to_string(static_cast<int>(rate.limit().algorithm)),
                      rate);
    EXPECT_EQ(api.remaining("ada").value(), 3u);
    EXPECT_TRUE(api.allow("ada", 2).value().allowed);
    const Decision denied = api.allow("ada", 2).value();
    EXPECT_FALSE(denied.allowed);
    EXPECT_EQ(denied.remaining, 1u);
    EXPECT_THAT(denied.retry_after, testing::AllOf(testing::Gt(0ms), testing::Le(2h)));
    EXPECT_GE(denied.reset_after, denied.retry_after);
    EXPECT_TRUE(api.allow("ada").value().allowed);
    EXPECT_EQ(api.remaining("ada").value(), 0u);
    EXPECT_TRUE(api.reset("ada").value());
    EXPECT_EQ(api.remaining("ada").value(), 3u);
  }
}

TEST_P(Limiting, WhoWaitsAsLongAsToldIsAllowed) {
  for (const Rate rate :
       {Rate::fixed_window(4, 40ms), Rate::sliding_log(4, 40ms), Rate::token_bucket(4, 40ms)}) {
    const Limiter api(store, "api", rate);
    ASSERT_TRUE(eventually([&] { return api.allow("c", 4).value().allowed; }));
    EXPECT_TRUE(eventually([&] { return api.allow("c", 4).value().allowed; }));
    EXPECT_TRUE(eventually([&] { return store.size().value() == 0; })) << "and all is forgotten";
  }
}

TEST_P(Limiting, AStateAtRestIsReadAlikeByEveryStore) {
  const Limit fixed{100, 1h, Algorithm::fixed_window};
  expect_at_rest("f 9000000000 60", fixed, 40, {true, 40, 0ms, 1h}, "f 9000000000 100");
  expect_at_rest("f 9000000000 60", fixed, 41, {false, 40, 1h, 1h}, "f 9000000000 60");
  const Limit log{100, 1h, Algorithm::sliding_log};
  expect_at_rest("l 9000000000000000 10 1000 50 1000 30", log, 10, {true, 10, 0ms, 1h},
                 "l 9000000000000000 10 1000 50 1000 40");
  expect_at_rest("l 9000000000000000 10 1000 50 1000 30", log, 21, {false, 10, 3599s, 1h},
                 "l 9000000000000000 10 1000 50 1000 30");
  expect_at_rest("l 9000000000000000 10 3600000 50", log, 50, {true, 50, 0ms, 1h},
                 "l 9000000003600000 100");
  const Limit bucket{100, 1h, Algorithm::token_bucket, 20};
  expect_at_rest("b 9000000000000000 15 1800000", bucket, 4, {true, 4, 0ms, 558s},
                 "b 9000000000000000 19 1800000");
  expect_at_rest("b 9000000000000000 15 1800000", bucket, 5, {false, 4, 18s, 558s},
                 "b 9000000000000000 15 1800000");
  const Limit greatest{100'000'000, std::chrono::days{366}, Algorithm::token_bucket};
  expect_at_rest("b 9000000000000000 99999999 31622399999", greatest, 1,
                 {false, 0, 317ms, std::chrono::days{366}},
                 "b 9000000000000000 99999999 31622399999");
}

TEST_P(Limiting, ManyLimitsInOneCallAreAllOrNoneAndTheOneThatDeniedIsNamed) {
  const Limiter user(store, "user", Rate::sliding_window(2, 1h));
  const Limiter tenant(store, "tenant", Rate::token_bucket(3, 1h));
  const Limiter bytes(store, "bytes", Rate::sliding_log(1'001, 1h));
  // What is counted together lives together, by the tag in its names: a ring or a Cluster asks for that.
  const auto pass = [&](const std::string& who, std::uint32_t size) {
    return allow_all({{user, "{7}" + who}, {tenant, "{7}"}, {bytes, "{7}", size}}).value();
  };
  EXPECT_TRUE(pass("ada", 100).allowed);
  EXPECT_TRUE(pass("ada", 100).allowed);
  const ManyDecision denied = pass("ada", 100);
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.denied_by, 0u);
  EXPECT_GT(denied.retry_after, 0ms);
  ASSERT_EQ(denied.each.size(), 3u);
  EXPECT_EQ(denied.each[1].remaining, 1u);
  EXPECT_EQ(tenant.remaining("{7}").value(), 1u) << "nothing was taken of the others";
  EXPECT_EQ(pass("bob", 900).denied_by, 2u);
  EXPECT_TRUE(pass("bob", 800).allowed);
  EXPECT_EQ(pass("bob", 1).denied_by, 1u);
  EXPECT_EQ(code(allow_all({{user, "ada"}, {user, "ada"}})), Errc::bad_argument);
  EXPECT_EQ(code(allow_all({})), Errc::bad_argument);
}

TEST_P(Limiting, WhatIsNoLimitersStateIsToldApart) {
  const Limit limit{3, 1s, Algorithm::fixed_window};
  for (const std::string_view state : {"a value", "f", "5", "f 1", "f 1 x", "f 1 2 3"}) {
    store.set("c", state).value();
    EXPECT_EQ(code(store.limit_take("c", limit)), Errc::wrong_type) << state;
  }
  for (const std::string_view state : {"l 1 3", "b 1 3 0", "9 3 3"}) {
    store.set("c", state).value();
    EXPECT_TRUE(store.limit_take("c", limit, 3).value().allowed) << state;
  }
}

TEST_P(Limiting, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.limit_take("c", {10'001, 1s, Algorithm::sliding_log})), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {10, 1s, Algorithm::token_bucket, 5}, 6)),
            Errc::bad_argument);
  EXPECT_TRUE(store.limit_take("c", {5, 1s, Algorithm::token_bucket, 10}, 6).value().allowed);
  EXPECT_EQ(code(store.limit_take_all({})), Errc::bad_argument);
}

// --- counters that are repeated, ids

class CountingOnce : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(CountingOnce);

TEST_P(CountingOnce, ARepetitionAnswersWhatTheFirstDid) {
  const Counter paid(store, "paid");
  EXPECT_EQ(paid.incr_once("ada", "order 1", 5).value(), (Counted{5, true}));
  EXPECT_EQ(paid.incr_once("ada", "order 2").value(), (Counted{6, true}));
  EXPECT_EQ(Counter(another(), "paid").incr_once("ada", "order 1", 5).value(), (Counted{5, false}));
  EXPECT_EQ(paid.get("ada").value(), 6);
  EXPECT_EQ(paid.incr_once("bob", "order 1").value(), (Counted{1, true})) << "each key has its own";
  EXPECT_EQ(store.ttl("{paid:ada}~o:order 1").value().state, Ttl::State::remaining);
}

TEST_P(CountingOnce, ItIsExactAtTheEdgesAndFailsWithoutATrace) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Counter n(store, "n");
  EXPECT_EQ(n.add_once("k", "a", kMax).value(), (Counted{kMax, true}));
  EXPECT_EQ(code(n.incr_once("k", "b")), Errc::overflow);
  EXPECT_EQ(n.add_once("k", "c", -1).value().sum, kMax - 1);
  EXPECT_EQ(n.incr_once("k", "b").value(), (Counted{kMax, true}));
  EXPECT_EQ(n.add_once("k", "a", kMax).value(), (Counted{kMax, false}));
  store.set("n:word", "word").value();
  EXPECT_EQ(code(n.incr_once("word", "a")), Errc::not_a_number);
  EXPECT_EQ(code(n.incr_once("k", "")), Errc::bad_argument);
  EXPECT_EQ(code(n.incr_once("k", "x", 1, {.remember = std::chrono::days{31}})),
            Errc::bad_argument);
}

TEST_P(CountingOnce, TheTimeToLiveIsForANewOneOnly) {
  const Counter n(store, "n");
  n.incr_once("new", "a", 1, {.ttl_if_new = 60s}).value();
  EXPECT_EQ(n.ttl("new").value().state, Ttl::State::remaining);
  n.incr("old").value();
  n.incr_once("old", "a", 1, {.ttl_if_new = 60s}).value();
  EXPECT_EQ(n.ttl("old").value().state, Ttl::State::persistent);
}

TEST_P(CountingOnce, IdsOfSeveralHandlesAreAllDifferentAndGrow) {
  for (const bool from_time : {false, true}) {
    std::set<std::uint64_t> seen;
    const Ids a(store, "user", {.block = 3, .from_time = from_time}),
        b(another(), "user", {.block = 5, .from_time = from_time});
    std::uint64_t last = 0;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t next = a.next().value();
      EXPECT_GT(next, last);
      last = next;
      EXPECT_TRUE(seen.insert(next).second);
      EXPECT_TRUE(seen.insert(b.next().value()).second);
    }
    EXPECT_EQ(*seen.begin() == 1u, !from_time);
    store.flush().value();
    const Ids anew(store, "user", {.block = 1, .from_time = from_time});
    EXPECT_EQ(seen.count(anew.next().value()), from_time ? 0u : 1u)
        << "what a lost counter costs, and how not to pay";
  }
}

// --- shares

class Sharing : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Sharing);

TEST_P(Sharing, AsManyPermitsAsThereAre) {
  const Semaphore pool(store, "pool", 3), other(another(), "pool", 3);
  auto two = pool.try_acquire(2).value();
  auto one = other.try_acquire().value();
  ASSERT_TRUE(two && one);
  EXPECT_GT(one->token(), two->token());
  EXPECT_FALSE(pool.try_acquire().value());
  EXPECT_TRUE(two->extend(1h));
  EXPECT_TRUE(one->release());
  EXPECT_EQ(code(one->release()), Errc::lock_lost);
  EXPECT_FALSE(pool.try_acquire(2).value());
  EXPECT_TRUE(pool.try_acquire(1).value());
  EXPECT_EQ(code(pool.try_acquire(4)), Errc::bad_argument);
}

TEST_P(Sharing, ADeadHoldersPermitComesBack) {
  const Semaphore pool(store, "pool", 1, {.ttl = 60ms});
  auto dead = pool.try_acquire().value();
  ASSERT_TRUE(dead);
  const auto next = Semaphore(another(), "pool", 1, {.wait = 10s}).acquire().value();
  ASSERT_TRUE(next);
  EXPECT_EQ(code(dead->extend()), Errc::lock_lost);
}

TEST_P(Sharing, ReadersTogetherAWriterAlone) {
  const SharedLock book(store, "book"), other(another(), "book");
  auto first = book.try_acquire_shared().value(), second = other.try_acquire_shared().value();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(book.try_acquire().value());
  first.reset();
  second.reset();
  const auto writer = book.try_acquire().value();
  ASSERT_TRUE(writer);
  EXPECT_FALSE(other.try_acquire_shared().value());
  EXPECT_FALSE(other.try_acquire().value());
}

TEST_P(Sharing, ARenewedShareStays) {
  const Semaphore pool(store, "pool", 1, {.ttl = 600ms, .renew = true});
  auto held = pool.try_acquire().value();
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - begun > 800ms; }));
  EXPECT_FALSE(pool.try_acquire().value());
}

TEST_P(Sharing, AnOwnerIsAnyBytesAndOthersAreToldApart) {
  const std::string owner{"a 1 b\0\r\n%s", 11};
  EXPECT_TRUE(store.share_acquire("pool", owner, 5s, {1, 2}).value().taken());
  EXPECT_TRUE(store.share_acquire("pool", "b", 5s, {1, 2}).value().taken());
  EXPECT_FALSE(store.share_release("pool", "a").value());
  EXPECT_TRUE(store.share_extend("pool", owner, 5s).value());
  EXPECT_TRUE(store.share_release("pool", owner).value());
  EXPECT_TRUE(store.share_release("pool", "b").value());
  EXPECT_FALSE(store.exists("pool").value());
  store.lock_acquire("job", "me", 5s).value();
  EXPECT_EQ(code(store.share_acquire("job", "me", 5s, {1, 2})), Errc::wrong_type);
  EXPECT_EQ(code(store.share_acquire("k", "me", 5s, {1, 1'025})), Errc::bad_argument);
}

}  // namespace
}  // namespace larder
