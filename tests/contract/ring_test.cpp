// A ring of real servers: where keys go, what a batch costs, and what a server that dies, comes or goes does to them.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "support/run_task.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RingTest : public testing::Test {
 protected:
  static std::string address(const test::RedisServer& server) {
    return "127.0.0.1:" + std::to_string(server.port());
  }
  /// A ring of so many servers, named a, b, c …
  Store open(std::size_t count, const std::string& options = "") {
    std::string url = "redis+ring://", names = "?names=";
    for (std::size_t i = 0; i < count; ++i) {
      servers.emplace_back();
      url += address(servers.back()) + ",";
      names += std::string(1, static_cast<char>('a' + i)) + ",";
    }
    url.pop_back();
    names.pop_back();
    return Store::open(url + names + options).value();
  }
  static std::string key(int i) { return "user:" + std::to_string(i); }
  void fill(const Store& store, int count) {
    for (int i = 0; i < count; ++i) store.set(key(i), std::to_string(i)).value();
  }
  int missing(const Store& store, int count) {
    int out = 0;
    for (int i = 0; i < count; ++i) out += !store.get(key(i)).value().has_value();
    return out;
  }
  std::size_t held_by(std::size_t server) {
    return Store::open(servers[server].url()).value().size().value();
  }

  std::deque<test::RedisServer> servers;
};

TEST_F(RingTest, EachServerHoldsItsShare) {
  const Store store = open(3);
  fill(store, 600);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(held_by(i), 150u);
  EXPECT_EQ(store.size().value(), 600u);
}

TEST_F(RingTest, WhatIsKeptBesideAKeyIsOnItsServer) {
  const Store store = open(3);
  for (int i = 0; i < 20; ++i) store.lock_acquire(key(i), "me", 60s).value();
  EXPECT_EQ(store.size().value(), 40u) << "a lock and its fence";
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(held_by(i) % 2, 0u);
}

TEST_F(RingTest, OneStepOverKeysOfTwoServersIsRefusedAndTheTagIsNamed) {
  const Store store = open(3);
  std::vector<LimitAsk> asks;
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back(key(i));
  for (const auto& name : names) asks.push_back({name, {3, 1s}});
  const auto apart = store.limit_take_all(asks);
  EXPECT_EQ(apart.error().code, Errc::cross_slot);
  EXPECT_EQ(apart.error().effect, Effect::not_sent);
  EXPECT_THAT(apart.error().detail, HasSubstr("{tag}"));
  const std::vector<LimitAsk> together{{"{acme}a", {3, 1s}}, {"{acme}b", {3, 1s}}};
  EXPECT_EQ(store.limit_take_all(together).value().size(), 2u);
}

TEST_F(RingTest, NamesDecideNotAddresses) {
  const Store store = open(3);
  fill(store, 100);
  // The same servers in another order, with their names.
  const Store other = Store::open("redis+ring://" + address(servers[2]) + "," +
                                  address(servers[0]) + "," + address(servers[1]) + "?names=c,a,b")
                          .value();
  EXPECT_EQ(missing(other, 100), 0);
}

TEST_F(RingTest, ABatchIsOneRoundTripForEachServer) {
  const Store store = open(3);
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back(key(i));
  fill(store, 300);
  const auto calls = [&] {
    std::uint64_t sum = 0;
    const std::string text = store.metrics_text();
    const std::string name = "larder_redis_calls_total{";
    for (auto at = text.find("\n" + name); at != text.npos; at = text.find("\n" + name, at + 1)) {
      sum += std::stoull(text.substr(text.find("} ", at) + 2));
    }
    return sum;
  };
  const auto before = calls();
  const auto values = store.get_many(keys).value();
  EXPECT_EQ(calls() - before, 3u);
  for (int i = 0; i < 300; ++i)
    EXPECT_EQ(values[static_cast<std::size_t>(i)], Bytes(std::to_string(i)));
  EXPECT_EQ(test::run(store.async_get_many(keys)).value(), values);
}

