// The cache's promises, one after the other, with time by hand and an upstream that answers when it is told to.
#include "cache_bench.hpp"
#include "dns/reply.hpp"

namespace larder::dns {
namespace {

using namespace std::chrono_literals;

TEST_F(CacheTest, AnAnswerIsFetchedOnceAndAgesUntilItIsOver) {
  const auto first = ask();
  EXPECT_FALSE(*first);
  source.answer(60);
  EXPECT_EQ(origin(first), Origin::upstream);

  pass(59s);
  const auto second = ask();
  EXPECT_EQ(origin(second), Origin::near);
  EXPECT_EQ(ttl(second), 1U);
  EXPECT_EQ((***second).age, 59s);

  pass(1s);
  const auto third = ask();
  EXPECT_FALSE(*third);
  EXPECT_EQ(source.asked.size(), 1U);
}

TEST_F(CacheTest, CaseIsTheAskersAndTheEntryIsOne) {
  fetch(60, "WWW.example.com");
  const auto got = ask("www.EXAMPLE.com");
  EXPECT_EQ(origin(got), Origin::near);
  const auto message = parse_message((***got).wire).value();
  EXPECT_EQ(name_to_text(message.question->name), "www.EXAMPLE.com.");
  EXPECT_EQ(name_to_text(message.answers[0].name), "www.EXAMPLE.com.");
}

TEST_F(CacheTest, AThousandAskersMakeOneQuestion) {
  std::vector<std::shared_ptr<std::optional<Outcome>>> all;
  for (int i = 0; i < 1'000; ++i) all.push_back(ask());
  EXPECT_EQ(source.asked.size(), 1U);
  source.answer();
  for (const auto& one : all) EXPECT_EQ(origin(one), Origin::upstream);
  EXPECT_EQ(cache->stats().joined, 999U);
}

TEST_F(CacheTest, SignedAndUnsignedAnswersAreApart) {
  fetch();
  auto with_do = question();
  with_do.dnssec_ok = true;
  EXPECT_FALSE(*ask(with_do));
  auto with_cd = question();
  with_cd.checking_disabled = true;
  EXPECT_FALSE(*ask(with_cd));
  EXPECT_EQ(source.asked.size(), 2U);
}

TEST_F(CacheTest, ThatThereIsNoneIsKeptAsLongAsTheSoaSays) {
  const auto first = ask();
  source.deny(20);
  EXPECT_EQ(origin(first), Origin::upstream);
  pass(19s);
  EXPECT_EQ(origin(ask()), Origin::near);
  pass(1s);
  EXPECT_FALSE(*ask());
}

TEST_F(CacheTest, AnswersWithoutTimeAreGivenAndNotKept) {
  fetch(0);
  EXPECT_FALSE(*ask());
}

TEST_F(CacheTest, AFailureIsRememberedForFiveSecondsAndIsNoAnswer) {
  const auto first = ask();
  source.fail();
  ASSERT_TRUE(*first);
  EXPECT_EQ((**first).error().code, Errc::timeout);

  const auto second = ask();  // Upstream is spared.
  ASSERT_TRUE(*second);
  EXPECT_EQ((**second).error().code, Errc::timeout);
  EXPECT_TRUE(source.asked.empty());
  // Near forgets it by the real clock; a question past the cache shows that nothing else is in the way.
  auto past = question();
  past.bypass_cache = true;
  const auto third = ask(past);
  source.answer();
  EXPECT_EQ(origin(third), Origin::upstream);
  EXPECT_EQ(origin(ask()), Origin::near);
}

TEST_F(CacheTest, AServersRefusalIsAFailure) {
  const auto got = ask();
  auto asked = std::move(source.asked.front());
  source.asked.clear();
  Message refused;
  refused.response = true;
  refused.rcode = rcode::kRefused;
  refused.question = Asked{asked.question.name, type::kA, kClassIn};
  asked.done(refused);
  EXPECT_EQ((**got).error().code, Errc::server_error);
}

TEST_F(CacheTest, AStaleAnswerStandsInWhenUpstreamFails) {
  fetch(60);
  pass(61s);
  const auto got = ask();
  EXPECT_FALSE(*got);
  source.fail();
  EXPECT_EQ(origin(got), Origin::stale);
  EXPECT_EQ(ttl(got), 30U);
  EXPECT_EQ(ede_of(***got), ede::kStale);
  EXPECT_EQ(origin(ask()), Origin::stale);  // Spared for a while, and at once.
  EXPECT_TRUE(source.asked.empty());
}

TEST_F(CacheTest, AStaleAnswerStandsInWhenUpstreamIsSlowAndTheFreshOneIsKept) {
  fetch(60);
  pass(61s);
  const auto got = ask();
  pass(1'799ms);
  EXPECT_FALSE(*got);
  pass(1ms);
  EXPECT_EQ(origin(got), Origin::stale);
  source.answer(60);
  EXPECT_EQ(origin(ask()), Origin::near);
}

TEST_F(CacheTest, AStaleAnswerMayGoOutAtOnce) {
  open({.stale_wait = 0ms});
  fetch(60);
  pass(61s);
  EXPECT_EQ(origin(ask()), Origin::stale);
  EXPECT_EQ(origin(ask()), Origin::stale);
  EXPECT_EQ(source.asked.size(), 1U);
}

TEST_F(CacheTest, WhatIsTooStaleIsNotServed) {
  open({.stale_max = 100s});
  fetch(60);
  pass(161s);
  const auto got = ask();
  source.fail();
  EXPECT_FALSE(**got);
}

TEST_F(CacheTest, ThatItIsGoneReplacesAStaleAnswer) {
  fetch(60);
  pass(61s);
  const auto got = ask();
  source.deny(60);
  EXPECT_EQ(origin(got), Origin::upstream);
  EXPECT_EQ(parse_message((***got).wire)->rcode, rcode::kNxDomain);
}

TEST_F(CacheTest, AHotEntryIsFetchedAnewBeforeItEnds) {
  fetch(100);
  pass(91s);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(origin(ask()), Origin::near);
  loop.run_once(0ns);
  EXPECT_TRUE(source.asked.empty());  // Twice is not hot yet.
  EXPECT_EQ(origin(ask()), Origin::near);
  loop.run_once(0ns);
  ASSERT_EQ(source.asked.size(), 1U);
  EXPECT_EQ(origin(ask()), Origin::near);  // Nobody waits for it.
  source.answer(100);
  EXPECT_EQ(ttl(ask()), 100U);
  EXPECT_EQ(cache->stats().prefetches, 1U);
}

TEST_F(CacheTest, AnAskersDeadlineEndsItsWaitAndNobodyElses) {
  const auto short_one = ask(question(), clock.now() + 100ms);
  const auto long_one = ask();
  pass(100ms);
  ASSERT_TRUE(*short_one);
  EXPECT_EQ((**short_one).error().code, Errc::timeout);
  EXPECT_FALSE(*long_one);
  source.answer();
  EXPECT_EQ(origin(long_one), Origin::upstream);
}

TEST_F(CacheTest, BeyondItsBoundALaneTakesNoMore) {
  open({.flights_max = 2});
  ask("a.example");
  ask("b.example");
  const auto third = ask("c.example");
  EXPECT_EQ((**third).error().code, Errc::overloaded);
  EXPECT_FALSE(*ask("a.example"));  // Joins.
}

TEST_F(CacheTest, WhatIsNoQuestionIsRefused) {
  auto chaos = question();
  chaos.klass = 3;
  EXPECT_EQ((**ask(chaos)).error().code, Errc::bad_argument);
  auto transfer = question();
  transfer.type = type::kAxfr;
  EXPECT_EQ((**ask(transfer)).error().code, Errc::bad_argument);
  auto broken = question();
  broken.name = "www";
  EXPECT_EQ((**ask(broken)).error().code, Errc::bad_argument);
}

TEST_F(CacheTest, ItsEndTellsThoseWhoWait) {
  const auto got = ask();
  cache.reset();
  ASSERT_TRUE(*got);
  EXPECT_EQ((**got).error().code, Errc::cancelled);
  source.answer();  // Comes too late, and finds nobody.
}

TEST_F(CacheTest, ASecondNodeAnswersFromTheSharedStore) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({}, shared);
  fetch(60);
  pass(10s);
  open({}, shared);  // Another process: nothing is near.
  const auto got = ask("WWW.example.com");
  EXPECT_EQ(origin(got), Origin::shared);
  EXPECT_EQ(ttl(got), 50U);
  EXPECT_TRUE(source.asked.empty());
  EXPECT_EQ(origin(ask()), Origin::near);
  pass(50s);
  EXPECT_FALSE(*ask());
}

TEST_F(CacheTest, AStaleSharedAnswerStandsInAsWell) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({}, shared);
  fetch(60);
  open({}, shared);
  pass(61s);
  const auto got = ask();
  source.fail();
  EXPECT_EQ(origin(got), Origin::stale);
}

TEST_F(CacheTest, WhatTheSharedStoreCannotSayIsAMissThatIsCounted) {
  const auto inner = Store::open("memory:?shards=1").value();
  const auto held = std::make_shared<HeldStore>(inner);
  open({}, Store(held));
  const auto first = ask();
  EXPECT_EQ(held->held.size(), 1U);
  EXPECT_TRUE(source.asked.empty());
  held->fail(Errc::timeout);
  loop.run_once(0ns);
  source.answer();
  EXPECT_EQ(origin(first), Origin::upstream);
  EXPECT_EQ(cache->stats().shared_errors, 1U);
  EXPECT_EQ(cache->stats().shared_late, 1U);

  ASSERT_TRUE(inner.set("dns:{bad.example.}/A/", "No IP found"));
  const auto second = ask("bad.example");
  held->let_go();
  loop.run_once(0ns);
  source.answer();
  EXPECT_EQ(origin(second), Origin::upstream);
  EXPECT_EQ(cache->stats().shared_bad, 1U);
}

TEST_F(CacheTest, AStoreThatAnswersAfterTheEndFindsNobody) {
  const auto held = std::make_shared<HeldStore>(Store::open("memory:?shards=1").value());
  open({}, Store(held));
  const auto got = ask();
  cache.reset();
  held->let_go();
  loop.run_once(0ns);
  EXPECT_EQ((**got).error().code, Errc::cancelled);
}

TEST_F(CacheTest, TwoProcessesMakeOneFlight) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({.lease_wait = 500ms}, shared);
  HandSource other_source;
  DnsCache other(Store::open("memory:?shards=1").value(), shared, {{&loop, &other_source}},
                 {.lease_wait = 500ms}, clock);
  const auto first = ask();
  other.enter_lane(0);
  std::optional<Outcome> second;
  other.resolve(question(), {}, [&](Outcome outcome) { second = std::move(outcome); });
  cache->enter_lane(0);
  EXPECT_EQ(source.asked.size(), 1U);
  EXPECT_TRUE(other_source.asked.empty());
  pass(20ms);
  EXPECT_FALSE(second);
  source.answer();
  EXPECT_EQ(origin(first), Origin::upstream);
  pass(20ms);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->origin, Origin::shared);
  EXPECT_TRUE(other_source.asked.empty());
}

