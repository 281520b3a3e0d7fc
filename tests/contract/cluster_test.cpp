// A real cluster of three servers, made by hand: redirections, resharding under load, and a primary that dies.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <deque>
#include <set>
#include <thread>

#include "redis/slots.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class ClusterTest : public testing::Test {
 protected:
  /// So many primaries with an equal share of the slots each, and a replica for each of the first.
  void start(std::size_t primaries, std::size_t replicas = 0) {
    for (std::size_t i = 0; i < primaries + replicas; ++i) {
      servers.emplace_back(
          Words{"cluster-enabled yes", "cluster-node-timeout 1000",
                "cluster-config-file nodes.conf", "cluster-allow-replica-migration no",
                "cluster-replica-validity-factor 0", "repl-diskless-sync-delay 0"});
    }
    for (std::size_t i = 0; i < primaries; ++i) {
      const auto share = redis::kSlots / primaries;
      const auto last = i + 1 == primaries ? redis::kSlots - 1 : (i + 1) * share - 1;
      cli(i, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(i * share), std::to_string(last)});
      cli(i, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    }
    for (std::size_t i = 1; i < servers.size(); ++i) {
      cli(i, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers[0].port())});
    }
    for (std::size_t i = 0; i < servers.size(); ++i)
      wait_for(i, "cluster_known_nodes:" + std::to_string(servers.size()));
    for (std::size_t i = 0; i < replicas; ++i) {
      const std::size_t replica = primaries + i;
      until([&] { return cli(replica, {"CLUSTER", "REPLICATE", id_of(i)}).starts_with("OK"); });
    }
    for (std::size_t i = 0; i < servers.size(); ++i) wait_for(i, "cluster_state:ok");
    for (std::size_t i = 0; i < replicas; ++i) {
      until([&] { return info(primaries + i).find("master_link_status:up") != std::string::npos; });
    }
  }

  std::string cli(std::size_t server, Words words) {
    Words argv{"redis-cli", "-p", std::to_string(servers[server].port())};
    argv.insert(argv.end(), words.begin(), words.end());
    return test::output_of(argv);
  }
  std::string id_of(std::size_t server) {
    const std::string id = cli(server, {"CLUSTER", "MYID"});
    return id.substr(0, 40);
  }
  std::string info(std::size_t server) { return cli(server, {"INFO"}); }
  void wait_for(std::size_t server, const std::string& words) {
    until([&] { return cli(server, {"CLUSTER", "INFO"}).find(words) != std::string::npos; });
  }
  static void until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end)
        throw std::runtime_error("the cluster did not form");
      std::this_thread::sleep_for(30ms);
    }
  }

  std::string url(std::size_t of = 0) const {
    return "redis+cluster://127.0.0.1:" + std::to_string(servers[of].port());
  }
  static std::string key(int i) { return "user:" + std::to_string(i); }

  /// Moves one slot from a server to another, with its keys, as redis-cli does.
  void migrate(std::uint32_t slot, std::size_t from, std::size_t to) {
    const std::string number = std::to_string(slot);
    cli(to, {"CLUSTER", "SETSLOT", number, "IMPORTING", id_of(from)});
    cli(from, {"CLUSTER", "SETSLOT", number, "MIGRATING", id_of(to)});
    for (;;) {
      const std::string listed = cli(from, {"CLUSTER", "GETKEYSINSLOT", number, "10"});
      Words migrate{"MIGRATE", "127.0.0.1", std::to_string(servers[to].port()), "", "0",
                    "5000",    "KEYS"};
      std::string word;
      for (const char c : listed) {
        if (c != '\n') {
          word.push_back(c);
        } else if (!word.empty()) {
          migrate.push_back(std::exchange(word, {}));
        }
      }
      if (migrate.size() == 7) break;
      cli(from, migrate);
    }
    for (const std::size_t server : {to, from}) {
      cli(server, {"CLUSTER", "SETSLOT", number, "NODE", id_of(to)});
    }
  }

  std::deque<test::RedisServer> servers;
};

TEST_F(ClusterTest, KeysBatchesLocksAndScansGoOverAllServers) {
  start(3);
  const Store store = Store::open(url()).value();
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

TEST_F(ClusterTest, SlotsMoveUnderLoadAndNoCallerIsTold) {
  start(2);
  const Store store = Store::open(url()).value();
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
    migrate(slot, slot < redis::kSlots / 2 ? 0 : 1, slot < redis::kSlots / 2 ? 1 : 0);
    migrate(slot, slot < redis::kSlots / 2 ? 1 : 0, slot < redis::kSlots / 2 ? 0 : 1);
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0) << first_error;
  EXPECT_GT(calls, 50);
}

TEST_F(ClusterTest, AReplicaTakesOverAndCallsGoOn) {
  start(3, 3);
  std::atomic<int> moves{0};
  const Store store =
      Store::open(url(1), {.on_event = [&](const StoreEvent&) { ++moves; }}).value();
  for (int i = 0; i < 60; ++i) store.set(key(i), "v").value();
  servers[0].process().stop(SIGKILL);
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

TEST_F(ClusterTest, AServerThatIsNoClusterSaysSo) {
  servers.emplace_back();
  const auto opened = Store::open(url());
  EXPECT_EQ(opened.error().code, Errc::unsupported);
  EXPECT_THAT(opened.error().detail, HasSubstr("cluster support disabled"));
}

}  // namespace
}  // namespace larder
