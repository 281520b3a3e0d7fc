// What of an upstream's message is kept, how it lies in the cache, and what an asker gets of it.
#include <gtest/gtest.h>

#include "dns/acl.hpp"
#include "dns/cookies.hpp"
#include "dns/entry.hpp"
#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/query.hpp"
#include "dns/query_out.hpp"
#include "dns/rdata_text.hpp"
#include "dns/reply.hpp"
#include "dns/resolv_conf.hpp"
#include "dns/stub.hpp"
#include "dns/types.hpp"
#include "dns/upstream_health.hpp"
#include "dns/vet.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

using namespace std::chrono_literals;

std::string n(std::string_view text) { return name_from_text(text).value(); }

Record rr(std::string_view name, std::uint16_t type, std::uint32_t ttl, std::string_view rdata) {
  return {n(name), type, kClassIn, ttl, rdata_from_text(type, rdata).value()};
}

Question ask(std::string_view name, std::uint16_t type = type::kA) {
  Question question;
  question.name = n(name);
  question.type = type;
  return question;
}

Message reply_to(const Question& question, std::vector<Record> answers,
                 std::vector<Record> authority = {}) {
  Message message;
  message.response = true;
  message.question = Asked{question.name, question.type, question.klass};
  message.answers = std::move(answers);
  message.authority = std::move(authority);
  return message;
}

constexpr const char* kSoa = "ns.example. root.example. 1 2 3 4 120";

TEST(Vet, KeepsTheChainOfTheQuestionAndNothingElse) {
  const auto question = ask("www.example");
  const auto vetted =
      vet(question,
          reply_to(question,
                   {rr("www.example", type::kCname, 300, "web.example."),
                    rr("web.example", type::kA, 60, "192.0.2.1"),
                    rr("bank.example", type::kA, 60, "192.0.2.66"),      // Nobody asked for it.
                    rr("web.example", type::kAaaa, 60, "2001:db8::1")},  // Nor for this type.
                   {rr("example", type::kNs, 60, "ns.evil.")}),
          {});
  ASSERT_TRUE(vetted);
  EXPECT_EQ(vetted->message.answers.size(), 2U);
  EXPECT_TRUE(vetted->message.authority.empty());
  EXPECT_EQ(vetted->ttl_s, 60U);
  EXPECT_FALSE(vetted->negative);
}

TEST(Vet, AChainThatRunsInACircleEnds) {
  const auto question = ask("a.example");
  const auto vetted = vet(question,
                          reply_to(question, {rr("a.example", type::kCname, 9, "b.example."),
                                              rr("b.example", type::kCname, 9, "a.example.")}),
                          {});
  ASSERT_TRUE(vetted);
  EXPECT_EQ(vetted->message.answers.size(), 2U);
  EXPECT_EQ(vetted->ttl_s, 0U);  // No SOA says how long there is none.
}

TEST(Vet, NegativeAnswersLiveByTheirSoa) {
  struct Row {
    std::uint16_t rcode;
    std::uint32_t soa_ttl, max_s, expected_s;
  };
  for (const Row& row : {Row{rcode::kNxDomain, 900, 300, 120}, Row{rcode::kNoError, 60, 300, 60},
                         Row{rcode::kNxDomain, 900, 30, 30}}) {
    const auto question = ask("nx.example");
    auto message = reply_to(question, {}, {rr("example", type::kSoa, row.soa_ttl, kSoa)});
    message.rcode = row.rcode;
    const auto vetted = vet(question, message, {.negative_max_s = row.max_s});
    ASSERT_TRUE(vetted);
    EXPECT_TRUE(vetted->negative);
    EXPECT_EQ(vetted->ttl_s, row.expected_s);
    EXPECT_EQ(vetted->message.authority.at(0).ttl, row.expected_s);
  }
}

TEST(Vet, AnSoaOfAnotherZoneSaysNothing) {
  const auto question = ask("nx.example");
  auto message = reply_to(question, {}, {rr("evil", type::kSoa, 900, kSoa)});
  message.rcode = rcode::kNxDomain;
  const auto vetted = vet(question, message, {});
  ASSERT_TRUE(vetted);
  EXPECT_EQ(vetted->ttl_s, 0U);
  EXPECT_TRUE(vetted->message.authority.empty());
}

