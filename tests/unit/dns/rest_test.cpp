// The REST face before a resolver and a cache that answer as they are told.
#include "dns/rest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dns/message.hpp"
#include "dns/name.hpp"
#include "dns/rdata_text.hpp"
#include "dns/rest_json.hpp"
#include "dns/rest_target.hpp"
#include "dns/types.hpp"

namespace larder::dns {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

/// Answers every question with one address, or with `failure`.
class FakeResolver final : public Resolver {
 public:
  void resolve(const Question& question, base::Instant, Done done) override {
    asked.push_back(question);
    if (failure) return done(*failure);
    Message message;
    message.rcode = rcode;
    message.response = message.recursion_desired = message.recursion_available = true;
    message.question = Asked{question.name, question.type, question.klass};
    if (rcode == 0)
      message.answers.push_back(
          {question.name, question.type, 1, 287,
           rdata_from_text(question.type, question.type == type::kA ? "192.0.2.1" : "\\# 1 00")
               .value()});
    done(Answer{.wire = build_message(message),
                .origin = origin,
                .age = std::chrono::seconds(13),
                .partition = 2});
  }
  std::string trouble() const override { return unwell; }

  std::vector<Question> asked;
  std::optional<Error> failure;
  std::uint16_t rcode = 0;
  Origin origin = Origin::shared;
  std::string unwell;
};

class FakeCache final : public CacheAdmin {
 public:
  void look(const std::string& name, std::optional<std::uint16_t> type,
            Done<std::vector<CachedEntry>> done) override {
    said = "look " + name + " " + std::to_string(type.value_or(0));
    done(std::vector<CachedEntry>{});
  }
  void list(const ListEntries& what, Done<EntryPage> done) override {
    said = "list " + what.prefix + "|" + what.suffix + "|" + std::to_string(what.limit);
    CachedEntry entry;
    entry.name = "a.example.";
    entry.type = 1;
    done(EntryPage{{entry}, 18446744073709551615u});
  }
  void put(const PutEntry& entry, Done<void> done) override {
    said = "put " + entry.name + " " + std::to_string(entry.type) + " " +
           std::to_string(entry.ttl) + " " + (entry.records.empty() ? "" : entry.records[0]) +
           (entry.pinned ? " pinned" : "");
    done({});
  }
  void erase(const EraseEntries& what, Done<std::size_t> done) override {
    said = "erase " + what.name + " " + std::to_string(what.type.value_or(0)) +
           (what.subtree ? " subtree" : "");
    done(std::size_t{3});
  }
  void flush(Done<void> done) override {
    said = "flush";
    done({});
  }
  DnsStats stats() const override { return {.questions = 4, .near_hits = 3, .misses = 1}; }
  void partitions(Done<std::vector<PartitionStats>> done) override { done(held); }
  void policy(const PolicyChange& change, Done<std::vector<TierPolicy>> done) override {
    said = "policy " + change.near + "|" + change.shared;
    done(std::vector<TierPolicy>{{.tier = "near", .policy = "adaptive", .bytes_max = 7},
                                 {.tier = "redis://h", .trouble = refused}});
  }
  std::string refused;

  std::string said;
  std::vector<PartitionStats> held{partition("redis://127.0.0.1:1", 3),
                                   partition("redis://127.0.0.1:2", 1)};

 private:
  static PartitionStats partition(std::string name, std::uint64_t requests) {
    PartitionStats stats;
    stats.name = std::move(name);
    stats.requests = requests;
    return stats;
  }
};

class RestTest : public testing::Test {
 protected:
  http::Response ask(std::string method, std::string target, std::string body = "",
                     http::Request more = {}) {
    more.method = std::move(method);
    more.target = std::move(target);
    more.body = std::move(body);
    if (more.host.empty()) more.host = "localhost:8053";
    more.host_count = 1;
    http::Response heard;
    api.handle(more, [&](http::Response response) { heard = std::move(response); });
    return heard;
  }
  http::Response get(std::string target) { return ask("GET", std::move(target)); }

