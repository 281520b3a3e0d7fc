// The Store contract for what recipes stand on: leases, locks, fences, limits, generations.
#include <gmock/gmock.h>

#include "contract/store_contract.hpp"
#include "support/run_task.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::Gt;
using testing::Le;
using testing::Lt;

// --- leases

class Leases : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Leases);

TEST_P(Leases, AHitNeedsNoLease) {
  store.set("k", "v").value();
  const Lease lease = store.lease("k", 5s).value();
  EXPECT_EQ(lease.value, Bytes("v"));
  EXPECT_FALSE(lease.granted());
}

TEST_P(Leases, OfAllWhoMissOneMayFill) {
  const Lease first = store.lease("k", 5s).value();
  ASSERT_TRUE(first.granted());
  EXPECT_EQ(first.left, 5s);
  const Lease second = another().lease("k", 5s).value();
  EXPECT_FALSE(second.granted());
  EXPECT_EQ(second.value, std::nullopt);
  EXPECT_THAT(second.left, AllOf(Gt(3s), Le(5s)));
  EXPECT_TRUE(store.fill("k", "v", first.token).value());
  EXPECT_EQ(store.lease("k", 5s).value().value, Bytes("v"));
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
}

TEST_P(Leases, AFillBringsItsDeadline) {
  const Lease lease = store.lease("k", 5s).value();
  EXPECT_TRUE(store.fill("k", "v", lease.token, 60s).value());
  EXPECT_THAT(store.ttl("k").value().left, AllOf(Gt(50s), Le(60s)));
}

TEST_P(Leases, ALeaseFillsOnce) {
  const Lease lease = store.lease("k", 5s).value();
  EXPECT_TRUE(store.fill("k", "v", lease.token).value());
  store.erase("k").value();
  EXPECT_FALSE(store.fill("k", "again", lease.token).value());
  EXPECT_FALSE(store.exists("k").value());
}

TEST_P(Leases, AStrangersTokenFillsNothing) {
  const Lease lease = store.lease("k", 5s).value();
  EXPECT_FALSE(store.fill("k", "v", lease.token + 1).value());
  EXPECT_FALSE(store.fill("other", "v", lease.token).value());
  EXPECT_TRUE(store.fill("k", "v", lease.token).value());
}

TEST_P(Leases, WhatWasWrittenMeanwhileWins) {
  const Lease lease = store.lease("k", 5s).value();
  store.set("k", "newer").value();
  EXPECT_FALSE(store.fill("k", "older", lease.token).value());
  EXPECT_EQ(store.get("k").value(), Bytes("newer"));
}

TEST_P(Leases, AnErasureMeanwhileVoidsTheLeaseThoughNothingWasThere) {
  const Lease lease = store.lease("k", 5s).value();
  EXPECT_FALSE(another().erase("k").value());
  EXPECT_FALSE(store.fill("k", "out of date", lease.token).value());
  EXPECT_FALSE(store.exists("k").value());
  EXPECT_TRUE(store.lease("k", 5s).value().granted()) << "the next may load anew";
}

TEST_P(Leases, EveryWayOfErasingVoids) {
  const Lease a = store.lease("a", 5s).value();
  const Lease b = store.lease("b", 5s).value();
  const Lease c = store.lease("c", 5s).value();
  EXPECT_EQ(store.erase_many({"a", "x"}).value(), 0u);
  store.expire("b", 0ms).value();
  EXPECT_FALSE(store.fill("a", "v", a.token).value());
  EXPECT_FALSE(store.fill("b", "v", b.token).value());
  store.flush().value();
  EXPECT_FALSE(store.fill("c", "v", c.token).value());
}

TEST_P(Leases, AWriteAndAnErasureMeanwhileVoidToo) {
  const Lease lease = store.lease("k", 5s).value();
  store.set("k", "newer").value();
  store.erase("k").value();
  EXPECT_FALSE(store.fill("k", "older", lease.token).value());
}

TEST_P(Leases, ALeaseThatIsOverPassesToTheNext) {
  const Lease late = store.lease("k", 20ms).value();
  Lease next;
  ASSERT_TRUE(eventually([&] { return (next = store.lease("k", 5s).value()).granted(); }));
  EXPECT_NE(next.token, late.token);
  EXPECT_FALSE(store.fill("k", "late", late.token).value());
  EXPECT_TRUE(store.fill("k", "in time", next.token).value());
}

