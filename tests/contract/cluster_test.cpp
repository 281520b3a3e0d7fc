// A real cluster of three servers, made by hand: redirections, resharding under load, and a primary that dies.
#include <larder/counter.hpp>
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "redis/slots.hpp"
#include "support/fake_server.hpp"
#include "support/groups.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string key(int i) { return "user:" + std::to_string(i); }

/// Three primaries and a replica of each, for all tests that need any. Each has a primary of its own: what it does to that
/// stays done.
constexpr std::size_t kPrimaries = 3;
test::RedisCluster& replicated() {
  static test::RedisCluster cluster{kPrimaries, kPrimaries};
  return cluster;
}
/// The n-th key whose slot was this primary's in the beginning.
std::string key_at(std::size_t primary, int n = 0) {
  for (int i = 0;; ++i) {
    std::string name = "at:" + std::to_string(i);
    const auto owner = redis::slot_of(name) / (redis::kSlots / kPrimaries);
    if (std::min<std::size_t>(owner, kPrimaries - 1) == primary && n-- == 0) return name;
  }
}

bool eventually(const std::function<bool()>& holds, std::chrono::seconds at_most = 20s) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

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
  // Names that cannot stand in braces, and what is kept beside them.
  for (const std::string name : {"a}b", "{}x", "}a{b", "user}7"}) {
    const auto lock = store.lock_acquire(name, "me", 60s).value();
    EXPECT_TRUE(lock.taken()) << name;
    EXPECT_TRUE(store.lock_release(name, "me").value());
    EXPECT_TRUE(store.fenced_set(name, "v", lock.token + 1).value());
    EXPECT_FALSE(store.fenced_set(name, "v", lock.token).value());
    EXPECT_TRUE(store.erase(name).value());
    const auto lease = store.lease(name, 5s).value();
    EXPECT_TRUE(store.fill(name, "w", lease.token).value());
    EXPECT_EQ(store.add_once(name + "n", "id", 1, 60s).value().sum, 1);
    EXPECT_EQ(store.add_once(name + "n", "id", 1, 60s).value().sum, 1);
  }
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

TEST(ClusterTest, PlainReadsGoToAReplicaWhileItIsWellAndNothingElseDoes) {
  auto& cluster = replicated();
  const auto& primary = cluster.server(2);
  auto& replica = cluster.server(2 + kPrimaries);
  const Store store =
      Store::open("redis+cluster://127.0.0.1:" + std::to_string(primary.port()) + "?reads=replica")
          .value();
  const auto asked = [&] {
    const std::string name = "replica 127.0.0.1:" + std::to_string(replica.port());
    for (const auto& one : store.health()) {
      if (one.name == name) return one.calls;
    }
    return std::uint64_t{0};
  };
  const std::string name = key_at(2), other = key_at(2, 1);
  ASSERT_TRUE(store.set(name, "v").value());
  ASSERT_TRUE(eventually([&] { return store.get(name).value() == Bytes("v") && asked() > 0; }));

  auto before = asked();
  EXPECT_TRUE(store.exists(name).value());
  EXPECT_EQ(store.ttl(name).value().state, Ttl::State::persistent);
  EXPECT_EQ(store.get_many({name, other}).value()[0], Bytes("v"));
  EXPECT_EQ(asked() - before, 4u) << "a batch goes key by key";
  EXPECT_THAT(store.metrics_text(), HasSubstr("server=\"replica 127.0.0.1:"));
  const auto all = store.capabilities();
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const Capability& one) {
    return one.what == "reads" && one.grade == Capability::Grade::best_effort;
  }));

  before = asked();
  EXPECT_EQ(store.at_primary().get(name).value(), Bytes("v"));
  const Counter counter{store, ""};
  EXPECT_EQ(counter.incr(other).value(), 1);
  EXPECT_EQ(counter.get(other).value(), 1);
  EXPECT_TRUE(store.lock_acquire(name + ":lock", "me", 60s).value().taken());
  EXPECT_TRUE(store.compare_and_set(name, "v", "w").value());
  EXPECT_EQ(asked(), before) << "what must be exact goes to the primary";

  // One that hangs: whom it keeps waiting is answered by the primary, and nobody else waits.
  replica.process().signal(SIGSTOP);
  EXPECT_EQ(store.get(name, {.deadline = 10s}).value(), Bytes("w"));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(store.get(name).value(), Bytes("w"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
  replica.process().signal(SIGCONT);
  before = asked();
  EXPECT_TRUE(
      eventually([&] { return store.get(name).value() == Bytes("w") && asked() > before; }));
}

/// Plays a server of a cluster: `map` is what it says to the questions for slots and nodes, `get` to a GET.
void speak(test::FakePeer& peer, const std::function<std::string()>& map,
           const std::function<std::string()>& get) {
  peer.greet_store();
  for (std::string line = "-"; !line.empty();) {
    line = peer.read_until("\r\n");
    if (line == "READONLY\r\n") peer.write("+OK\r\n");
    if (line == "NODES\r\n") peer.write(map());
    if (line != "GET\r\n") continue;
    peer.read_until("\r\n");
    peer.read_until("\r\n");
    peer.write(get());
  }
}

std::string server_at(int port) {
  return "*3\r\n$9\r\n127.0.0.1\r\n:" + std::to_string(port) + "\r\n$2\r\nid\r\n";
}

// Each says that it has all slots; one was their owner before.
TEST(ClusterTest, AnOlderMapReplacesNoNewerOne) {
  std::atomic<int> asked_of_older{0}, gets{0}, older_port{0}, newer_port{0};
  const auto map = [](int port, const std::string& epoch) {
    const std::string nodes = "id h:1@2 myself,master - 0 0 " + epoch + " connected 0-16383\n";
    return "*1\r\n*3\r\n:0\r\n:16383\r\n" + server_at(port) + "$" + std::to_string(nodes.size()) +
           "\r\n" + nodes + "\r\n";
  };
  test::FakeServer older{[&](test::FakePeer& peer, int) {
    speak(
        peer,
        [&] {
          ++asked_of_older;
          return map(older_port, "3");
        },
        [] { return std::string{"$5\r\nolder\r\n"}; });
  }};
  test::FakeServer newer{[&](test::FakePeer& peer, int) {
    speak(
        peer, [&] { return map(newer_port, "4"); },
        // That has the map read again.
        [&] {
          return std::string{gets++ % 2 == 0 ? "-CLUSTERDOWN for now\r\n" : "$5\r\nnewer\r\n"};
        });
  }};
  older_port = older.port();
  newer_port = newer.port();
  const Store store = Store::open("redis+cluster://127.0.0.1:" + std::to_string(older.port()) +
                                  ",127.0.0.1:" + std::to_string(newer.port()))
                          .value();
  ASSERT_TRUE(eventually([&] { return store.get("k").value() == Bytes("newer"); }));
  const int before = asked_of_older;
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(store.get("k").value(), Bytes("newer"));
    return asked_of_older >= before + 3;
  }));
}

