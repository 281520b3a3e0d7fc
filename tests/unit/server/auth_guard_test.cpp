#include "server/auth_guard.hpp"

#include <gtest/gtest.h>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

constexpr base::Instant kNow{1h};

TEST(AuthGuard, AFewMistakesAreFreeThenTheWaitDoublesUpToItsBound) {
  AuthGuard guard;
  for (unsigned i = 0; i < AuthGuard::kFreeFailures; ++i) guard.failed("10.0.0.1:5", kNow);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow), 0ms);
  guard.failed("10.0.0.1:5", kNow);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow), 100ms);
  guard.failed("10.0.0.1:6", kNow);
  EXPECT_EQ(guard.wait_of("10.0.0.1:7", kNow), 200ms) << "whatever its port";
  for (int i = 0; i < 100; ++i) guard.failed("10.0.0.1:5", kNow);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow), AuthGuard::kLongestWait);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow + 9s), 1s);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow + 10s), 0ms);
}

TEST(AuthGuard, OthersDoNotWaitAndSuccessForgets) {
  AuthGuard guard;
  for (int i = 0; i < 20; ++i) guard.failed("10.0.0.1:5", kNow);
  EXPECT_EQ(guard.wait_of("10.0.0.2:5", kNow), 0ms);
  guard.passed("10.0.0.1:9");
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow), 0ms);
  EXPECT_EQ(guard.size(), 0U);
}

TEST(AuthGuard, ALongQuietAddressIsAStrangerAgain) {
  AuthGuard guard;
  for (int i = 0; i < 20; ++i) guard.failed("10.0.0.1:5", kNow);
  guard.failed("10.0.0.1:5", kNow + AuthGuard::kMemory + 1s);
  EXPECT_EQ(guard.wait_of("10.0.0.1:5", kNow + AuthGuard::kMemory + 1s), 0ms);
}

TEST(AuthGuard, RemembersABoundedNumberOfAddresses) {
  AuthGuard guard;
  for (std::size_t i = 0; i < AuthGuard::kAddressesMax + 100; ++i) {
    guard.failed("host" + std::to_string(i) + ":1", kNow + base::Millis(i));
  }
  EXPECT_EQ(guard.size(), AuthGuard::kAddressesMax);
}

TEST(AuthGuard, TheHalfOfAnIpv6AddressThatItsOwnerChoosesDoesNotCount) {
  EXPECT_EQ(host_of("127.0.0.1:5"), "127.0.0.1");
  EXPECT_EQ(host_of("[2001:db8:1:2:3:4:5:6]:7"), host_of("[2001:db8:1:2:9:9:9:9]:7"));
  EXPECT_NE(host_of("[2001:db8:1:2:3:4:5:6]:7"), host_of("[2001:db8:1:3:3:4:5:6]:7"));
  EXPECT_EQ(host_of("[2001:db8::1:2:3:4]:7"), host_of("[2001:db8:0:0:9::]:7"));
  EXPECT_EQ(host_of("[::1]:7"), "0:0:0:0:");
}

TEST(LoginTest, AGuesserHasToWaitAndThenTheRightPasswordOpens) {
  World world{{.password = "sesame"}};
  Conversation client{world};
  constexpr std::string_view kWrong =
      "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
  for (unsigned i = 0; i <= AuthGuard::kFreeFailures; ++i) {
    EXPECT_EQ(client.ask("AUTH guess"), kWrong);
  }
  const std::string wait = "-ERR too many wrong passwords from this address: wait 100 ms\r\n";
  EXPECT_EQ(client.ask("AUTH sesame"), wait);
  EXPECT_EQ(client.ask("HELLO 3 AUTH default sesame"), wait);
  Conversation another{world};
  EXPECT_EQ(another.ask("AUTH sesame"), wait);
  world.clock.advance(100ms);
  EXPECT_EQ(client.ask("AUTH sesame"), "+OK\r\n");
  EXPECT_EQ(client.ask("PING"), "+PONG\r\n");
  EXPECT_EQ(another.ask("AUTH sesame"), "+OK\r\n");
}

TEST(LoginTest, APasswordCanBeSetChangedAndTakenAwayWhileRunning) {
  World world;
  Conversation admin{world};
  EXPECT_EQ(admin.ask("CONFIG SET requirepass first"), "+OK\r\n");
  Conversation stranger{world};
  EXPECT_EQ(stranger.ask("PING"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(stranger.ask("AUTH first"), "+OK\r\n");
  EXPECT_EQ(admin.ask("CONFIG GET requirepass"),
            "*2\r\n$11\r\nrequirepass\r\n$10\r\n(redacted)\r\n");
  Conversation late{world};
  EXPECT_EQ(admin.ask("CONFIG SET requirepass \"\""), "+OK\r\n");
  EXPECT_EQ(late.ask("PING"), "+PONG\r\n");
}

}  // namespace
}  // namespace larder::server