TEST_P(Leases, ErasingCountsEntriesOnly) {
  store.lease("k", 5s).value();
  store.set("other", "v").value();
  EXPECT_EQ(store.erase_many({"k", "other"}).value(), 1u);
}

TEST_P(Leases, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.lease("", 5s)), Errc::bad_argument);
  EXPECT_EQ(code(store.lease("k", 0ms)), Errc::bad_argument);
  EXPECT_EQ(code(store.lease("k", 61s)), Errc::bad_argument);
  EXPECT_EQ(code(store.fill("k", "v", 0)), Errc::bad_argument);
  EXPECT_EQ(code(store.fill("k", "v", 1, 0ms)), Errc::bad_argument);
}

// --- locks

class Locks : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Locks);

TEST_P(Locks, OneOwnerAtATime) {
  const LockGrant mine = store.lock_acquire("job", "me", 5s).value();
  ASSERT_TRUE(mine.taken());
  EXPECT_EQ(mine.left, 5s);
  const LockGrant yours = another().lock_acquire("job", "you", 5s).value();
  EXPECT_FALSE(yours.taken());
  EXPECT_THAT(yours.left, AllOf(Gt(3s), Le(5s)));
}

TEST_P(Locks, TokensGrowFromOwnerToOwner) {
  const auto first = store.lock_acquire("job", "a", 5s).value().token;
  EXPECT_TRUE(store.lock_release("job", "a").value());
  const auto second = store.lock_acquire("job", "b", 20ms).value().token;
  EXPECT_GT(second, first);
  LockGrant third;
  ASSERT_TRUE(
      eventually([&] { return (third = store.lock_acquire("job", "c", 5s).value()).taken(); }));
  EXPECT_GT(third.token, second);
}

TEST_P(Locks, TokensGrowThoughTheFenceWasForgotten) {
  const auto first = store.lock_acquire("job", "a", 5s).value().token;
  store.erase("job").value();
  store.erase("{job}~f").value();
  EXPECT_GT(store.lock_acquire("job", "b", 5s).value().token, first);
}

TEST_P(Locks, AskingAgainKeepsTheTokenAndRenewsTheTime) {
  const auto token = store.lock_acquire("job", "me", 1s).value().token;
  const LockGrant again = store.lock_acquire("job", "me", 60s).value();
  EXPECT_EQ(again.token, token);
  EXPECT_THAT(store.ttl("job").value().left, Gt(50s));
}

TEST_P(Locks, OnlyTheOwnerExtendsAndReleases) {
  store.lock_acquire("job", "me", 5s).value();
  EXPECT_FALSE(store.lock_extend("job", "you", 60s).value());
  EXPECT_FALSE(store.lock_release("job", "you").value());
  EXPECT_TRUE(store.lock_extend("job", "me", 60s).value());
  EXPECT_THAT(store.ttl("job").value().left, Gt(50s));
  EXPECT_TRUE(store.lock_release("job", "me").value());
  EXPECT_FALSE(store.lock_release("job", "me").value());
  EXPECT_FALSE(store.lock_extend("job", "me", 60s).value());
  EXPECT_FALSE(store.exists("job").value());
}

TEST_P(Locks, ALockThatIsOverCannotBeExtended) {
  store.lock_acquire("job", "me", 20ms).value();
  ASSERT_TRUE(eventually([&] { return !store.exists("job").value(); }));
  EXPECT_FALSE(store.lock_extend("job", "me", 60s).value());
  EXPECT_FALSE(store.lock_release("job", "me").value());
}

TEST_P(Locks, AnOwnerIsAnyBytes) {
  const std::string owner{"a b\0\r\n%", 7};
  const auto token = store.lock_acquire("job", owner, 5s).value().token;
  EXPECT_FALSE(store.lock_release("job", "a b").value());
  EXPECT_EQ(store.get("job").value(), Bytes(std::to_string(token) + " " + owner));
  EXPECT_TRUE(store.lock_release("job", owner).value());
}

