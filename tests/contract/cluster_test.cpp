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

/// Three threads that call, until the end of the scope: `call(t, n)` is the n-th of thread t.
class Callers {
 public:
  template <class F>
  explicit Callers(F call) {
    for (int t = 0; t < 3; ++t) {
      threads_.emplace_back([this, t, call] {
        for (int n = 0; !stop_; ++n, ++calls) call(t, n, *this);
      });
    }
  }
  ~Callers() { end(); }
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  template <class T>
  void count_failure(const Result<T>& result) {
    if (result) return;
    const std::lock_guard guard{mutex_};
    if (failed++ == 0) first_error = to_string(result.error());
  }
  void end() {
    stop_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  std::atomic<int> wrong{0}, failed{0}, calls{0};
  std::string first_error;  ///< To be read after end().

 private:
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

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
  Callers callers([&store](int t, int n, Callers& all) {
    const std::string name = "{job}" + std::to_string(t);
    const auto sum = store.add(name, std::int64_t{1}, 60s);
    all.count_failure(sum);
    const auto lock = store.lock_acquire("{job}lock" + std::to_string(t), "me", 60s);
    all.count_failure(lock);
    all.wrong += !sum || *sum != n + 1 || !lock || !lock->taken();
  });
  const auto slot = redis::slot_of("{job}");
  for (int round = 0; round < 3; ++round) {
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 0 : 1, slot < redis::kSlots / 2 ? 1 : 0);
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 1 : 0, slot < redis::kSlots / 2 ? 0 : 1);
  }
  callers.end();
  EXPECT_EQ(callers.wrong, 0) << callers.first_error;
  EXPECT_GT(callers.calls, 50);
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
  const int keys = tags * kKeysOfATag;
  for (int i = 0; i < keys; ++i) store.set(name(i), name(i)).value();
  Callers callers([&store, &name, keys](int t, int n, Callers& all) {
    const std::string mine = name((t + 7 * n) % keys);
    const auto value = store.get(mine);
    all.count_failure(value);
    all.wrong += value && *value != Bytes(mine);
    all.count_failure(store.set(mine, mine));
  });
  for (int tag = 0; tag < tags; ++tag) {
    const auto slot = redis::slot_of(name(tag));
    cluster.migrate(slot, slot < redis::kSlots / 2 ? 0 : 1, slot < redis::kSlots / 2 ? 1 : 0);
  }
  callers.end();
  EXPECT_EQ(callers.wrong, 0);
  EXPECT_EQ(callers.failed, 0) << callers.first_error;
  EXPECT_GT(callers.calls, 50);
  for (int i = 0; i < keys; ++i) ASSERT_EQ(store.get(name(i)).value(), Bytes(name(i)));
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
