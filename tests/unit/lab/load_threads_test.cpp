#include <gtest/gtest.h>

#include <numeric>

#include "lab/load.hpp"
#include "unit/lab/tiny_server.hpp"

namespace larder::lab {
namespace {

class LoadTest : public testing::Test {
 protected:
  static BenchOptions options(const TinyServer& server) {
    BenchOptions result;
    result.port = server.port();
    result.connections = 4;
    result.keys = 1'000;
    result.requests = 5'000;
    result.warm_up = base::Millis{0};
    return result;
  }
  static Result<LoadReport> run(const BenchOptions& options) {
    return run_load(options, base::SystemClock::instance());
  }
};

TEST_F(LoadTest, EveryGetOfALoadedKeyHits) {
  TinyServer server;
  auto load = options(server);
  load.get_share = 1;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.gets, 5'000u);
  EXPECT_EQ(report.counts.hits, 5'000u);
  EXPECT_EQ(report.counts.wrong + report.counts.errors + report.counts.misses, 0u);
  EXPECT_EQ(report.counts.answered(), 5'000u);
  EXPECT_FALSE(report.failure);
}

TEST_F(LoadTest, SaysHowFairlyTheServerTreatedItsConnections) {
  TinyServer server;
  auto load = options(server);
  load.threads = 2;
  const auto report = run(load).value();
  ASSERT_EQ(report.replies.size(), 4u);
  EXPECT_EQ(std::accumulate(report.replies.begin(), report.replies.end(), std::uint64_t{0}),
            5'000u);
  EXPECT_GT(report.fairness(), 0.0);
  EXPECT_LE(report.fairness(), 1.0);
  LoadReport unfair;
  EXPECT_EQ(unfair.fairness(), 0.0);
  unfair.replies = {50, 150};
  EXPECT_DOUBLE_EQ(unfair.fairness(), 0.5);
}

TEST_F(LoadTest, AMixHasItsShares) {
  TinyServer server;
  auto load = options(server);
  load.get_share = 0.8;
  load.requests = 20'000;
  load.pipeline = 16;
  const auto counts = run(load).value().counts;
  EXPECT_EQ(counts.gets + counts.sets, 20'000u);
  EXPECT_NEAR(static_cast<double>(counts.gets), 16'000, 6 * 56.6);
  EXPECT_EQ(counts.hits, counts.gets);
}

TEST_F(LoadTest, NoMoreThanAPipelineIsWrittenAtOnce) {
  TinyServer server;
  auto load = options(server);
  load.preload = false;
  load.keep = true;
  load.pipeline = 7;
  EXPECT_EQ(run(load).value().counts.answered(), 5'000u);
  EXPECT_EQ(server.largest(), 7u);
}

TEST_F(LoadTest, KeysAreErasedAtTheEndOrKept) {
  TinyServer server;
  auto load = options(server);
  EXPECT_FALSE(run(load).value().failure);
  EXPECT_EQ(server.keys(), 0u);
  load.keep = true;
  EXPECT_FALSE(run(load).value().failure);
  EXPECT_EQ(server.keys(), 1'000u);
}

TEST_F(LoadTest, WithoutADurationItOnlyLoads) {
  TinyServer server;
  auto load = options(server);
  load.requests = 0;
  load.duration = base::Millis{0};
  load.keep = true;
  EXPECT_EQ(run(load).value().counts.answered(), 0u);
  EXPECT_EQ(server.requests(), 1'000u);
  EXPECT_EQ(server.keys(), 1'000u);
}

TEST_F(LoadTest, SeveralThreadsShareConnectionsKeysAndRequests) {
  TinyServer server;
  auto load = options(server);
  load.threads = 3;
  load.connections = 7;
  load.value = {10, 300};
  load.get_share = 1;
  load.keep = true;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.hits, 5'000u);
  EXPECT_EQ(server.requests(), 6'000u);
  EXPECT_EQ(server.keys(), 1'000u);
}

TEST_F(LoadTest, AValueThatCameBackChangedIsWrong) {
  TinyServer server({.spoil_values = true});
  auto load = options(server);
  load.get_share = 1;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.wrong, 5'000u);
  EXPECT_EQ(report.counts.hits, 0u);
}

TEST_F(LoadTest, AMissIsCountedAsAMiss) {
  TinyServer server({.forget = true});
  auto load = options(server);
  load.get_share = 1;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.misses, 5'000u);
  EXPECT_EQ(report.counts.hits, 0u);
}

TEST_F(LoadTest, AServerThatTakesNoKeysEndsTheRunWithItsWords) {
  TinyServer server({.refuse_sets = true});
  const auto report = run(options(server));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::server_error);
  EXPECT_NE(report.error().detail.find("OOM command not allowed"), std::string::npos);
}

TEST_F(LoadTest, AConnectionLostMidwayIsAFailureWithWhatWasCounted) {
  TinyServer server({.close_after = 3'000});
  const auto report = run(options(server)).value();
  ASSERT_TRUE(report.failure);
  EXPECT_EQ(report.failure->code, Errc::disconnected);
  EXPECT_LE(report.counts.answered(), 2'000u);
}

TEST_F(LoadTest, AClosedPortIsUnreachable) {
  std::uint16_t port = 0;
  {
    TinyServer gone;
    port = gone.port();
  }
  BenchOptions load;
  load.port = port;
  const auto report = run(load);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::unreachable);
}

TEST_F(LoadTest, APasswordIsSentAndAWrongOneIsToldWithoutItself) {
  TinyServer server({.password = "sesame"});
  auto load = options(server);
  load.password = "sesame";
  EXPECT_EQ(run(load).value().counts.answered(), 5'000u);
  load.password = "guess42";
  const auto report = run(load);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::unauthorized);
  EXPECT_EQ(report.error().detail.find("guess42"), std::string::npos);
}

TEST_F(LoadTest, AnOpenLoopSendsItsWholeSchedule) {
  TinyServer server;
  auto load = options(server);
  load.rate = 20'000;
  load.requests = 2'000;
  load.pipeline = 8;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.answered(), 2'000u);
  // Two thousand at twenty thousand a second: the last is due after 99.95 ms, never before.
  EXPECT_GE(report.seconds, 0.0999);
}

TEST_F(LoadTest, AnOpenLoopThatCannotKeepUpCountsTheWaitAsLatency) {
  TinyServer server;
  auto load = options(server);
  load.connections = 1;
  load.rate = 5e6;  // Far more than one request in flight on one connection can do.
  load.requests = 2'000;
  const auto report = run(load).value();
  EXPECT_EQ(report.counts.answered(), 2'000u);
  EXPECT_GT(report.late, 1'000u);
  // All were wanted within 0.4 ms; the last came at the end. So it waited nearly the whole run.
  const auto whole_ns = static_cast<std::uint64_t>(report.seconds * 1e9);
  EXPECT_GT(report.counts.latency_ns.max(), whole_ns - whole_ns / 4);
}

TEST_F(LoadTest, OptionsThatMakeNoSenseAreRefusedBeforeAnythingIsSent) {
  TinyServer server;
  const auto refused = [&](auto change) {
    auto load = options(server);
    change(load);
    const auto report = run(load);
    return !report && report.error().code == Errc::bad_argument;
  };
  EXPECT_TRUE(refused([](auto& load) { load.keys = 0; }));
  EXPECT_TRUE(refused([](auto& load) { load.connections = 0; }));
  EXPECT_TRUE(refused([](auto& load) { load.pipeline = 0; }));
  EXPECT_TRUE(refused([](auto& load) { load.threads = 5; }));
  EXPECT_TRUE(refused([](auto& load) { load.get_share = 1.1; }));
  EXPECT_TRUE(refused([](auto& load) { load.rate = -1; }));
  EXPECT_TRUE(refused([](auto& load) { load.distribution = "normal"; }));
  EXPECT_EQ(server.requests(), 0u);
}

}  // namespace
}  // namespace larder::lab
