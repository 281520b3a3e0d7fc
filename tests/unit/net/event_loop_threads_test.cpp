#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "net/event_loop.hpp"
#include "net/stream.hpp"

namespace larder::net {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    auto listener = listen_tcp({"127.0.0.1", 0}).value();
    left = connect_tcp({"127.0.0.1", local_port(listener).value()}, 1s).value();
    right = accept_tcp(listener).value();
  }
  Socket left, right;
};

/// Answers each byte it reads with the same byte, and counts how often it was told to.
struct Echo final : Watcher {
  explicit Echo(Socket socket) : stream(std::move(socket)) {}
  void ready(unsigned events) override {
    ++told;
    last = events;
    std::array<char, 64> room{};
    const Transfer got = stream.read(room);
    if (got.status == Transfer::Status::done) stream.write({room.data(), got.bytes});
    if (on_ready) on_ready();
  }
  TcpStream stream;
  int told = 0;
  unsigned last = 0;
  std::function<void()> on_ready;
};

TEST(EventLoopTest, TellsAWatcherThatBytesCame) {
  EventLoop loop;
  Pair sockets;
  TcpStream client(std::move(sockets.left));
  Echo echo(std::move(sockets.right));
  loop.watch(echo.stream.descriptor(), Ready::read, echo).value();

  client.write("x");
  loop.run_once(1s);

  EXPECT_EQ(echo.told, 1);
  EXPECT_EQ(echo.last, Ready::read);
  std::array<char, 8> room{};
  EXPECT_EQ(client.read(room).bytes, 1U);
}

TEST(EventLoopTest, ReportsBytesLeftUnreadAgain) {
  EventLoop loop;
  Pair sockets;
  TcpStream client(std::move(sockets.left));
  Echo echo(std::move(sockets.right));
  loop.watch(echo.stream.descriptor(), Ready::read, echo).value();

  client.write(std::string(100, 'x'));
  loop.run_once(1s);
  loop.run_once(1s);
  EXPECT_EQ(echo.told, 2);
}

TEST(EventLoopTest, AWatcherThatUnwatchesAnotherSilencesItAtOnce) {
  EventLoop loop;
  Pair one, two;
  TcpStream client_one(std::move(one.left)), client_two(std::move(two.left));
  Echo first(std::move(one.right)), second(std::move(two.right));
  const auto silence_other = [&loop](Echo& other) {
    return [&loop, &other] { loop.unwatch(other.stream.descriptor(), other); };
  };
  first.on_ready = silence_other(second);
  second.on_ready = silence_other(first);
  loop.watch(first.stream.descriptor(), Ready::read, first).value();
  loop.watch(second.stream.descriptor(), Ready::read, second).value();

  client_one.write("x");
  client_two.write("x");
  loop.run_once(1s);
  loop.run_once(0s);

  EXPECT_EQ(first.told + second.told, 1);
}

TEST(EventLoopTest, RewatchChangesWhatIsReported) {
  EventLoop loop;
  Pair sockets;
  Echo echo(std::move(sockets.right));
  loop.watch(echo.stream.descriptor(), 0, echo).value();
  loop.run_once(0s);
  EXPECT_EQ(echo.told, 0);

  loop.rewatch(echo.stream.descriptor(), Ready::write, echo);
  loop.run_once(1s);
  EXPECT_EQ(echo.last, Ready::write);
}

TEST(EventLoopTest, AConnectThatIsUnderWayGetsWritable) {
  EventLoop loop;
  auto listener = listen_tcp({"127.0.0.1", 0}).value();
  const Endpoint there{"127.0.0.1", local_port(listener).value()};
  Echo client(connect_start(there).value());
  loop.watch(client.stream.descriptor(), Ready::write, client).value();

  loop.run_once(1s);

  EXPECT_EQ(client.last, Ready::write);
  EXPECT_TRUE(connect_finish(client.stream.socket(), there));
}

TEST(EventLoopTest, TimersFollowTheClockThatWasHandedIn) {
  base::ManualClock clock;
  EventLoop loop(clock);
  int ran = 0;
  loop.after(10ms, [&] { ++ran; });

  loop.run_once(0s);
  EXPECT_EQ(ran, 0);
  clock.advance(10ms);
  loop.run_once(0s);
  EXPECT_EQ(ran, 1);
}

TEST(EventLoopTest, RunsWhatOtherThreadsPostAndStops) {
  EventLoop loop;
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 1'000; ++i) loop.post([&] { ++ran; });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran, 1'000);
}

TEST(EventLoopTest, AStopBeforeRunIsNotLost) {
  EventLoop loop;
  loop.stop();
  loop.run();
  SUCCEED();
}

}  // namespace
}  // namespace larder::net