TEST_P(Locks, WhatIsNoLockIsToldApart) {
  store.set("k", "a value").value();
  EXPECT_EQ(code(store.lock_acquire("k", "me", 5s)), Errc::wrong_type);
  EXPECT_EQ(code(store.lock_extend("k", "me", 5s)), Errc::wrong_type);
  EXPECT_EQ(code(store.lock_release("k", "me")), Errc::wrong_type);
  store.set("{job}~f", "no number").value();
  EXPECT_EQ(code(store.lock_acquire("job", "me", 5s)), Errc::wrong_type);
  EXPECT_EQ(store.get("k").value(), Bytes("a value"));
}

TEST_P(Locks, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.lock_acquire("k", "", 5s)), Errc::bad_argument);
  EXPECT_EQ(code(store.lock_acquire("k", std::string(257, 'o'), 5s)), Errc::bad_argument);
  EXPECT_EQ(code(store.lock_acquire("k", "me", 0ms)), Errc::bad_argument);
  EXPECT_EQ(code(store.lock_extend("k", "me", -1s)), Errc::bad_argument);
  EXPECT_EQ(code(store.lock_release("", "me")), Errc::bad_argument);
}

// --- fences

class Fences : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Fences);

TEST_P(Fences, AnOlderTokenComesTooLate) {
  EXPECT_TRUE(store.fenced_set("k", "by 7", 7).value());
  EXPECT_TRUE(store.fenced_set("k", "by 7 again", 7).value());
  EXPECT_TRUE(store.fenced_set("k", "by 10", 10).value());
  EXPECT_FALSE(store.fenced_set("k", "by 9", 9).value());
  EXPECT_EQ(store.get("k").value(), Bytes("by 10"));
}

TEST_P(Fences, AFenceOutlivesItsValue) {
  store.fenced_set("k", "v", 10).value();
  store.erase("k").value();
  EXPECT_FALSE(store.fenced_set("k", "late", 9).value());
  EXPECT_FALSE(store.exists("k").value());
}

TEST_P(Fences, TheTokenOfALostLockIsRefused) {
  const auto lost = store.lock_acquire("job", "a", 20ms).value().token;
  LockGrant next;
  ASSERT_TRUE(
      eventually([&] { return (next = store.lock_acquire("job", "b", 5s).value()).taken(); }));
  EXPECT_TRUE(store.fenced_set("index", "b's", next.token).value());
  EXPECT_FALSE(store.fenced_set("index", "a's", lost).value());
  EXPECT_EQ(store.get("index").value(), Bytes("b's"));
}

TEST_P(Fences, DeadlinesAreThoseOfSet) {
  store.fenced_set("k", "v", 1, {.ttl = 60s}).value();
  EXPECT_THAT(store.ttl("k").value().left, Gt(50s));
  store.fenced_set("k", "w", 2, {.keep_ttl = true}).value();
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::remaining);
  store.fenced_set("k", "x", 3).value();
  EXPECT_EQ(store.ttl("k").value().state, Ttl::State::persistent);
}

TEST_P(Fences, TheGreatestTokenIsComparedExactly) {
  constexpr std::uint64_t kMax = std::uint64_t{1} << 53;
  EXPECT_TRUE(store.fenced_set("k", "v", kMax).value());
  EXPECT_FALSE(store.fenced_set("k", "w", kMax - 1).value());
  EXPECT_TRUE(store.fenced_set("k", "x", kMax).value());
  EXPECT_EQ(code(store.fenced_set("k", "y", kMax + 1)), Errc::bad_argument);
}

TEST_P(Fences, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.fenced_set("k", "v", 0)), Errc::bad_argument);
  EXPECT_EQ(code(store.fenced_set("k", "v", 1, {.condition = SetIf::absent})), Errc::bad_argument);
  store.set("{k}~f", "no number").value();
  EXPECT_EQ(code(store.fenced_set("k", "v", 1)), Errc::wrong_type);
}

// --- limits

class Limits : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Limits);

constexpr Limit kThreeAnHour{3, 1h};

