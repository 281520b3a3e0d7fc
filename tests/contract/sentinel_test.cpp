// A primary that real sentinels watch, killed and stopped under writers.
#include <larder/redis.hpp>
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "support/groups.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class SentinelTest : public testing::Test {
 protected:
  test::SentinelGroup group;
  const std::string url = group.url();
};

/// Four writers, each with a counter of its own, which nobody may add to twice.
struct Writers {
  explicit Writers(const Store& over) : store(over) {
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, i] { write(i); });
    }
  }
  void write(int i) {
    const std::string key = "counter:" + std::to_string(i);
    while (!stop) {
      const auto sum = store.add(key, std::int64_t{1}, std::nullopt, {.deadline = 15s});
      ++(sum ? done : sum.error().effect == Effect::maybe_executed ? doubtful : failed);
      std::this_thread::sleep_for(2ms);
    }
  }
  void end() {
    stop = true;
    for (auto& thread : threads) thread.join();
  }
  std::int64_t sum() const {
    std::int64_t out = 0;
    for (int i = 0; i < 4; ++i) {
      out += std::stoll(store.get("counter:" + std::to_string(i)).value().value_or(Bytes("0")));
    }
    return out;
  }

  Store store;
  std::atomic<bool> stop{false};
  std::atomic<int> done{0}, doubtful{0}, failed{0};
  std::vector<std::thread> threads;
};

TEST_F(SentinelTest, CallsGoOnWhenThePrimaryIsKilled) {
  std::atomic<int> changes{0};
  const Store store = Store::open(url, {.on_event =
                                            [&](const StoreEvent& event) {
                                              changes +=
                                                  event.kind == StoreEvent::Kind::primary_changed;
                                            }})
                          .value();
  store.set("k", "v").value();
  // Each sentinel tells of a switch by itself: we have subscribed to that.
  const std::string port = url.substr(url.find(':', url.find("//")) + 1, 5);
  std::string clients;
  for (int polls = 0; polls < 500 && clients.find(" sub=1 ") == std::string::npos; ++polls) {
    clients =
        test::output_of({"redis-cli", "-p", std::to_string(std::stoi(port)), "CLIENT", "LIST"});
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_THAT(clients, HasSubstr(" sub=1 "));
  const auto redis = Redis::over(store).value();
  const auto news = redis.subscribe({.channels = {"news"}}).value();
  Writers writers{store};
  std::this_thread::sleep_for(500ms);
  group.primary().process().stop(SIGKILL);
  const int before = writers.done;
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (writers.done < before + 100 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(20ms);
  }
  writers.end();
  EXPECT_GE(writers.done, before + 100) << "writes went on at the new primary";
  EXPECT_EQ(writers.failed, 0) << "what was not sent waited";
  EXPECT_LE(writers.doubtful, 4) << "one call of each writer was under way";
  EXPECT_LE(writers.sum(), writers.done + writers.doubtful) << "nothing was added twice";
  EXPECT_GE(changes, 1);
  EXPECT_EQ(news.next(10s).value()->kind, RedisMessage::Kind::gap_begins);
  EXPECT_EQ(news.next(10s).value()->kind, RedisMessage::Kind::gap_ends);
  EXPECT_EQ(redis.publish("news", "after").value(), 1) << "the subscription has followed";
  EXPECT_EQ(news.next(10s).value()->payload, "after");
  EXPECT_EQ(store.health().size(), 4u) << "the primary and three sentinels";
}

TEST_F(SentinelTest, APrimaryThatHangsIsLeftWhenTheSentinelsNameAnother) {
  const Store store = Store::open(url).value();
  store.set("k", "v").value();
  // Meanwhile plain reads are answered by a replica, and all that must be exact by the primary.
  const Store near = Store::open(url + "?reads=replica").value();
  const auto asked = [&near] { return near.health()[1].calls; };
  const auto end = std::chrono::steady_clock::now() + 20s;
  while ((near.get("k").value() != Bytes("v") || asked() == 0) &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(near.health()[1].name, "replica");
  const auto before = asked();
  EXPECT_GT(before, 0u);
  EXPECT_EQ(near.get_many({"k", "l"}).value()[0], Bytes("v"));
  EXPECT_EQ(asked(), before + 1);
  EXPECT_EQ(near.at_primary().get("k").value(), Bytes("v"));
  EXPECT_EQ(near.add("n", std::int64_t{1}).value(), 1);
  EXPECT_EQ(asked(), before + 1);
  group.primary().process().signal(SIGSTOP);
  // It waits for the promotion and no longer.
  const auto read = store.get("k", {.deadline = 15s});
  EXPECT_EQ(near.get("k", {.deadline = 15s}).value(), Bytes("v"));
  group.primary().process().signal(SIGCONT);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  EXPECT_TRUE(store.set("k", "w", {}, {.deadline = 15s}).value());
}

TEST_F(SentinelTest, ANameThatNobodyWatchesAndSentinelsThatAreAwaySaySo) {
  const auto servers_part = url.substr(0, url.rfind('/'));
  // Several times: each closes while its client asks again, and must leave nothing behind.
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Store::open(servers_part + "/nobody"));
  const auto unknown = Store::open(servers_part + "/nobody");
  EXPECT_EQ(unknown.error().code, Errc::unreachable);
  EXPECT_THAT(unknown.error().detail, HasSubstr("watches no primary named nobody"));
  const auto away =
      Store::open("redis+sentinel://127.0.0.1:" + std::to_string(test::free_port()) + "/mymaster");
  EXPECT_THAT(away.error().detail, HasSubstr("no sentinel tells"));
  // One of four is away: the others say.
  const std::string with_one_away =
      "redis+sentinel://127.0.0.1:" + std::to_string(test::free_port()) + "," +
      url.substr(std::string("redis+sentinel://").size());
  EXPECT_TRUE(Store::open(with_one_away));
}

}  // namespace
}  // namespace larder
