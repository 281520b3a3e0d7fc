// Transfers between accounts by several threads: money is neither made nor lost, and no audit sees it in between.
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/seed.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using test::Conversation;
using test::World;

constexpr int kAccounts = 8;
constexpr int kTransfers = 1'500;
constexpr int kEach = 100;

/// A client with an I/O thread of its own, on the node of all.
struct Teller {
  Teller(World& world, std::uint64_t seed)
      : random(seed),
        context{world.node,     world.clock,      world.options, world.host, world.bridge,
                world.settings, world.host.pause, world.pub_sub, counters,   random},
        client(context) {}

  std::string account() { return "account" + std::to_string(random.below(kAccounts)); }
  std::int64_t balance(const std::string& name) {
    const std::string reply = client.ask("GET " + name);
    const auto text = reply.substr(reply.find('\n') + 1);
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  Counters counters;
  base::Random random;
  Context context;
  Conversation client;
};

void transfer_at_once(Teller& teller) {
  const std::string from = teller.account();
  const std::string to = teller.account();
  teller.client.send("MULTI\r\nDECRBY " + from + " 3\r\nINCRBY " + to + " 3\r\nEXEC\r\n");
}

/// Reads first, writes only if nobody wrote since; again until it is so.
void transfer_watching(Teller& teller, std::atomic<int>& refused) {
  const std::string from = teller.account();
  const std::string to = teller.account();
  if (from == to) return;
  for (;;) {
    teller.client.ask("WATCH " + from + " " + to);
    const auto left = teller.balance(from) - 5;
    const auto right = teller.balance(to) + 5;
    const std::string answer =
        teller.client.send("MULTI\r\nSET " + from + " " + std::to_string(left) + "\r\nSET " + to +
                           " " + std::to_string(right) + "\r\nEXEC\r\n");
    if (answer.ends_with("*2\r\n+OK\r\n+OK\r\n")) return;
    ASSERT_TRUE(answer.ends_with("*-1\r\n")) << answer;
    ++refused;
  }
}

/// The sum of all accounts, read in one transaction.
std::int64_t audit(Teller& teller) {
  std::string request = "MULTI\r\n";
  for (int i = 0; i < kAccounts; ++i) request += "GET account" + std::to_string(i) + "\r\n";
  std::string answer = teller.client.send(request + "EXEC\r\n");
  answer.erase(0, answer.find('*'));
  std::int64_t sum = 0;
  std::size_t at = answer.find('\n') + 1;
  for (int i = 0; i < kAccounts; ++i) {
    at = answer.find('\n', at) + 1;
    std::int64_t value = 0;
    std::from_chars(answer.data() + at, answer.data() + answer.size(), value);
    sum += value;
    at = answer.find('\n', at) + 1;
  }
  return sum;
}

TEST(TransactionThreadsTest, TransfersKeepTheSum) {
  World world;
  base::Random seeds = larder::test::seeded_random();
  std::vector<std::unique_ptr<Teller>> tellers;
  for (int i = 0; i < 5; ++i) tellers.push_back(std::make_unique<Teller>(world, seeds()));
  for (int i = 0; i < kAccounts; ++i) {
    tellers[0]->client.ask("SET account" + std::to_string(i) + " " + std::to_string(kEach));
  }
  std::atomic<int> refused = 0;
  std::atomic<int> working = 4;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kTransfers; ++n) {
        i % 2 == 0 ? transfer_at_once(*tellers[i]) : transfer_watching(*tellers[i], refused);
      }
      --working;
    });
  }
  int audits = 0;
  do {
    ASSERT_EQ(audit(*tellers[4]), kAccounts * kEach);
    ++audits;
  } while (working > 0);
  threads.clear();
  EXPECT_EQ(audit(*tellers[4]), kAccounts * kEach);
  std::printf("%d audits, %d transfers tried again\n", audits, refused.load());
}

}  // namespace
}  // namespace larder::server
