// Which way an operation goes: larder serve's own command where the server says that it has it, else a script, and from
// one to the other when the server turns out to be another.
#include "store/redis/native.hpp"

#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "support/fake_server.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using test::FakePeer;
using test::FakeServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kUnknown = "-ERR unknown command 'X', with args beginning with: \r\n";

/// The answer of a server that has all of them, as COMMAND INFO describes a command: some array.
std::string all_known() {
  std::string reply = "*" + std::to_string(store::kNativeNames.size()) + "\r\n";
  for (std::size_t i = 0; i < store::kNativeNames.size(); ++i) reply += "*1\r\n$1\r\nx\r\n";
  return reply;
}

/// The answer of one that has none: as Redis gives it, in RESP3.
std::string none_known() {
  std::string reply = "*" + std::to_string(store::kNativeNames.size()) + "\r\n";
  for (std::size_t i = 0; i < store::kNativeNames.size(); ++i) reply += "_\r\n";
  return reply;
}

/// Greets, then answers each of `replies` to a request that ends in "me\r\n$4\r\n5000\r\n", a lock's; keeps the requests.
class LockServer {
 public:
  LockServer(std::string known, std::vector<std::string> replies)
      : server_{
            [this, known = std::move(known), replies = std::move(replies)](FakePeer& peer, int) {
              peer.greet_store(known);
              for (const auto& reply : replies) {
                std::string request = peer.read_until("\r\n$2\r\nme\r\n$4\r\n5000\r\n");
                if (request.find("EVAL") != request.npos)
                  request += peer.read_until("604800000\r\n");
                requests.push_back(std::move(request));
                peer.write(reply);
              }
              peer.wait_for_end();
            }} {}
  std::string url() const { return server_.url(); }

  std::vector<std::string> requests;  ///< Complete once the last of them was answered.

 private:
  FakeServer server_;
};

TEST(NativeWay, AServerThatHasTheCommandIsAskedWithIt) {
  LockServer server{all_known(), {"*2\r\n:7\r\n:5000\r\n"}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.lock_acquire("job", "me", 5s).value().token, 7u);
  ASSERT_EQ(server.requests.size(), 1u);
  EXPECT_THAT(server.requests[0], AllOf(HasSubstr("LARDER.LOCK"), Not(HasSubstr("EVAL"))));
}

TEST(NativeWay, AnotherGetsAScriptByItsHashAndThenItsText) {
  LockServer server{
      none_known(),
      {"-NOSCRIPT No matching script. Please use EVAL.\r\n", "*2\r\n:7\r\n:5000\r\n"}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.lock_acquire("job", "me", 5s).value().token, 7u);
  ASSERT_EQ(server.requests.size(), 2u);
  EXPECT_THAT(server.requests[0], HasSubstr("EVALSHA"));
  EXPECT_THAT(server.requests[1], AllOf(HasSubstr("$4\r\nEVAL\r\n"), HasSubstr("redis.pcall")));
}

TEST(NativeWay, AServerThatWasExchangedForOneWithoutItGetsTheScript) {
  LockServer server{all_known(), {std::string(kUnknown), "*2\r\n:7\r\n:5000\r\n"}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.lock_acquire("job", "me", 5s).value().token, 7u);
  EXPECT_THAT(server.requests.at(1), HasSubstr("EVALSHA"));
}

TEST(NativeWay, AServerThatHasNeitherCannotDoIt) {
  LockServer server{none_known(), {std::string(kUnknown)}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.lock_acquire("job", "me", 5s).error().code, Errc::unsupported);
}

TEST(NativeWay, WithoutLeaveToAskNothingIsTakenForKnown) {
  LockServer server{"-NOPERM this user has no permissions to run the 'command|info' command\r\n",
                    {"*2\r\n:7\r\n:5000\r\n"}};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.lock_acquire("job", "me", 5s).value().token, 7u);
  EXPECT_THAT(server.requests.at(0), HasSubstr("EVALSHA"));
}

TEST(NativeWay, ASumWithADeadlineGoesEitherWay) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store(all_known());
    EXPECT_THAT(peer.read_until("60000\r\n"), HasSubstr("LARDER.ADD\r\n"));
    peer.write(kUnknown);
    EXPECT_THAT(peer.read_until("EXEC\r\n"), HasSubstr("MULTI"));
    peer.write("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:5\r\n");
    peer.wait_for_end();
  }};
  const Store store = Store::open(server.url()).value();
  EXPECT_EQ(store.add("n", std::int64_t{5}, 60s).value(), 5);
}

TEST(NativeWay, AnErasureVoidsLeasesOfAServerThatKeepsThemAsKeys) {
  FakeServer server{[](FakePeer& peer, int connection) {
    peer.greet_store(connection == 0 ? none_known() : all_known());
    const std::string request = peer.read_until("UNLINK\r\n$1\r\nk\r\n");
    if (connection == 0) {
      EXPECT_THAT(request, HasSubstr("UNLINK\r\n$5\r\n{k}~l\r\n"));
      peer.write(":1\r\n:0\r\n");
    } else {
      EXPECT_THAT(request, Not(HasSubstr("~l")));
      peer.write(":1\r\n");
    }
    peer.wait_for_end();
  }};
  EXPECT_FALSE(Store::open(server.url()).value().erase("k").value());
  EXPECT_TRUE(Store::open(server.url()).value().erase("k").value());
}

TEST(NativeWay, WhoMayNotTouchSideKeysErasesAllTheSame) {
  FakeServer server{[](FakePeer& peer, int) {
    peer.greet_store(none_known());
    peer.read_until("UNLINK\r\n$1\r\nk\r\n");
    peer.write("-NOPERM No permissions to access a key\r\n:1\r\n");
    peer.wait_for_end();
  }};
  EXPECT_TRUE(Store::open(server.url()).value().erase("k").value());
}

#ifdef LARDER_BINARY
TEST(NativeWay, LarderServeHasThemAllAndNeedsNoScript) {
  test::LarderServer server{LARDER_BINARY};
  const Store store = Store::open(server.url()).value();
  store.lock_acquire("job", "me", 5s).value();
  const Lease lease = store.lease("k", 5s).value();
  store.fill("k", "v", lease.token).value();
  store.fenced_set("f", "v", 1).value();
  store.limit_take("c", {3, 1s}).value();
  store.generations({"a"}).value();
  store.add("n", std::int64_t{1}, 60s).value();
  const std::string stats = store.info().value();
  EXPECT_THAT(stats, HasSubstr("total_error_replies:0"));
}

TEST(NativeWay, ACallThatWaitedForTheConnectionLearnsOfTheCommandInTime) {
  // With an io_context nobody waits for the first connection: the call is written before the server is known.
  test::LarderServer server{LARDER_BINARY};
  boost::asio::io_context context;
  const Store store = Store::open(server.url(), {.io_context = &context}).value();
  auto grant = boost::asio::co_spawn(context, store.async_lock_acquire("job", "me", 5s),
                                     boost::asio::use_future);
  while (grant.wait_for(0s) != std::future_status::ready) context.run_one();
  EXPECT_TRUE(grant.get().value().taken());
}
#endif

}  // namespace
}  // namespace larder