TEST_F(CacheTest, NobodyWaitsForAnotherProcessForEver) {
  const auto shared = Store::open("memory:?shards=1").value();
  ASSERT_TRUE(
      shared.lease("dns:{www.example.com.}/A/", 10s)->granted());  // By a process that died since.
  open({.lease_wait = 50ms}, shared);
  const auto got = ask();
  for (int i = 0; i < 2; ++i) pass(20ms);
  EXPECT_TRUE(source.asked.empty());
  pass(10ms);
  ASSERT_EQ(source.asked.size(), 1U);
  source.answer();
  EXPECT_EQ(origin(got), Origin::upstream);
}

TEST_F(CacheTest, SharedEntriesAreNamedForPeople) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({.key_prefix = "d1:"}, shared);
  fetch(60, "WWW.example.com");
  EXPECT_TRUE(*shared.exists("d1:{www.example.com.}/A/"));
  EXPECT_EQ(shared.ttl("d1:{www.example.com.}/A/")->state, Ttl::State::remaining);
}

template <class T>
T now_or_fail(const std::function<void(CacheAdmin::Done<T>)>& call) {
  std::optional<Result<T>> got;
  call([&](Result<T> result) { got.emplace(std::move(result)); });
  if (!got) throw std::runtime_error("no answer");
  return got->value();
}

