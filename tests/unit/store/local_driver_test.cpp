// The in-process store against a clock that moves only when told to, and at the bound of its memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "store/local/driver.hpp"

namespace larder::store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class LocalDriverTest : public testing::Test {
 protected:
  std::shared_ptr<LocalDriver> driver(const node::NodeOptions& options = {.shards = 1, .seed = 7}) {
    return std::make_shared<LocalDriver>("memory:", options, clock);
  }

  base::ManualClock clock;
  Store store{driver()};
};

TEST_F(LocalDriverTest, AKeyCanBeReadAtItsDeadlineAndIsGoneAfterIt) {
  store.set("k", "v", {.ttl = 20ms}).value();
  clock.advance(20ms);
  EXPECT_EQ(store.get("k").value(), Bytes("v"));
  clock.advance(1ms);
  EXPECT_EQ(store.get("k").value(), std::nullopt);
}

TEST_F(LocalDriverTest, TheRemainingTimeCountsDownExactly) {
  store.set("k", "v", {.ttl = 5s}).value();
  EXPECT_EQ(store.ttl("k").value().left, 5'000ms);
  clock.advance(1ms);
  EXPECT_EQ(store.ttl("k").value().left, 4'999ms);
  clock.advance(500us);
  EXPECT_EQ(store.ttl("k").value().left, 4'999ms) << "rounded up";
}

TEST_F(LocalDriverTest, AJumpOfTheWallClockMovesNoDeadline) {
  store.set("k", "v", {.ttl = 60s}).value();
  clock.jump_wall(std::chrono::hours{1});
  EXPECT_EQ(store.ttl("k").value().left, 60s);
}

TEST_F(LocalDriverTest, ACounterThatExpiredStartsAgainWithItsTtl) {
  store.add("n", std::int64_t{5}, 10ms).value();
  clock.advance(11ms);
  EXPECT_EQ(store.add("n", std::int64_t{1}, 10ms).value(), 1);
  EXPECT_EQ(store.ttl("n").value().left, 10ms);
}

TEST_F(LocalDriverTest, TheDeadAreSweptThoughNobodyAsks) {
  for (int i = 0; i < 5'000; ++i) store.set("k" + std::to_string(i), "v", {.ttl = 20ms}).value();
  clock.advance(
      1h);  // The sweep may let a deadline lie for a moment; nobody can read past it meanwhile.
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (store.size().value() > 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_EQ(store.size().value(), 0u);
}

TEST_F(LocalDriverTest, MemoryStaysWithinItsBound) {
  const auto bounded = driver({.shards = 1, .bytes_max = 256 * 1024, .seed = 7});
  const Store small{bounded};
  for (int i = 0; i < 10'000; ++i)
    small.set("k" + std::to_string(i), std::string(100, 'x')).value();
  EXPECT_LE(bounded->node().stats().bytes_used, 256u * 1024);
  EXPECT_GT(small.size().value(), 500u);
}

TEST_F(LocalDriverTest, WithoutEvictionAFullStoreRefusesAndLosesNothing) {
  const Store small{driver(
      {.shards = 1, .bytes_max = 64 * 1024, .eviction = policy::Eviction::noeviction, .seed = 7})};
  small.set("first", "v").value();
  Result<bool> written = true;
  for (int i = 0; i < 10'000 && written; ++i)
    written = small.set("k" + std::to_string(i), std::string(100, 'x'));
  EXPECT_EQ(written.error().code, Errc::out_of_memory);
  EXPECT_EQ(written.error().effect, Effect::refused);
  EXPECT_EQ(small.get("first").value(), Bytes("v"));
  const KeyValue entries[] = {{"a", std::string_view{"x"}}, {"b", std::string_view{"x"}}};
  EXPECT_TRUE(small.erase("k0").value());
  EXPECT_TRUE(small.set_many(entries));
}

TEST_F(LocalDriverTest, InfoAndMetricsTellOfHitsAndMisses) {
  store.set("k", "v").value();
  store.get("k").value();
  store.get("nobody").value();
  EXPECT_THAT(store.info().value(), HasSubstr("keyspace_hits:1\r\nkeyspace_misses:1\r\n"));
  EXPECT_THAT(store.info().value(), HasSubstr("maxmemory_policy:adaptive"));
  EXPECT_THAT(store.metrics_text(),
              HasSubstr("# TYPE larder_store_entries gauge\nlarder_store_entries 1\n"));
}

}  // namespace
}  // namespace larder::store