// What a replica has to say that is no answer: the primary is asked, and the caller is not told.
TEST(ClusterTest, AReplicaThatCannotAnswerIsPassedOver) {
  std::atomic<int> primary_port{0}, replica_port{0}, refusals{0}, answers{0};
  test::FakeServer replica{[&](test::FakePeer& peer, int) {
    speak(
        peer, [] { return std::string{}; },
        [&]() -> std::string {
          const std::string words[] = {"-LOADING Redis is loading the dataset in memory",
                                       "-MASTERDOWN Link with MASTER is down",
                                       "-MOVED 12182 127.0.0.1:" + std::to_string(primary_port),
                                       "-CLUSTERDOWN The cluster is down"};
          if (refusals < 4) return words[refusals++] + "\r\n";
          ++answers;
          return "$7\r\nreplica\r\n";
        });
  }};
  test::FakeServer primary{[&](test::FakePeer& peer, int) {
    speak(
        peer,
        [&] {
          return "*1\r\n*4\r\n:0\r\n:16383\r\n" + server_at(primary_port) +
                 server_at(replica_port) +
                 "-NOPERM this user has no permissions to run the 'cluster|nodes' command\r\n";
        },
        [] { return std::string{"$7\r\nprimary\r\n"}; });
  }};
  replica_port = replica.port();
  primary_port = primary.port();
  const Store store =
      Store::open("redis+cluster://127.0.0.1:" + std::to_string(primary.port()) + "?reads=replica")
          .value();
  ASSERT_TRUE(eventually([&] {
    const auto value = store.get("foo").value();
    EXPECT_EQ(value, Bytes(answers > 0 ? "replica" : "primary"));
    return answers > 0;
  }));
  EXPECT_EQ(refusals, 4);
  EXPECT_EQ(store.at_primary().get("foo").value(), Bytes("primary"));
}

TEST(ClusterTest, APrimaryThatHangsUnderWritersIsLeftWhenItsReplicaTakesOver) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kStopped = 1, kHeir = kStopped + kPrimaries;
  constexpr int kWriters = 3;
  auto& cluster = replicated();
  const Store store = Store::open(cluster.url(2)).value();
  std::atomic<int> done{0}, doubtful{0}, failed{0};
  std::atomic<Clock::time_point> last[kWriters];
  Callers writers([&](int t, int, Callers&) {
    const auto sum =
        store.add(key_at(kStopped, t), std::int64_t{1}, std::nullopt, {.deadline = 20s});
    ++(sum ? done : sum.error().effect == Effect::maybe_executed ? doubtful : failed);
    if (sum) last[t] = Clock::now();
    std::this_thread::sleep_for(1ms);
  });
  ASSERT_TRUE(eventually([&] { return done > 100; }));
  cluster.server(kStopped).process().signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return cluster.is_primary(kHeir); }));
  const auto promoted = Clock::now();
  EXPECT_TRUE(eventually([&] {
    return std::all_of(std::begin(last), std::end(last),
                       [&](const auto& one) { return one.load() > promoted; });
  }));
  const auto resumed = std::chrono::duration_cast<Millis>(Clock::now() - promoted);
  RecordProperty("resumed_ms_after_promotion", static_cast<int>(resumed.count()));
  EXPECT_LT(resumed, 1s);
  cluster.server(kStopped).process().signal(SIGCONT);
  writers.end();
  EXPECT_TRUE(eventually([&] { return !cluster.is_primary(kStopped); }));
  EXPECT_EQ(failed, 0) << "what was not sent waited";
  EXPECT_LE(doubtful, kWriters) << "one call of each writer was under way";
  std::int64_t sum = 0;
  for (int t = 0; t < kWriters; ++t)
    sum += std::stoll(store.get(key_at(kStopped, t)).value().value());
  EXPECT_LE(sum, done + doubtful) << "nothing was added twice";
  EXPECT_GE(sum, done - kWriters) << "what was acknowledged and not replicated yet";
}

TEST(ClusterTest, AReplicaTakesOverAndCallsGoOn) {
  auto& cluster = replicated();
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