TEST_F(CacheTest, PinnedEntriesStayUntilTheyAreErased) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({}, shared);
  bool put = false;
  cache->put({.name = "pin.example", .ttl = 5, .records = {"192.0.2.7"}, .pinned = true},
             [&](Result<void> done) { put = done.has_value(); });
  EXPECT_TRUE(put);
  pass(1h);
  const auto got = ask("PIN.example");
  EXPECT_EQ(origin(got), Origin::pinned);
  EXPECT_EQ(ttl(got), 5U);
  const auto gone = now_or_fail<std::size_t>(
      [&](auto done) { cache->erase({.name = "pin.example", .type = type::kA}, done); });
  EXPECT_EQ(gone, 8U);  // With and without DO and CD, near and shared.
  EXPECT_FALSE(*ask("pin.example"));
}

TEST_F(CacheTest, EntriesAreLookedAtListedAndErasedByName) {
  const auto shared = Store::open("memory:?shards=1").value();
  open({}, shared);
  fetch(60, "a.one.example");
  fetch(60, "b.one.example");
  fetch(60, "two.example");
  pass(10s);
  const auto seen = now_or_fail<std::vector<CachedEntry>>(
      [&](auto done) { cache->look("A.one.example", {}, done); });
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].tier, Origin::near);
  EXPECT_EQ(seen[1].tier, Origin::shared);
  EXPECT_EQ(seen[1].ttl, 50s);
  EXPECT_EQ(seen[1].age, 10s);
  for (const Origin tier : {Origin::near, Origin::shared}) {
    const auto under = now_or_fail<EntryPage>(
        [&](auto done) { cache->list({.suffix = "one.example", .tier = tier}, done); });
    EXPECT_EQ(under.entries.size(), 2U);
  }
  const auto named = now_or_fail<EntryPage>(
      [&](auto done) { cache->list({.prefix = "b.", .type = type::kA}, done); });
  EXPECT_EQ(named.entries.size(), 1U);
  ASSERT_TRUE(shared.set("other", "key"));
  EXPECT_EQ(now_or_fail<std::size_t>(
                [&](auto done) { cache->erase({.name = "one.example", .subtree = true}, done); }),
            4U);
  EXPECT_EQ(origin(ask("two.example")), Origin::near);
  bool flushed = false;
  cache->flush([&](Result<void> done) { flushed = done.has_value(); });
  EXPECT_TRUE(flushed);
  EXPECT_EQ(*shared.size(), 1U);  // What is not ours stays.
}

