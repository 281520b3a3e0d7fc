#include <gtest/gtest.h>

#include <string>

#include "lab/policy_replay.hpp"
#include "unit/lab/written.hpp"

namespace larder::lab {
namespace {

using policy::Eviction;

class PolicyReplayTest : public testing::Test {
 protected:
  /// Runs it; what it wrote is in results_ and notes_ then.
  int run(const PolicyReplayOptions& options) {
    test::Written results, notes;
    const int status = policy_replay(options, {results.file(), notes.file()});
    results_ = results.text();
    notes_ = notes.text();
    return status;
  }

  static PolicyReplayOptions options(std::string_view policies, std::string_view sizes,
                                     By by = By::count) {
    return {.source = {.generate = "zipf:1.0", .keys = 1'000, .requests = 10'000},
            .policies = parse_policies(policies).value(),
            .sizes = parse_capacities(sizes, by).value(),
            .by = by};
  }
  static PolicyReplayOptions tiny_loop(std::string_view policies, std::string_view sizes,
                                       By by = By::count) {
    auto tiny = options(policies, sizes, by);
    tiny.source = {.generate = "scan", .keys = 4, .requests = 8};
    return tiny;
  }

  std::string results_, notes_;
};

TEST_F(PolicyReplayTest, JsonHasACellForEachPolicyAndSize) {
  auto tiny = tiny_loop("noeviction", "50%,4");
  tiny.json = true;
  EXPECT_EQ(run(tiny), kDone);
  EXPECT_EQ(results_,
            R"({"trace": "scan", "by": "count", "requests": 8, "distinct": 4, )"
            R"("requests_per_second": 100, "ttl": false, "seed": 7, "cells": [)"
            R"({"policy": "noeviction", "size": "50%", "capacity_entries": 2, "requests": 8, )"
            R"("hits": 2, "hit_ratio": 0.25, "evicted": 0, "expired": 0, "refused": 4}, )"
            R"({"policy": "noeviction", "size": "4", "capacity_entries": 4, "requests": 8, )"
            R"("hits": 4, "hit_ratio": 0.5, "evicted": 0, "expired": 0, "refused": 0}]})"
            "\n");
  EXPECT_EQ(notes_, "");
}

TEST_F(PolicyReplayTest, ByBytesJsonTellsOfBytesToo) {
  auto tiny = tiny_loop("adaptive", "1MiB", By::bytes);
  tiny.json = true;
  EXPECT_EQ(run(tiny), kDone);
  EXPECT_NE(results_.find(R"("distinct_bytes": 256)"), std::string::npos) << results_;
  EXPECT_NE(results_.find(R"("capacity_bytes": 1048576)"), std::string::npos) << results_;
  EXPECT_NE(results_.find(R"("byte_hit_ratio": 0.5)"), std::string::npos) << results_;
}

TEST_F(PolicyReplayTest, TheTableHasARowForEachPolicyAndAColumnForEachSize) {
  EXPECT_EQ(run(tiny_loop("noeviction,allkeys-random", "50%,100%")), kDone);
  EXPECT_EQ(results_.substr(0, results_.find("  allkeys-random")),
            "scan: 8 requests for 4 keys\n"
            "  size                   50%       100%\n"
            "  entries                  2          4\n"
            "hits\n"
            "  noeviction        25.000 %   50.000 %\n");
  EXPECT_NE(results_.find("  allkeys-random"), std::string::npos);
}

TEST_F(PolicyReplayTest, TheCellsAreTheSameForAnyNumberOfThreads) {
  auto all = options("all", "1%,10%");
  all.json = true;
  EXPECT_EQ(run(all), kDone);
  const std::string alone = results_;
  all.threads = 4;
  EXPECT_EQ(run(all), kDone);
  EXPECT_EQ(results_, alone);
}

TEST_F(PolicyReplayTest, APolicyThatCanEvictNothingIsNamed) {
  EXPECT_EQ(run(options("adaptive,volatile-lru,volatile-ttl", "10%")), kDone);
  EXPECT_EQ(notes_,
            "larder replay: note: volatile-lru, volatile-ttl: this trace has no third column "
            "(seconds to live), so there is nothing they may evict; once full, they refuse what is "
            "new\n");
}

TEST_F(PolicyReplayTest, RefusedWritesAreNamedWhereNobodyWouldExpectThem) {
  EXPECT_EQ(run(tiny_loop("adaptive,noeviction", "10", By::bytes)), kDone);
  EXPECT_EQ(
      notes_,
      "larder replay: note: adaptive at 10: 8 writes were refused: the object was larger than "
      "the cache, or nothing could be evicted\n");
}

TEST_F(PolicyReplayTest, OptionsThatMakeNoSenseAreOneLineAndStatusTwo) {
  EXPECT_EQ(run({}), kBadInput);
  auto slip = options("adaptive", "1%");
  slip.threads = 0;
  EXPECT_EQ(run(slip), kBadInput);
  slip = options("adaptive", "1%");
  slip.requests_per_second = 0;
  EXPECT_EQ(run(slip), kBadInput);
  slip = options("adaptive", "1%");
  slip.source = {.trace = "no/such/trace"};
  EXPECT_EQ(run(slip), kBadInput);
  EXPECT_EQ(notes_, "larder replay: no/such/trace: No such file or directory\n");
}

TEST(ParsePoliciesTest, AllIsEveryPolicyAndEachComesOnce) {
  EXPECT_EQ(parse_policies("all").value().size(), 9u);
  EXPECT_EQ(parse_policies("adaptive,allkeys-lru,adaptive").value(),
            (std::vector{Eviction::adaptive, Eviction::allkeys_lru}));
}

TEST(ParsePoliciesTest, ASlipIsQuotedBesideAllThatThereAre) {
  const auto bad = parse_policies("adaptive,lru");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().detail,
            "no policy \"lru\"; there are adaptive, noeviction, allkeys-lru, allkeys-lfu, "
            "allkeys-random, volatile-lru, volatile-lfu, volatile-random, volatile-ttl, all");
  EXPECT_FALSE(parse_policies(""));
  EXPECT_FALSE(parse_policies("adaptive,"));
}

}  // namespace
}  // namespace larder::lab
