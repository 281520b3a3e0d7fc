// Those who publish, subscribe, leave and move to other threads at the same time, over real sockets: run under the thread
// sanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "node/node.hpp"
#include "server/server.hpp"
#include "unit/server/caller.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Caller;

std::string message(const std::string& channel, const std::string& text) {
  return "*3\r\n$7\r\nmessage\r\n$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n$" +
         std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string confirmation(const std::string& channel) {
  return "*3\r\n$9\r\nsubscribe\r\n$" + std::to_string(channel.size()) + "\r\n" + channel +
         "\r\n:1\r\n";
}

class PubSubThreadsTest : public testing::Test {
 protected:
  PubSubThreadsTest() { server.start().value(); }

  std::unique_ptr<Caller> subscriber(const std::string& channel) {
    auto caller = std::make_unique<Caller>(server.port());
    EXPECT_EQ(caller->ask("SUBSCRIBE " + channel, confirmation(channel).size()),
              confirmation(channel));
    return caller;
  }

  node::Node node{{.shards = 8}, base::SystemClock::instance()};
  Server server{node, {.port = 0, .threads = 3, .balance_every = 20ms}};
};

/// What each publisher said comes to everybody, in the order in which it said it.
TEST_F(PubSubThreadsTest, EveryMessageReachesAllInTheOrderOfItsPublisher) {
  constexpr int kPublishers = 3;
  constexpr int kMessages = 2'000;
  std::vector<std::unique_ptr<Caller>> subscribers;
  for (int i = 0; i < 6; ++i) subscribers.push_back(subscriber("ch"));
  std::vector<std::thread> publishers;
  for (int who = 0; who < kPublishers; ++who) {
    publishers.emplace_back([&, who] {
      Caller caller(server.port());
      for (int i = 0; i < kMessages; ++i) {
        const std::string text = std::to_string(who) + "-" + std::to_string(10'000 + i);
        ASSERT_EQ(caller.ask("PUBLISH ch " + text, 4), ":6\r\n");
      }
    });
  }
  const std::size_t each = message("ch", "0-10000").size();
  std::vector<std::string> seen(subscribers.size());
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < subscribers.size(); ++i) {
    readers.emplace_back([&, i] {
      int next[kPublishers] = {};
      for (int n = 0; n < kPublishers * kMessages; ++n) {
        const std::string got = subscribers[i]->read(each);
        ASSERT_EQ(got.size(), each);
        const std::string text = got.substr(got.size() - 9, 7);
        const int who = text[0] - '0';
        ASSERT_EQ(got,
                  message("ch", std::to_string(who) + "-" + std::to_string(10'000 + next[who]++)));
        seen[i] += text[0];
      }
    });
  }
  for (auto& thread : publishers) thread.join();
  for (auto& thread : readers) thread.join();
  for (const std::string& order : seen) EXPECT_EQ(order, seen[0]) << "one order for all";
}

/// Those on the first of two threads have all the work, so some of them move while messages come.
TEST_F(PubSubThreadsTest, WhoMovesToAnotherThreadLosesNothing) {
  Server two{node, {.port = 0, .threads = 2, .balance_every = 50ms}};
  two.start().value();
  std::vector<std::unique_ptr<Caller>> busy, idle;
  // They go to the thread that has the fewest, in turn: every other is for the first one.
  for (int i = 0; i < 16; ++i)
    (i % 2 == 0 ? busy : idle).push_back(std::make_unique<Caller>(two.port()));
  for (auto& caller : busy) {
    caller->send("HELLO 3\r\nSUBSCRIBE c\r\n");
    const std::string confirmed = ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
    std::string got;
    while (!got.ends_with(confirmed)) got += caller->read(1);
  }
  std::string pings;
  for (int i = 0; i < 64; ++i) pings += "PING\r\n";
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  int sent = 0;
  while (two.stats().connections_moved < 3 && std::chrono::steady_clock::now() < give_up) {
    const std::string text = std::to_string(1'000'000 + sent++);
    const std::string pushed = ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$7\r\n" + text + "\r\n";
    for (auto& caller : busy) caller->send(pings);
    ASSERT_EQ(idle[0]->ask("PUBLISH c " + text, 4), ":8\r\n");
    for (auto& caller : busy) {
      std::string got = caller->read(pushed.size() + 64 * 7);
      const std::size_t at = got.find(pushed);
      ASSERT_NE(at, got.npos) << got;
      got.erase(at, pushed.size());
      for (; !got.empty(); got.erase(0, 7)) ASSERT_EQ(got.substr(0, 7), "+PONG\r\n");
    }
  }
  EXPECT_GE(two.stats().connections_moved, 3U);
}

TEST_F(PubSubThreadsTest, ComingAndGoingWhileOthersPublishIsSafe) {
  const auto faithful = subscriber("ch");
  std::atomic<bool> over{false};
  std::vector<std::thread> guests;
  for (int who = 0; who < 2; ++who) {
    guests.emplace_back([&, who] {
      for (int round = 0; round < 60; ++round) {
        Caller guest(server.port());
        guest.send("SUBSCRIBE ch\r\nPSUBSCRIBE c*\r\n");
        ASSERT_EQ(guest.read(confirmation("ch").size()), confirmation("ch"));
        if ((round + who) % 3 == 0) guest.send("RESET\r\n");
        if ((round + who) % 3 == 1) guest.send("UNSUBSCRIBE\r\nQUIT\r\n");
      }
    });
  }
  std::atomic<int> published{0};
  std::thread publisher([&] {
    Caller caller(server.port());
    while (!over) {
      caller.send("PUBLISH ch x\r\n");
      while (caller.read(1) != "\n") {
      }
      ++published;
    }
  });
  std::thread admin([&] {
    Caller caller(server.port());
    while (!over) {
      caller.send("CLIENT LIST TYPE pubsub\r\nCLIENT KILL ADDR 1.2.3.4:5\r\n");
      std::string got;
      while (!got.ends_with("\n:0\r\n")) got += caller.read(1);
    }
  });
  for (auto& thread : guests) thread.join();
  over = true;
  publisher.join();
  admin.join();
  const std::string one = message("ch", "x");
  for (int i = 0; i < published; ++i) ASSERT_EQ(faithful->read(one.size()), one);
  Caller caller(server.port());
  EXPECT_EQ(caller.ask("PUBSUB NUMSUB ch", 16), "*2\r\n$2\r\nch\r\n:1\r\n");
}

}  // namespace
}  // namespace larder::server