TEST_F(CacheTest, WhatCannotBePutSaysWhy) {
  const std::pair<PutEntry, const char*> rows[] = {
      {{.name = "a..b", .records = {}}, "empty label"},
      {{.name = "a.b", .records = {"nonsense"}}, "is read as in"},
      {{.name = "a.b", .ttl = 0, .records = {}}, "ttl 0"},
      {{.name = "a.b", .type = type::kAny, .records = {}}, "no record has it"}};
  for (const auto& [entry, why] : rows) {
    std::string said;
    cache->put(entry, [&](Result<void> done) { said = done ? "done" : done.error().detail; });
    EXPECT_NE(said.find(why), std::string::npos) << said;
  }
}

TEST_F(CacheTest, TheShortWayAnswersWhatIsNearAndFresh) {
  Message asked;
  asked.question = Asked{name_from_text("www.Example.com").value(), type::kA, kClassIn};
  const auto bytes = build_message(asked);
  const Query query = read_query(bytes);
  std::string room(512, '\0');
  EXPECT_FALSE(cache->near_reply(query, room));
  fetch(60);
  const auto hit = cache->near_reply(query, room);
  ASSERT_TRUE(hit);
  EXPECT_EQ(name_to_text(parse_message(room.substr(0, hit->bytes))->answers.at(0).name),
            "www.Example.com.");
  const auto cut = cache->near_reply(query, std::span(room).first(40));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(parse_message(room.substr(0, cut->bytes))->truncated);
  pass(60s);
  EXPECT_FALSE(cache->near_reply(query, room));
}

}  // namespace
}  // namespace larder::dns