TEST_F(RingTest, AServerThatComesTakesItsShareAndNothingElseMoves) {
  const Store store = open(3);
  fill(store, 1'000);
  servers.emplace_back();
  store.add_server(address(servers.back()), {.name = "d"}).value();
  const int moved = missing(store, 1'000);
  EXPECT_GT(moved, 180);
  EXPECT_LT(moved, 320) << "about a quarter";
  store.remove_server("d").value();
  EXPECT_EQ(missing(store, 1'000), 0) << "back where they were";
}

TEST_F(RingTest, ServersComeAndGoUnderLoad) {
  const Store store = open(2);
  servers.emplace_back();
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 2; ++t) {
    callers.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        if (!store.set(key(i % 100), std::to_string(t))) ++failures;
        if (!store.get_many({key(1), key(2), key(3)})) ++failures;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(store.add_server(address(servers.back()), {.name = "c"}));
    EXPECT_TRUE(store.remove_server("c"));
  }
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(RingTest, WhatCannotBeAddedOrRemovedSaysWhy) {
  const Store store = open(2);
  EXPECT_THAT(to_string(store.add_server("127.0.0.1:1", {.name = "a"}).error()),
              AllOf(HasSubstr("bad_argument"), HasSubstr("two nodes named a")));
  EXPECT_EQ(store.add_server("127.0.0.1:" + std::to_string(test::free_port())).error().code,
            Errc::unreachable);
  EXPECT_EQ(store.add_server("redis://h").error().code, Errc::bad_url);
  EXPECT_THAT(to_string(store.remove_server("z").error()), HasSubstr("no server named z"));
  store.remove_server("a").value();
  EXPECT_THAT(to_string(store.remove_server("b").error()), HasSubstr("1 to"));
  EXPECT_EQ(Store::open("memory:").value().add_server("h").error().code, Errc::unsupported);
}

TEST_F(RingTest, AScanOverAllServersShowsNoLeftOvers) {
  const Store store = open(2);
  fill(store, 200);
  servers.emplace_back();
  store.add_server(address(servers.back()), {.name = "c"}).value();
  const int moved = missing(store, 200);
  fill(store, 200);
  EXPECT_EQ(store.size().value(), 200u + static_cast<unsigned>(moved))
      << "old copies are still there";
  std::multiset<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    const auto page = store.scan(cursor, {.count = 30}).value();
    seen.insert(page.keys.begin(), page.keys.end());
    cursor = page.cursor;
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 200u);
}

/// Remembers what happened.
class Events {
 public:
  std::function<void(const StoreEvent&)> sink() {
    return [this](const StoreEvent& event) {
      const std::lock_guard guard{mutex_};
      seen_.push_back(std::string(to_string(event.kind)) + " " + event.server);
    };
  }
  bool wait_for(const std::string& event) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < end) {
      {
        const std::lock_guard guard{mutex_};
        if (std::find(seen_.begin(), seen_.end(), event) != seen_.end()) return true;
      }
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

TEST_F(RingTest, ADeadServersKeysAreMissesAndItsWritesFailUntilItReturns) {
  Events events;
  const Store whole = open(2);
  fill(whole, 100);
  const Store store = Store::open("redis+ring://" + address(servers[0]) + "," +
                                      address(servers[1]) + "?names=a,b&probe=50ms&dead_after=2",
                                  {.on_event = events.sink()})
                          .value();
  servers[1].process().stop(9);
  ASSERT_TRUE(events.wait_for("server_died b"));
  EXPECT_EQ(store.health()[1].state, ServerHealth::State::dead);
  EXPECT_THAT(store.health()[1].last_failure, Not(testing::IsEmpty()));
  const int lost = missing(store, 100);
  EXPECT_GT(lost, 20);
  EXPECT_LT(lost, 80);
  int refused = 0;
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(key(i));
    const auto written = store.set(key(i), std::to_string(i));
    if (written) continue;
    ++refused;
    EXPECT_EQ(written.error().code, Errc::unreachable);
    EXPECT_EQ(written.error().effect, Effect::not_sent);
    EXPECT_THAT(written.error().detail, HasSubstr(address(servers[1])));
  }
  EXPECT_EQ(refused, lost);
  const auto values = store.get_many(keys).value();
  EXPECT_EQ(std::count(values.begin(), values.end(), std::nullopt), lost);
  const std::vector<KeyValue> entries{{keys[0], "x"}, {keys[1], "x"}, {keys[2], "x"},
                                      {keys[3], "x"}, {keys[4], "x"}, {keys[5], "x"},
                                      {keys[6], "x"}, {keys[7], "x"}};
  const auto batch = store.set_many(entries);
  EXPECT_EQ(batch.error().effect, Effect::maybe_executed);
  EXPECT_THAT(batch.error().detail, HasSubstr("of 8 were not done; the others were"));
  const auto each = store.set_each(entries);
  for (std::size_t i = 0; i < each.size(); ++i) {
    EXPECT_EQ(each[i].has_error(), store.set(keys[i], "x").has_error()) << keys[i];
    EXPECT_TRUE(each[i] || each[i].error().effect == Effect::not_sent);
  }
  EXPECT_EQ(store.get_each(std::vector<std::string_view>(keys.begin(), keys.end())).size(), 100u);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& entry : entries) pairs.emplace_back(entry.key, entry.value);
  const auto later = test::run(store.async_set_each(pairs));
  for (std::size_t i = 0; i < each.size(); ++i)
    EXPECT_EQ(later[i].has_error(), each[i].has_error());
  servers[1].restart();
  ASSERT_TRUE(events.wait_for("server_returned b"));
  fill(store, 100);
  EXPECT_EQ(missing(store, 100), 0);
  EXPECT_EQ(store.health()[1].state, ServerHealth::State::up);
  EXPECT_GT(store.health()[1].rtt_p50.count(), 0);
}

TEST_F(RingTest, WithRehashTheOthersTakeItsShareAndItReturnsEmpty) {
  Events events;
  servers.resize(3);
  const Store store = Store::open("redis+ring://" + address(servers[0]) + "," +
                                      address(servers[1]) + "," + address(servers[2]) +
                                      "?names=a,b,c&probe=50ms&dead_after=2&on_failure=rehash",
                                  {.on_event = events.sink()})
                          .value();
  fill(store, 300);
  // It hangs, and keeps what it holds.
  servers[1].process().signal(SIGSTOP);
  ASSERT_TRUE(events.wait_for("server_died b"));
  const int lost = missing(store, 300);
  EXPECT_GT(lost, 50);
  for (int i = 0; i < 300; ++i) store.set(key(i), "newer").value();
  EXPECT_EQ(missing(store, 300), 0) << "the others have them now";
  int held = 0;
  for (int i = 0; i < 60; ++i) {
    const auto lock = store.lock_acquire("lock:" + std::to_string(i), "me", 60s);
    held += lock.has_value();
    EXPECT_TRUE(lock || lock.error().code == Errc::unreachable);
  }
  EXPECT_GT(held, 20);
  EXPECT_LT(held, 60) << "a lock never moves to another server";
  servers[1].process().signal(SIGCONT);
  ASSERT_TRUE(events.wait_for("server_returned b"));
  for (int i = 0; i < 300; ++i) {
    EXPECT_NE(store.get(key(i)).value(), Bytes(std::to_string(i))) << "an old value came back";
  }
}

TEST_F(RingTest, OneServerThatIsAwayDoesNotKeepTheRingFromOpening) {
  const Store whole = open(2);
  fill(whole, 50);
  const std::string away = "127.0.0.1:" + std::to_string(test::free_port());
  const std::string url = "redis+ring://" + address(servers[0]) + "," + away + "?names=a,b";
  const Store store = Store::open(url, {.deadline = 50ms}).value();
  int found = 0, failed = 0;
  for (int i = 0; i < 50; ++i) {
    const auto value = store.get(key(i));
    found += value.has_value() && value->has_value();
    failed += value.has_error() && value.error().code == Errc::unreachable;
  }
  EXPECT_EQ(found + failed, 50);
  EXPECT_GT(found, 10);
  EXPECT_EQ(Store::open("redis+ring://:hunter2@" + away).error().code, Errc::unreachable);
}

TEST_F(RingTest, AWrongPasswordIsTheFirstThingThatIsSaid) {
  servers.emplace_back(std::vector<std::string>{"requirepass hunter2"});
  const std::string good = address(servers[0]);
  EXPECT_TRUE(Store::open("redis+ring://:hunter2@" + good));
  const auto bad = Store::open("redis+ring://:hunter3@" + good + ",127.0.0.1:1");
  EXPECT_EQ(bad.error().code, Errc::unauthorized);
  EXPECT_THAT(to_string(bad.error()), AllOf(HasSubstr(good), Not(HasSubstr("hunter"))));
}

}  // namespace
}  // namespace larder