TEST_P(Limits, SoManyAndNoMore) {
  for (std::uint32_t left : {2u, 1u, 0u}) {
    const Decision decision = store.limit_take("c", kThreeAnHour).value();
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.remaining, left);
    EXPECT_EQ(decision.retry_after, 0ms);
  }
  const Decision denied = store.limit_take("c", kThreeAnHour).value();
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.remaining, 0u);
  EXPECT_THAT(denied.retry_after, AllOf(Gt(0ms), Le(2h)));
  EXPECT_THAT(denied.reset_after, AllOf(Ge(denied.retry_after), Le(2h)));
}

TEST_P(Limits, WhatIsDeniedTakesNothing) {
  EXPECT_TRUE(store.limit_take("c", kThreeAnHour, 2).value().allowed);
  const Decision denied = store.limit_take("c", kThreeAnHour, 2).value();
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.remaining, 1u);
  EXPECT_TRUE(store.limit_take("c", kThreeAnHour, 1).value().allowed);
}

TEST_P(Limits, APeekTakesNothing) {
  EXPECT_EQ(store.limit_peek("c", kThreeAnHour).value(), (Decision{true, 3, 0ms, 0ms}));
  EXPECT_FALSE(store.exists("c").value());
  store.limit_take("c", kThreeAnHour, 3).value();
  const Decision seen = store.limit_peek("c", kThreeAnHour).value();
  EXPECT_FALSE(seen.allowed);
  EXPECT_GT(seen.retry_after, 0ms);
  EXPECT_TRUE(store.limit_peek("other", kThreeAnHour, 3).value().allowed);
}

TEST_P(Limits, WhoWaitsAsLongAsToldIsAllowed) {
  const Limit limit{4, 40ms};
  ASSERT_TRUE(eventually([&] { return store.limit_take("c", limit, 4).value().allowed; }));
  EXPECT_TRUE(eventually([&] { return store.limit_take("c", limit, 4).value().allowed; }));
}

TEST_P(Limits, NothingIsRememberedLongerThanToldAndThenItIsGone) {
  const Limit limit{4, 40ms};
  const Decision taken = store.limit_take("c", limit).value();
  EXPECT_THAT(taken.reset_after, AllOf(Gt(0ms), Le(80ms)));
  EXPECT_TRUE(eventually([&] { return store.size().value() == 0; }));
}

TEST_P(Limits, ManyCallersShareOneAllowance) {
  const Store other = another();
  std::uint32_t allowed = 0;
  for (int i = 0; i < 10; ++i) {
    allowed += (i % 2 == 0 ? store : other).limit_take("c", kThreeAnHour).value().allowed ? 1 : 0;
  }
  EXPECT_EQ(allowed, 3u);
}

TEST_P(Limits, TheGreatestLimitIsCountedExactly) {
  const Limit limit{100'000'000, std::chrono::days{366}};
  EXPECT_EQ(store.limit_take("c", limit, 99'999'999).value().remaining, 1u);
  EXPECT_TRUE(store.limit_take("c", limit).value().allowed);
  EXPECT_FALSE(store.limit_take("c", limit).value().allowed);
}

TEST_P(Limits, TheStateOfTheWindowBeforeWeighsByWhatIsLeftOfIt) {
  // An index so far ahead that time stands still at its beginning: all of the previous window counts.
  store.set("c", "9000000000 60 40").value();
  const Limit limit{100, 1h};
  EXPECT_EQ(store.limit_peek("c", limit).value(), (Decision{false, 0, 1min, 2h}));
  store.set("c", "9000000000 60 30").value();
  EXPECT_EQ(store.limit_peek("c", limit, 25).value(), (Decision{false, 10, 15min, 2h}));
  EXPECT_EQ(store.limit_peek("c", limit, 10).value(), (Decision{true, 10, 0ms, 2h}));
  EXPECT_EQ(store.limit_peek("c", limit, 75).value(), (Decision{false, 10, 70min, 2h}));
  EXPECT_EQ(store.limit_take("c", limit, 10).value(), (Decision{true, 0, 0ms, 2h}));
  EXPECT_EQ(store.get("c").value(), Bytes("9000000000 60 40"));
}

TEST_P(Limits, WhatIsNoLimitersStateIsToldApart) {
  store.set("c", "a value").value();
  EXPECT_EQ(code(store.limit_take("c", kThreeAnHour)), Errc::wrong_type);
  EXPECT_EQ(code(store.limit_peek("c", kThreeAnHour)), Errc::wrong_type);
}

