// A real cluster of three servers, made by hand: redirections, resharding under load, and a primary that dies.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

#include "redis/slots.hpp"
#include "support/groups.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string key(int i) { return "user:" + std::to_string(i); }

TEST(ClusterTest, KeysBatchesLocksAndScansGoOverAllServers) {
  test::RedisCluster cluster{3};
  const Store store = Store::open(cluster.url()).value();
  std::vector<std::string> keys;
  std::vector<KeyValue> entries;
  for (int i = 0; i < 300; ++i) keys.push_back(key(i));
  for (const auto& name : keys) entries.push_back({name, name});
  store.set_many(entries).value();
  const auto values = store.get_many(keys).value();
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(values[i], Bytes(keys[i]));
  EXPECT_EQ(store.size().value(), 300u);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    const auto page = store.scan(cursor, {.count = 50}).value();
    seen.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 300u);
  EXPECT_EQ(store.health().size(), 3u);
  EXPECT_EQ(store.erase_many(keys).value(), 300u);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(store.lock_acquire(key(i), "me", 60s).value().taken());
  EXPECT_EQ(store.generations({"a", "b", "c", "d"}).value().size(), 4u);
}

TEST(ClusterTest, SlotsMoveUnderLoadAndNoCallerIsTold) {
  test::RedisCluster cluster{2};
  const Store store = Store::open(cluster.url()).value();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, calls{0};
  std::mutex mutex;
  std::string first_error;
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&, t] {
      const auto tell = [&](const Error& error) {
        const std::lock_guard guard{mutex};
        if (first_error.empty()) first_error = to_string(error);
      };
      for (std::int64_t n = 1; !stop; ++n) {
        const std::string name = "{job}" + std::to_string(t);
        const auto sum = store.add(name, std::int64_t{1}, 60s);
        if (!sum) tell(sum.error());
        const auto lock = store.lock_acquire("{job}lock" + std::to_string(t), "me", 60s);
        if (!lock) tell(lock.error());
        wrong += !sum || *sum != n || !lock || !lock->taken();
        ++calls;
      }
    });
  }
  const auto slot = redis::slot_of("{job}");
  for (int round = 0; round < 3; ++round) {
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 0 : 1, slot < redis::kSlots / 2 ? 1 : 0);
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 1 : 0, slot < redis::kSlots / 2 ? 0 : 1);
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0) << first_error;
  EXPECT_GT(calls, 50);
}

// LARDER_KEYS=100000 is the long run.
TEST(ClusterTest, KeysAreReadAndWrittenWhileTheirSlotsMove) {
  constexpr int kKeysOfATag = 500;
  const char* const given = std::getenv("LARDER_KEYS");
  const int tags = std::max(2, (given ? std::atoi(given) : 0) / kKeysOfATag);
  const auto name = [tags](int i) {
    return "{tag" + std::to_string(i % tags) + "}" + std::to_string(i / tags);
  };
  test::RedisCluster cluster{2};
  const Store store = Store::open(cluster.url()).value();
  for (int i = 0; i < tags * kKeysOfATag; ++i) store.set(name(i), name(i)).value();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, failed{0}, calls{0};
  std::mutex mutex;
  std::string first_error;
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&, t] {
      const auto tell = [&](const Error& error) {
        const std::lock_guard guard{mutex};
        if (failed++ == 0) first_error = to_string(error);
      };
      for (int i = t; !stop; i = (i + 7) % (tags * kKeysOfATag)) {
        const auto value = store.get(name(i));
        if (!value) tell(value.error());
        wrong += value && *value != Bytes(name(i));
        if (const auto written = store.set(name(i), name(i)); !written) tell(written.error());
        calls += 2;
      }
    });
  }
  for (int tag = 0; tag < tags; ++tag) {
    const auto slot = redis::slot_of(name(tag));
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 0 : 1, slot < redis::kSlots / 2 ? 1 : 0);
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(failed, 0) << first_error;
  EXPECT_GT(calls, 50);
  for (int i = 0; i < tags * kKeysOfATag; ++i)
    ASSERT_EQ(store.get(name(i)).value(), Bytes(name(i)));
}

TEST(ClusterTest, AReplicaTakesOverAndCallsGoOn) {
  test::RedisCluster cluster{3, 3};
  std::atomic<int> moves{0};
  const Store store =
      Store::open(cluster.url(1), {.on_event = [&](const StoreEvent&) { ++moves; }}).value();
  for (int i = 0; i < 60; ++i) store.set(key(i), "v").value();
  cluster.server(0).process().stop(SIGKILL);
  int unknown = 0;
  for (int i = 0; i < 60; ++i) {
    const auto value = store.get(key(i), {.deadline = 20s});
    ASSERT_TRUE(value.has_value()) << to_string(value.error());
    unknown += !value->has_value();
    const auto written = store.set(key(i), "w", {}, {.deadline = 20s});
    ASSERT_TRUE(written.has_value()) << to_string(written.error());
  }
  EXPECT_LE(unknown, 5) << "what the replica had not got yet";
  EXPECT_GE(moves, 1);
}

TEST(ClusterTest, AServerThatIsNoClusterSaysSo) {
  test::RedisServer alone;
  const auto opened = Store::open("redis+cluster://127.0.0.1:" + std::to_string(alone.port()));
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_THAT(opened.error().detail, HasSubstr("cluster support disabled"));
}

}  // namespace
}  // namespace larder