TEST(Vet, TtlsAreRaisedAndCut) {
  const auto question = ask("a.example");
  const auto message = reply_to(question, {rr("a.example", type::kA, 5, "192.0.2.1"),
                                           rr("a.example", type::kA, 900'000, "192.0.2.2")});
  const auto vetted = vet(question, message, {.min_s = 10, .max_s = 600});
  EXPECT_EQ(vetted->message.answers[0].ttl, 10U);
  EXPECT_EQ(vetted->message.answers[1].ttl, 600U);
  EXPECT_EQ(
      vet(question, reply_to(question, {rr("a.example", type::kA, 0, "192.0.2.1")}), {})->ttl_s,
      0U);
}

TEST(Vet, WhatIsNoAnswerIsAnError) {
  const auto question = ask("a.example");
  auto refused = reply_to(question, {});
  refused.rcode = rcode::kRefused;
  EXPECT_EQ(vet(question, refused, {}).error().code, Errc::server_error);
  EXPECT_EQ(vet(question, reply_to(ask("b.example"), {}), {}).error().code, Errc::protocol);
  const auto referral = reply_to(question, {}, {rr("example", type::kNs, 60, "ns.example.")});
  EXPECT_EQ(vet(question, referral, {}).error().code, Errc::server_error);
}

TEST(Vet, PrivateAddressesAreTakenOutOnlyOnDemand) {
  const auto question = ask("a.example");
  for (const char* address :
       {"10.1.2.3", "127.0.0.1", "192.168.1.1", "169.254.1.1", "172.16.9.9", "100.64.0.1"}) {
    const auto message = reply_to(question, {rr("a.example", type::kA, 60, address),
                                             rr("a.example", type::kA, 60, "192.0.2.1")});
    EXPECT_EQ(vet(question, message, {})->message.answers.size(), 2U);
    EXPECT_EQ(vet(question, message, {.drop_private = true})->message.answers.size(), 1U)
        << address;
  }
  const auto six = ask("a.example", type::kAaaa);
  for (const char* address : {"fd00::1", "fe80::1", "::1", "::ffff:10.0.0.1"}) {
    const auto message = reply_to(six, {rr("a.example", type::kAaaa, 60, address)});
    EXPECT_TRUE(vet(six, message, {.drop_private = true})->message.answers.empty()) << address;
  }
}

TEST(Vet, TheRandomCaseOfTheQuestionDoesNotStay) {
  const auto asked = ask("wWw.ExAmple");
  auto message = reply_to(asked, {rr("wWw.ExAmple", type::kCname, 60, "Web.ExAmple.")},
                          {rr("ExAmple", type::kSoa, 60, kSoa)});
  const auto vetted = vet(asked, message, {});
  ASSERT_TRUE(vetted);
  EXPECT_EQ(name_to_text(vetted->message.answers[0].name), "www.example.");
  EXPECT_EQ(name_to_text(vetted->message.answers[0].rdata),
            "Web.example.");  // The zone's own letters do.
  EXPECT_EQ(name_to_text(vetted->message.authority[0].name), "example.");
}

std::string entry_of(std::uint32_t ttl, std::int64_t stored_ms, std::uint32_t stale = 0,
                     bool pinned = false) {
  const auto question = ask("a.example");
  const auto vetted =
      vet(question, reply_to(question, {rr("a.example", type::kA, ttl, "192.0.2.1")}), {}).value();
  return pack_entry(
      {.pinned = pinned, .stored_ms = stored_ms, .ttl_s = vetted.ttl_s, .stale_s = stale},
      build_message(vetted.message));
}

Message rendered(std::string_view bytes, std::string_view name, std::int64_t now_ms) {
  const auto entry = open_near_entry(bytes).value();
  std::string wire(entry.wire.size(), '\0');
  render(wire.data(), entry, name, now_ms, 30);
  return parse_message(wire).value();
}

TEST(EntryTest, AgesAndShowsTheAskersCase) {
  const auto bytes = entry_of(300, 1'000);
  const auto message = rendered(bytes, n("A.eXample"), 11'999);
  EXPECT_EQ(name_to_text(message.question->name), "A.eXample.");
  EXPECT_EQ(name_to_text(message.answers.at(0).name), "A.eXample.");
  EXPECT_EQ(message.answers[0].ttl, 290U);
}

TEST(EntryTest, IsFreshThenStaleThenGone) {
  const auto bytes = entry_of(10, 0, 100);
  const auto entry = open_near_entry(bytes).value();
  EXPECT_TRUE(entry.is_fresh(9'999));
  EXPECT_FALSE(entry.is_fresh(10'000));
  EXPECT_TRUE(entry.is_usable_stale(109'999));
  EXPECT_FALSE(entry.is_usable_stale(110'000));
  EXPECT_EQ(rendered(bytes, n("a.example"), 50'000).answers[0].ttl, 30U);
  EXPECT_TRUE(entry.is_fresh(-5'000));  // Another machine's clock is ahead.
}

TEST(EntryTest, PinnedEntriesDoNotAge) {
  const auto bytes = entry_of(10, 0, 0, true);
  EXPECT_TRUE(open_near_entry(bytes)->is_fresh(1'000'000));
  EXPECT_EQ(rendered(bytes, n("a.example"), 1'000'000).answers[0].ttl, 10U);
}

TEST(EntryTest, WhatOthersWroteIsBelievedOnlyWhole) {
  const auto question = ask("a.example");
  const auto good = entry_of(10, 0);
  EXPECT_TRUE(open_shared_entry(good, question));
  EXPECT_FALSE(open_shared_entry(good, ask("b.example")));
  EXPECT_FALSE(open_shared_entry(good, ask("a.example", type::kAaaa)));
  EXPECT_FALSE(open_shared_entry("", question));
  EXPECT_FALSE(open_shared_entry("No IP found", question));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(open_shared_entry(bad, question)) << "byte " << i;
    EXPECT_FALSE(open_shared_entry(good.substr(0, i), question)) << "cut at " << i;
  }
  // Whoever can write to the store can make a checksum, too: places are compared with the message's own.
  auto moved = good;
  moved[26] = static_cast<char>(moved[26] + 1);
  EXPECT_FALSE(open_shared_entry(restamped(moved, 0), question));
}

std::string query_for(const Question& question, std::optional<Edns> edns = Edns{},
                      bool authentic = false) {
  Message message;
  message.id = 77;
  message.recursion_desired = true;
  message.authentic = authentic;
  message.question = Asked{question.name, question.type, question.klass};
  message.edns = std::move(edns);
  return build_message(message);
}

TEST(QueryTest, ReadsWhatIsAsked) {
  auto question = ask("Www.example", type::kAaaa);
  const auto bytes = query_for(question, Edns{4'096, 0, true,
                                              std::string("\0\x0a\0\x08"
                                                          "12345678",
                                                          12)});
  const Query query = read_query(bytes);
  EXPECT_FALSE(query.drop);
  EXPECT_EQ(query.refusal, 0);
  EXPECT_EQ(query.id, 77);
  EXPECT_EQ(name_to_text(query.name), "Www.example.");
  EXPECT_EQ(query.type, type::kAaaa);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_EQ(query.udp_bytes, 4'096);
  EXPECT_EQ(query.cookie, "12345678");
}

TEST(QueryTest, WhatIsNoQuestionGetsItsRcodeOrSilence) {
  const auto good = query_for(ask("a.example"));
  EXPECT_TRUE(read_query("").drop);
  EXPECT_TRUE(read_query(good.substr(0, 11)).drop);
  auto changed = [&](std::size_t at, char value) {
    auto bytes = good;
    bytes[at] = value;
    return bytes;
  };
  EXPECT_TRUE(read_query(changed(2, '\x80')).drop);                     // A response.
  EXPECT_EQ(read_query(changed(2, '\x28')).refusal, rcode::kNotImp);    // An update.
  EXPECT_EQ(read_query(changed(5, 2)).refusal, rcode::kFormErr);        // Two questions.
  EXPECT_EQ(read_query(changed(7, 1)).refusal, rcode::kFormErr);        // With an answer.
  EXPECT_EQ(read_query(changed(12, '\xc0')).refusal, rcode::kFormErr);  // A pointer in a question.
  EXPECT_EQ(read_query(good.substr(0, good.size() - 1)).refusal, rcode::kFormErr);
  EXPECT_EQ(read_query(query_for(ask("a.example"), Edns{512, 1, false, {}})).refusal,
            rcode::kBadVers);
  EXPECT_EQ(read_query(query_for(ask("a.example", type::kAxfr))).refusal, rcode::kNotImp);
  auto chaos = ask("version.bind", type::kTxt);
  chaos.klass = 3;
  EXPECT_EQ(read_query(query_for(chaos)).refusal, rcode::kNotImp);
}

std::string stored_wire(bool authentic = false) {
  const auto question = ask("a.example");
  auto message =
      vet(question, reply_to(question, {rr("a.example", type::kA, 60, "192.0.2.1")}), {})->message;
  message.authentic = authentic;
  return build_message(message);
}

TEST(ReplyTest, IsDressedForItsAsker) {
  const auto bytes = query_for(ask("a.example"));
  const Query query = read_query(bytes);
  const auto reply =
      parse_message(dressed(stored_wire(true), query,
                            {.bytes_max = 1'232, .ede = ede::kStale, .ede_text = "old"}))
          .value();
  EXPECT_EQ(reply.id, 77);
  EXPECT_TRUE(reply.recursion_desired);
  EXPECT_FALSE(reply.authentic);  // It did not say that it knows of AD.
  ASSERT_TRUE(reply.edns);
  EXPECT_EQ(reply.edns->options, std::string("\0\x0f\0\5\0\3old", 9));
  const auto knows = query_for(ask("a.example"), std::nullopt, true);
  const auto second = parse_message(dressed(stored_wire(true), read_query(knows), {})).value();
  EXPECT_TRUE(second.authentic);
  EXPECT_FALSE(second.edns);
}

TEST(ReplyTest, WhatDoesNotFitComesBackEmptyAndTruncated) {
  const auto bytes = query_for(ask("a.example"));
  const auto reply =
      parse_message(dressed(stored_wire(), read_query(bytes), {.bytes_max = 50})).value();
  EXPECT_TRUE(reply.truncated);
  EXPECT_TRUE(reply.answers.empty());
  EXPECT_TRUE(reply.edns);
  EXPECT_EQ(reply.question->type, type::kA);
}

TEST(ReplyTest, UdpRepliesAreBoundedByWhatIsSure) {
  Query plain;
  plain.bytes = 30;
  EXPECT_EQ(udp_reply_max(plain, true, 4), 512U);
  EXPECT_EQ(udp_reply_max(plain, false, 4), 120U);
  EXPECT_EQ(udp_reply_max(plain, false, 0), 512U);
  plain.has_edns = true;
  plain.udp_bytes = 4'096;
  EXPECT_EQ(udp_reply_max(plain, true, 4), 1'232U);
}

TEST(ReplyTest, BadversTravelsInTheExtendedRcode) {
  const auto bytes = query_for(ask("a.example"), Edns{512, 1, false, {}});
  const Query query = read_query(bytes);
  std::string room(600, '\0');
  room.resize(write_refusal(room, query, query.refusal, {}));
  EXPECT_EQ(parse_message(room)->rcode, rcode::kBadVers);
}

TEST(CookiesTest, AreKnownForTheirHostAndTime) {
  base::ManualClock clock;
  const Cookies cookies(clock);
  std::string cookie(Cookies::kBytes, '\0');
  const std::string host = "host";  // Four bytes, as any address of IPv4.
  cookies.write(cookie.data(), "clientid", host);
  EXPECT_TRUE(cookies.is_known(cookie, host));
  EXPECT_FALSE(cookies.is_known(cookie, "hosu"));
  EXPECT_FALSE(cookies.is_known("clientid", host));
  auto forged = cookie;
  forged.back() = static_cast<char>(forged.back() + 1);
  EXPECT_FALSE(cookies.is_known(forged, host));
  clock.advance(2h);
  EXPECT_FALSE(cookies.is_known(cookie, host));
}

TEST(AclTest, LetsInWhoIsNamed) {
  Acl acl = Acl::loopback();
  const auto v4 = [](unsigned a, unsigned b, unsigned c, unsigned d) {
    return std::string{static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                       static_cast<char>(d)};
  };
  EXPECT_TRUE(acl.allows(v4(127, 1, 2, 3)));
  EXPECT_FALSE(acl.allows(v4(192, 0, 2, 1)));
  ASSERT_TRUE(acl.allow("192.0.2.128/25"));
  EXPECT_TRUE(acl.allows(v4(192, 0, 2, 200)));
  EXPECT_FALSE(acl.allows(v4(192, 0, 2, 1)));
  ASSERT_TRUE(acl.allow("2001:db8::/32"));
  EXPECT_TRUE(acl.allows(rdata_from_text(type::kAaaa, "2001:db8:5::1").value()));
  for (const char* bad : {"192.0.2.1/24", "192.0.2.0/33", "nonsense", "::1/129", "10.0.0.0/x"})
    EXPECT_FALSE(acl.allow(bad)) << bad;
}

TEST(QueryOut, OnlyItsOwnAnswerMatches) {
  const auto question = ask("www.example");
  std::uint64_t seed = 1;
  const auto name =
      with_random_case(question.name, [&] { return seed = seed * 6'364'136'223'846'793'005U + 1; });
  EXPECT_NE(name, question.name);
  EXPECT_TRUE(same_name(name, question.name));
  auto reply = reply_to(question, {});
  reply.id = 5;
  reply.question->name = name;
  const auto wire = build_message(reply);
  EXPECT_EQ(match_reply(wire, 5, name, question), Match::yes);
  EXPECT_EQ(match_reply(wire, 6, name, question), Match::no);
  EXPECT_EQ(match_reply(wire, 5, question.name, question), Match::other_case);
  EXPECT_EQ(match_reply(wire, 5, name, ask("www.example", type::kAaaa)), Match::no);
  EXPECT_EQ(match_reply(wire.substr(0, 20), 5, name, question), Match::no);
  reply.response = false;
  EXPECT_EQ(match_reply(build_message(reply), 5, name, question), Match::no);
}

// The bar: a million forged answers, none taken. Every guess differs in id or case, as a forger's does.
TEST(QueryOut, AMillionForgedAnswersAreRefused) {
  const auto question = ask("www.example.com");
  std::uint64_t state = 7;
  const auto chance = [&state] {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
  };
  const auto name = with_random_case(question.name, chance);
  auto forged = reply_to(question, {rr("www.example.com", type::kA, 60, "192.0.2.66")});
  auto wire = build_message(forged);
  int taken = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const auto guess = static_cast<std::uint16_t>(chance());
    store16(wire.data(), guess == 4'242 ? std::uint16_t{1} : guess);
    taken += match_reply(wire, 4'242, name, question) == Match::yes ? 1 : 0;
  }
  EXPECT_EQ(taken, 0);
}

TEST(Health, TheFastestIsAskedAndTheSilentIsSpared) {
  base::ManualClock clock;
  UpstreamHealth health(3, 1'500ms);
  const std::uint64_t no_luck = 1;
  health.answered(0, 20ms);
  health.answered(1, 5ms);
  health.answered(2, 50ms);
  EXPECT_EQ(health.pick({}, clock.now(), no_luck), 1U);
  EXPECT_EQ(health.pick({false, true, false}, clock.now(), no_luck), 0U);
  for (int i = 0; i < 3; ++i) health.silent(1, clock.now());
  EXPECT_FALSE(health.is_up(1));
  EXPECT_EQ(health.pick({}, clock.now(), no_luck), 0U);
  clock.advance(1'100ms);
  EXPECT_EQ(health.pick({}, clock.now(), no_luck), 1U);  // One question to see whether it is back,
  EXPECT_EQ(health.pick({}, clock.now(), no_luck), 0U);  // and only one.
  health.answered(1, 5ms);
  EXPECT_TRUE(health.is_up(1));
}

TEST(Health, WhenAllAreDownSomebodyIsAskedAllTheSame) {
  base::ManualClock clock;
  UpstreamHealth health(2, 1'500ms);
  for (int i = 0; i < 3; ++i) health.silent(0, clock.now()), health.silent(1, clock.now());
  EXPECT_FALSE(health.is_any_up());
  EXPECT_NE(health.pick({true, false}, clock.now(), 1), 0U);
  EXPECT_LE(health.patience(0), 300ms);
}

TEST(ResolvConf, NamesServers) {
  const auto servers = read_resolv_conf(
      "# c\nsearch example\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 ; x\nnameserver bad\n");
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(net::to_string(servers[0]), "192.0.2.1:53");
  EXPECT_EQ(net::to_string(servers[1]), "[2001:db8::1]:53");
}

TEST(ResolvConf, ServersAreReadInAllTheirForms) {
  const std::pair<const char*, const char*> rows[] = {{"192.0.2.1", "192.0.2.1:53"},
                                                      {"192.0.2.1:5353", "192.0.2.1:5353"},
                                                      {"[::1]:53", "[::1]:53"},
                                                      {"::1", "[::1]:53"},
                                                      {"dns.example:54", "dns.example:54"}};
  for (const auto& [text, shown] : rows)
    EXPECT_EQ(net::to_string(read_server(text).value()), shown);
  for (const char* bad : {"", ":53", "a:", "a:70000", "[::1", "[::1]53", "a b", "192.0.2.1:x"})
    EXPECT_FALSE(read_server(bad)) << bad;
}

TEST(StubTest, SaysTheSameAlwaysAndNothingTrue) {
  const auto first = stub_answer(ask("www.example"), {});
  EXPECT_EQ(first, stub_answer(ask("www.example"), {}));
  ASSERT_EQ(first.answers.size(), 1U);
  const auto address = rdata_to_text(type::kA, first.answers[0].rdata);
  EXPECT_TRUE(address.starts_with("198.18.") || address.starts_with("198.19.")) << address;
  EXPECT_EQ(address, "198.19.111.109");  // On every machine, in every version.
}

TEST(StubTest, LabelsTellItWhatToDo) {
  EXPECT_EQ(stub_answer(ask("ttl-5.example"), {}).answers.at(0).ttl, 5U);
  EXPECT_EQ(stub_answer(ask("nx.example"), {}).rcode, rcode::kNxDomain);
  EXPECT_EQ(stub_answer(ask("servfail.example"), {}).rcode, rcode::kServFail);
  EXPECT_TRUE(stub_answer(ask("empty.example"), {}).answers.empty());
  EXPECT_EQ(stub_answer(ask("cname.www.example"), {}).answers.size(), 2U);
  EXPECT_GT(stub_answer(ask("big-4000.example", type::kTxt), {}).answers.size(), 10U);
  EXPECT_EQ(stub_delay(ask("slow-200.example"), {}), 200ms);
  EXPECT_EQ(stub_delay(ask("silent.example"), {}), std::nullopt);
  EXPECT_EQ(stub_answer(ask("a.missing"), {.nxdomain_match = "*.missing."}).rcode,
            rcode::kNxDomain);
}

TEST(StubTest, AShareOfNamesDoesNotExist) {
  int missing = 0;
  for (int i = 0; i < 10'000; ++i) {
    missing +=
        stub_answer(ask("n" + std::to_string(i) + ".example"), {.nxdomain_share = 0.1}).rcode ==
                rcode::kNxDomain
            ? 1
            : 0;
  }
  EXPECT_NEAR(missing, 1'000, 100);
}

}  // namespace
}  // namespace larder::dns