TEST_P(Limits, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.limit_take("c", {0, 1s})), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {100'000'001, 1s})), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {1, 0ms})), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {1, std::chrono::days{367}})), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {3, 1s}, 4)), Errc::bad_argument);
  EXPECT_EQ(code(store.limit_take("c", {3, 1s}, 0)), Errc::bad_argument);
}

// --- generations

class Generations : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(Generations);

TEST_P(Generations, StayAsTheyAreUntilBumped) {
  const auto first = store.generations({"a", "b"}).value();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_GT(first[0], 0u);
  EXPECT_EQ(another().generations({"a", "b"}).value(), first);
  const auto bumped = store.bump_generation("a").value();
  EXPECT_GT(bumped, first[0]);
  EXPECT_EQ(store.generations({"b", "a"}).value(), (std::vector<std::uint64_t>{first[1], bumped}));
}

TEST_P(Generations, OneThatWasForgottenNeverComesBack) {
  const auto first = store.generations({"a"}).value();
  store.erase("{a}~g").value();
  EXPECT_GT(store.generations({"a"}).value()[0], first[0]);
  const auto bumped = store.bump_generation("a").value();
  store.flush().value();
  EXPECT_GT(store.bump_generation("a").value(), bumped);
}

TEST_P(Generations, TheSameTagTwiceIsTheSame) {
  const auto twice = store.generations({"a", "a"}).value();
  EXPECT_EQ(twice[0], twice[1]);
}

TEST_P(Generations, OfNoTagsThereAreNone) {
  EXPECT_TRUE(store.generations(std::span<const std::string_view>{}).value().empty());
}

TEST_P(Generations, ManyAtOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 1'024; ++i) names.push_back("tag" + std::to_string(i));
  const std::vector<std::string_view> tags(names.begin(), names.end());
  const auto first = store.generations(tags).value();
  EXPECT_EQ(first.size(), tags.size());
  EXPECT_EQ(store.generations(tags).value(), first);
}

TEST_P(Generations, TheyAreForgottenInTheEnd) {
  store.generations({"a"}).value();
  EXPECT_THAT(store.ttl("{a}~g").value().left, Gt(std::chrono::days{29}));
}

TEST_P(Generations, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(code(store.generations({"a", ""})), Errc::bad_argument);
  EXPECT_EQ(code(store.bump_generation("")), Errc::bad_argument);
  const std::vector<std::string_view> tags(1'025, "a");
  EXPECT_EQ(code(store.generations(tags)), Errc::bad_argument);
  store.set("{a}~g", "no number").value();
  EXPECT_EQ(code(store.generations({"a"})), Errc::wrong_type);
  EXPECT_EQ(code(store.bump_generation("a")), Errc::wrong_type);
}

// --- coroutines

class AsyncSteps : public contract::StoreContract {};
LARDER_FOR_EVERY_STORE(AsyncSteps);

TEST_P(AsyncSteps, AnswerAsTheBlockingFormsDo) {
  using test::run;
  const Lease lease = run(store.async_lease("k", 5s)).value();
  EXPECT_TRUE(run(store.async_fill("k", "v", lease.token, 60s)).value());
  EXPECT_EQ(run(store.async_lease("k", 5s)).value().value, Bytes("v"));
  const LockGrant grant = run(store.async_lock_acquire("job", "me", 5s)).value();
  EXPECT_TRUE(run(store.async_lock_extend("job", "me", 6s)).value());
  EXPECT_TRUE(run(store.async_fenced_set("out", "v", grant.token)).value());
  EXPECT_FALSE(run(store.async_fenced_set("out", "v", grant.token - 1)).value());
  EXPECT_TRUE(run(store.async_lock_release("job", "me")).value());
  EXPECT_EQ(run(store.async_limit_take("c", kThreeAnHour, 2)).value().remaining, 1u);
  EXPECT_EQ(run(store.async_limit_peek("c", kThreeAnHour)).value().remaining, 1u);
  const auto before = run(store.async_generations({"a", "b"})).value();
  EXPECT_GT(run(store.async_bump_generation("a")).value(), before.at(0));
  EXPECT_EQ(code(run(store.async_lock_acquire("", "me", 5s))), Errc::bad_argument);
}

}  // namespace
}  // namespace larder
