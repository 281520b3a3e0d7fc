#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>

#include "lab/read_through.hpp"

namespace larder::lab {
namespace {

GeneratedTrace zipf_trace(std::uint64_t requests = 20'000) {
  return GeneratedTrace({.distribution = {.law = Distribution::Law::zipf},
                         .keys = 5'000,
                         .requests = requests,
                         .seed = 7,
                         .size = {0, 300}});
}

std::size_t distinct_keys(RequestSource& source) {
  std::set<std::string> keys;
  Request request;
  while (source.next(request).value()) keys.emplace(request.key);
  return keys.size();
}

class ReadThroughTest : public testing::Test {
 protected:
  ReadThroughReport run(RequestSource& source, const ReadThroughOptions& options = {}) {
    const Cache<Bytes> cache{store_, "replay", {.ttl = forever}};
    return read_through(cache, source, options, base::SystemClock::instance());
  }
  Store store_ = Store::open("memory:").value();
};

TEST_F(ReadThroughTest, HitsAreRequestsMinusDistinctKeysExactly) {
  auto trace = zipf_trace(), again = zipf_trace();
  const auto report = run(trace);
  EXPECT_EQ(report.requests, 20'000u);
  EXPECT_EQ(report.distinct, distinct_keys(again));
  EXPECT_EQ(report.hits, report.requests - report.distinct);
  EXPECT_EQ(report.hit_ns.count(), report.hits);
  EXPECT_EQ(report.miss_ns.count(), report.distinct);
  EXPECT_EQ(report.wrong, 0u);
  EXPECT_FALSE(report.failure);
}

TEST_F(ReadThroughTest, ManyThreadsHaveTheSameHits) {
  auto trace = zipf_trace(), again = zipf_trace();
  const auto report = run(trace, {.threads = 4});
  EXPECT_EQ(report.requests, 20'000u);
  EXPECT_EQ(report.distinct, distinct_keys(again));
  EXPECT_EQ(report.hits, report.requests - report.distinct);
  EXPECT_EQ(report.wrong, 0u);
}

TEST_F(ReadThroughTest, EntriesAreErasedAtTheEndOrKept) {
  auto trace = zipf_trace(), again = zipf_trace();
  run(trace, {.threads = 2});
  EXPECT_EQ(store_.size().value(), 0u);
  const auto report = run(again, {.threads = 2, .keep = true});
  EXPECT_EQ(store_.size().value(), report.distinct);
}

TEST_F(ReadThroughTest, ItStopsAfterTheRequestsAskedFor) {
  for (const unsigned threads : {1u, 3u}) {
    auto trace = zipf_trace();
    EXPECT_EQ(run(trace, {.threads = threads, .requests = 777}).requests, 777u);
  }
}

TEST_F(ReadThroughTest, AValueThatIsNotWhatWasSetIsWrong) {
  ASSERT_TRUE(store_.set("replay:k:000000000000", "someone else's"));
  GeneratedTrace trace(
      {.distribution = {.law = Distribution::Law::scan}, .keys = 10, .requests = 20});
  const auto report = run(trace);
  EXPECT_EQ(report.wrong, 2u);
  EXPECT_EQ(report.hits, report.expected_hits() + 1);
}

TEST_F(ReadThroughTest, AnObjectIsItsKeyAndItsValueTogether) {
  GeneratedTrace trace({.distribution = {}, .keys = 1, .requests = 1, .size = {100, 100}});
  run(trace, {.keep = true});
  EXPECT_EQ(store_.get("replay:k:000000000000").value()->size(), 100u - 14u);
}

TEST_F(ReadThroughTest, AnObjectSmallerThanItsKeyHasAnEmptyValue) {
  GeneratedTrace trace({.distribution = {}, .keys = 1, .requests = 2, .size = {1, 1}});
  const auto report = run(trace, {.keep = true});
  EXPECT_EQ(report.hits, 1u);
  EXPECT_EQ(store_.get("replay:k:000000000000").value(), Bytes{});
}

/// A few requests, the last of them with an error behind it.
class Broken final : public RequestSource {
 public:
  Result<bool> next(Request& request) override {
    if (done_ == 5) return Error{Errc::bad_argument, Effect::not_sent, "trace.txt:6: expected"};
    ++done_;
    request = {"k", 20, 60};
    return true;
  }
  std::optional<double> progress() const override { return std::nullopt; }

 private:
  int done_ = 0;
};

TEST_F(ReadThroughTest, ALineThatDoesNotParseEndsTheRunAndWhatWasWrittenIsErased) {
  for (const unsigned threads : {1u, 3u}) {
    Broken trace;
    const auto report = run(trace, {.threads = threads});
    ASSERT_TRUE(report.failure);
    EXPECT_EQ(report.failure->detail, "trace.txt:6: expected");
    EXPECT_EQ(report.requests, 5u);
    EXPECT_EQ(report.hits, 4u);
    EXPECT_EQ(store_.size().value(), 0u);
  }
}

TEST_F(ReadThroughTest, TheTtlIsSentOnlyWhenAskedFor) {
  Broken trace, again;
  run(trace, {.keep = true});
  EXPECT_EQ(store_.ttl("replay:k").value().state, Ttl::State::persistent);
  ASSERT_TRUE(store_.flush());
  run(again, {.ttl = true, .keep = true});
  const Ttl left = store_.ttl("replay:k").value();
  EXPECT_EQ(left.state, Ttl::State::remaining);
  EXPECT_LE(left.left, Millis{60'000});
  EXPECT_GT(left.left, Millis{50'000});
}

TEST_F(ReadThroughTest, AStoreThatIsFullEndsTheRun) {
  store_ = Store::open("memory:?max_bytes=64KiB&eviction=noeviction&shards=1").value();
  for (const unsigned threads : {1u, 3u}) {
    GeneratedTrace trace(
        {.distribution = {.law = Distribution::Law::scan}, .keys = 100'000, .requests = 100'000});
    const auto report = run(trace, {.threads = threads});
    ASSERT_TRUE(report.failure);
    EXPECT_EQ(report.failure->code, Errc::out_of_memory);
    EXPECT_EQ(store_.size().value(), 0u);
  }
}

TEST_F(ReadThroughTest, AFullStoreThatEvictsHasFewerHitsAndStillRightValues) {
  store_ = Store::open("memory:?max_bytes=128KiB&eviction=allkeys-lru&shards=1").value();
  auto trace = zipf_trace();
  const auto report = run(trace);
  EXPECT_FALSE(report.failure);
  EXPECT_LT(report.hits, report.expected_hits());
  EXPECT_EQ(report.wrong, 0u);
}

}  // namespace
}  // namespace larder::lab