  FakeResolver resolver;
  FakeCache cache;
  base::ManualClock clock;
  base::Metrics metrics;
  RestApi api{{.resolver = resolver, .admin = &cache, .metrics = &metrics, .clock = clock}};
};

TEST_F(RestTest, AnAnswerHasTheShapeThatPublicResolversGiveIt) {
  const auto heard = get("/resolve?name=Example.com&type=A");
  EXPECT_EQ(heard.status, 200u);
  EXPECT_EQ(
      heard.body,
      R"({"Status":0,"TC":false,"RD":true,"RA":true,"AD":false,"CD":false,"Question":[{"name":"Example.com.","type":1}],)"
      R"("Answer":[{"name":"Example.com.","type":1,"TTL":287,"data":"192.0.2.1"}]})");
  EXPECT_THAT(heard.headers, Contains(Pair("X-Larder-Source", "shared")));
  EXPECT_THAT(heard.headers, Contains(Pair("X-Larder-Partition", "2")));
}

TEST_F(RestTest, TypeFlagsAndOurOwnFactsAreAskedForByName) {
  const auto heard = get("/resolve?name=a.example&type=TYPE65280&do=1&cd=true&larder=1");
  EXPECT_THAT(heard.body,
              HasSubstr(R"("Larder":{"source":"shared","partition":2,"age":13,"elapsed_us":0})"));
  ASSERT_EQ(resolver.asked.size(), 1u);
  EXPECT_EQ(resolver.asked[0].type, 65'280);
  EXPECT_TRUE(resolver.asked[0].dnssec_ok && resolver.asked[0].checking_disabled);
}

TEST_F(RestTest, WhatCannotBeAskedIs400AndSaysWhy) {
  const std::string label(64, 'a');
  std::string name;
  while (name.size() < 254) name += "abcdefg.";
  const struct {
    std::string target, why;
  } kBad[] = {
      {"/resolve", "name: missing"},
      {"/resolve?name=" + label + ".example", "63"},
      {"/resolve?name=" + name, "25"},
      {"/resolve?name=a..example", "name: \\\"a..example\\\": has an empty label"},
      {"/resolve?name=a.example&type=BOGUS", "no such record type \\\"BOGUS\\\""},
      {"/resolve?name=a.example&type=65536", "no such record type"},
      {"/resolve?name=a.example&type=0", "no such record type"},
      {"/resolve?name=a.example&name=b.example", "name: given twice"},
      {"/resolve?name=a.example&do=maybe", "do: expected 0, 1, true or false"},
      {"/resolve?name=%4", "two hexadecimal digits"},
      {"/resolve?name=a%00b", "zero byte"},
      {"/cache?limit=many", "limit: expected a number"},
      {"/cache?tier=far", "tier: expected near or shared"},
      {"/dns?domain=", "domain: missing"},
      {"/dns-query?dns=%21%21", "base64url"},
      {"/dns-query?dns=AAAA", "expected a DNS query"},
  };
  for (const auto& bad : kBad) {
    const auto heard = get(bad.target);
    EXPECT_EQ(heard.status, 400u) << bad.target;
    EXPECT_THAT(heard.body, HasSubstr("{\"error\":\"")) << bad.target;
    EXPECT_THAT(heard.body, HasSubstr(bad.why)) << bad.target;
  }
  EXPECT_TRUE(resolver.asked.empty());
}

TEST_F(RestTest, AFailureOfTheNetworkIsAnAnswerWithStatus2AndItsReason) {
  resolver.failure =
      Error{Errc::timeout, Effect::maybe_executed, "192.0.2.1:53: no answer in 1500 ms"};
  const auto heard = get("/resolve?name=a.example");
  EXPECT_EQ(heard.status, 200u);
  EXPECT_THAT(heard.body, HasSubstr(R"({"Status":2,)"));
  EXPECT_THAT(heard.body,
              HasSubstr(R"("Answer":[],"Comment":"192.0.2.1:53: no answer in 1500 ms"})"));
  EXPECT_EQ(get("/dns?domain=a.example").status, 504u);

  resolver.failure = Error{Errc::overloaded, Effect::not_sent, "too many questions"};
  EXPECT_EQ(get("/resolve?name=a.example").status, 503u);
}

TEST_F(RestTest, AStubsAnswerSaysThatItIsOne) {
  resolver.origin = Origin::stub;
  EXPECT_THAT(get("/resolve?name=a.example").body, HasSubstr("built-in stub"));
}

TEST_F(RestTest, ABatchIsAnsweredInOrderEachForItself) {
  const auto heard = ask(
      "POST", "/resolve",
      R"({"queries":[{"name":"b.example"},{"name":"bad..name","type":"A"},{"name":"c.example","type":28,"do":true},"d.example"]})");
  EXPECT_EQ(heard.status, 200u);
  const auto b = heard.body.find("b.example."), bad = heard.body.find("{\"error\":\"name: "),
             c = heard.body.find("c.example."), d = heard.body.find("d.example.");
  EXPECT_TRUE(b < bad && bad < c && c < d && d != std::string::npos) << heard.body;
  ASSERT_EQ(resolver.asked.size(), 3u);
  EXPECT_TRUE(resolver.asked[1].type == 28 && resolver.asked[1].dnssec_ok);
}

TEST_F(RestTest, ABadBatchNamesThePlace) {
  EXPECT_THAT(ask("POST", "/resolve", R"({"queries":[{"name":"a"},{"name":7}]})").body,
              HasSubstr("/queries/1/name"));
  EXPECT_THAT(ask("POST", "/resolve", R"({"queries":[]})").body, HasSubstr("empty"));
  EXPECT_THAT(ask("POST", "/resolve", R"({"questions":[]})").body,
              HasSubstr("expected queries or names, found questions"));
  std::string many = "[";
  for (std::size_t i = 0; i <= kBatchMax; ++i) many += std::string(i ? "," : "") + "\"a.example\"";
  EXPECT_THAT(ask("POST", "/resolve", many + "]").body, HasSubstr("more than 1000"));
}

TEST_F(RestTest, TheCourseIsToldHitOrMissAndNeverAMadeUpAddress) {
  EXPECT_EQ(get("/text/a.example").body, "\"HIT: 192.0.2.1\"");
  EXPECT_EQ(ask("POST", "/text", R"({"text":"a.example"})").body, "\"HIT: 192.0.2.1\"");
  resolver.origin = Origin::upstream;
  EXPECT_EQ(
      get("/dns?domain=a.example").body,
      R"({"domain":"a.example","ips":["192.0.2.1"],"status":"NOERROR","cache":"MISS","source":"upstream","node":2,"ttl":287})");
  resolver.rcode = rcode::kNxDomain;
  EXPECT_EQ(get("/text/a.example").body, "\"MISS: NXDOMAIN\"");
  EXPECT_EQ(ask("POST", "/text", "{}").status, 400u);
}

TEST_F(RestTest, TheCacheIsLookedIntoAndChanged) {
  EXPECT_EQ(get("/cache/a.example?type=AAAA").status, 404u);
  EXPECT_EQ(cache.said, "look a.example 28");
  EXPECT_THAT(get("/cache?prefix=a&suffix=example&limit=5").body,
              HasSubstr(R"("cursor":"18446744073709551615")"));
  EXPECT_EQ(cache.said, "list a|example|5");
  EXPECT_EQ(ask("PUT", "/cache/a.example/A", R"({"ttl":60,"records":["192.0.2.7"],"pinned":true})")
                .status,
            200u);
  EXPECT_EQ(cache.said, "put a.example 1 60 192.0.2.7 pinned");
  EXPECT_EQ(ask("DELETE", "/v1/cache/a.example").status, 404u) << "no such route";
  EXPECT_EQ(ask("DELETE", "/cache/a.example/MX?subtree=1").body, R"({"erased":3})");
  EXPECT_EQ(cache.said, "erase a.example 15 subtree");
  EXPECT_EQ(ask("DELETE", "/cache").body, R"({"flushed":true})");
  EXPECT_THAT(ask("PUT", "/cache/a.example/A", R"({"ttl":0})").body,
              HasSubstr("expected 1 to 2147483647 seconds"));
  EXPECT_THAT(ask("PUT", "/cache/a.example/A", R"({"tll":1})").body,
              HasSubstr("unknown member tll"));
  EXPECT_THAT(get("/stats").body, HasSubstr(R"("hit_rate":0.75)"));
  EXPECT_THAT(get("/partitions").body,
              HasSubstr(R"("balance_cv":0.5,"balance_max_over_mean":1.5)"));
  EXPECT_EQ(ask("POST", "/prefetch", R"({"names":["a.example","b.example","bad..name"]})").body,
            R"({"asked":2,"answered":2,"refused":1})");
}

TEST_F(RestTest, ReadyNamesWhoIsMissing) {
  EXPECT_EQ(get("/readyz").body, R"({"ready":true,"partitions":2,"missing":[]})");
  resolver.unwell = "no upstream answers";
  cache.held[1].answers = false;
  cache.held[1].trouble = "connection refused";
  const auto heard = get("/readyz");
  EXPECT_EQ(heard.status, 503u);
  EXPECT_THAT(heard.body, HasSubstr(R"({"who":"resolver","why":"no upstream answers"})"));
  EXPECT_THAT(
      heard.body,
      HasSubstr("{\"who\":\"partition 1 (redis://127.0.0.1:2)\",\"why\":\"connection refused\"}"));
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(RestTest, NobodyElsesPageMayAskAndNobodyElsesMachineMayChange) {
  EXPECT_EQ(ask("GET", "/resolve?name=a.example", "", {.host = "evil.example"}).status, 403u);
  EXPECT_EQ(ask("DELETE", "/cache", "", {.origin = "http://evil.example"}).status, 403u);
  EXPECT_EQ(ask("DELETE", "/cache", "", {.origin = "http://localhost:8053"}).status, 200u);
  EXPECT_EQ(ask("DELETE", "/cache", "", {.host = "dns.example", .loopback_only = false}).status,
            403u);
  EXPECT_EQ(
      ask("GET", "/resolve?name=a.example", "", {.host = "dns.example", .loopback_only = false})
          .status,
      200u);
}

TEST_F(RestTest, WithATokenItTakesTheTokenFromEverywhere) {
  AdminToken token{"0123456789abcdef"};
  const RestApi guarded{{.resolver = resolver, .admin = &cache, .token = &token}};
  const auto status = [&](std::string method, std::string target, std::string shown,
                          bool loopback) {
    http::Request request{.method = std::move(method),
                          .target = std::move(target),
                          .host = "localhost",
                          .host_count = 1,
                          .authorization = std::move(shown),
                          .loopback_only = loopback};
    unsigned heard = 0;
    guarded.handle(request, [&](const http::Response& response) { heard = response.status; });
    return heard;
  };
  for (const bool loopback : {true, false}) {
    EXPECT_EQ(status("GET", "/resolve?name=a", "", loopback), 200u);
    EXPECT_EQ(status("GET", "/healthz", "", loopback), 200u);
    for (const char* target : {"/stats", "/cache", "/partitions", "/policy"}) {
      EXPECT_EQ(status("GET", target, "", loopback), 401u) << target;
      EXPECT_EQ(status("GET", target, "Bearer 0123456789abcdeF", loopback), 401u) << target;
      EXPECT_EQ(status("GET", target, "Bearer 0123456789abcdef", loopback), 200u) << target;
    }
    EXPECT_EQ(status("DELETE", "/cache/a", "Basic 0123456789abcdef", loopback), 401u);
    EXPECT_EQ(status("DELETE", "/cache/a", "bearer 0123456789abcdef", loopback), 200u);
  }
  token.set("");
  EXPECT_EQ(status("GET", "/stats", "", false), 200u);
  EXPECT_EQ(status("DELETE", "/cache/a", "Bearer ", false), 403u);
}

TEST_F(RestTest, ThePolicyIsToldAndChanged) {
  cache.refused = "NOPERM";
  EXPECT_EQ(get("/policy").body,
            "{\"tiers\":[{\"tier\":\"near\",\"policy\":\"adaptive\",\"bytes_max\":7},"
            "{\"tier\":\"redis://h\",\"policy\":\"\",\"bytes_max\":0,\"trouble\":\"NOPERM\"}]}");
  EXPECT_EQ(ask("PUT", "/policy", "{\"near\":\"allkeys-lru\",\"shared\":\"allkeys-lfu\"}").status,
            502u);
  EXPECT_EQ(cache.said, "policy allkeys-lru|allkeys-lfu");
  cache.refused.clear();
  EXPECT_EQ(ask("PUT", "/policy", "{\"near\":\"adaptive\"}").status, 200u);
  EXPECT_EQ(ask("PUT", "/policy", "{}").status, 400u);
}

TEST_F(RestTest, OtherRoutesAndMethodsSayWhatThereIs) {
  EXPECT_EQ(get("/nothing").status, 404u);
  const auto heard = ask("DELETE", "/resolve");
  EXPECT_EQ(heard.status, 405u);
  EXPECT_THAT(heard.headers, Contains(Pair("Allow", "GET, POST")));
  EXPECT_THAT(get("/").body, HasSubstr("GET /resolve"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("larder_dns_http_requests_total{status=\"405\"} 1"));
}

TEST_F(RestTest, AMessageComesBackAsOneWithItsId) {
  Message asked;
  asked.id = 0x1234;
  asked.question = Asked{name_from_text("a.example").value(), 1, 1};
  const auto query = build_message(asked);
  http::Request as_message;
  as_message.content_type = "application/dns-message";
  const auto heard = ask("POST", "/dns-query", query, as_message);
  EXPECT_EQ(heard.content_type, "application/dns-message");
  const auto answer = parse_message(heard.body).value();
  EXPECT_EQ(answer.id, 0x1234);
  EXPECT_EQ(answer.answers.size(), 1u);
  EXPECT_EQ(ask("POST", "/dns-query", query).status, 415u);
  // RFC 8484, 4.1.1: its own example of a GET.
  EXPECT_EQ(get("/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB").status, 200u);
  EXPECT_EQ(name_to_text(resolver.asked.back().name), "www.example.com.");
}

TEST(RestTargetTest, PiecesAndParametersAreDecoded) {
  const auto target = RestTarget::parse("/cache/a%2Fb.example/A?x=1+2&flag").value();
  EXPECT_THAT(target.path(), ElementsAre("cache", "a/b.example", "A"));
  EXPECT_EQ(target.text("x"), "1 2");
  EXPECT_TRUE(target.flag("flag").value());
  EXPECT_FALSE(target.flag("other").value());
}

}  // namespace
}  // namespace larder::dns
