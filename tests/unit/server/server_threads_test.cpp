#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/socket.hpp"
#include "net/stream.hpp"
#include "node/node.hpp"
#include "server/server.hpp"
#include "unit/server/caller.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Caller;

class ServerTest : public testing::Test {
 protected:
  Server& serve(ServerOptions options) {
    options.port = 0;
    server = std::make_unique<Server>(node, std::move(options));
    server->start().value();
    return *server;
  }
  node::Node node{{.shards = 8}, base::SystemClock::instance()};
  std::unique_ptr<Server> server;
};

TEST_F(ServerTest, ServesAClient) {
  Caller client(serve({}).port());
  EXPECT_EQ(client.ask("PING", 7), "+PONG\r\n");
  EXPECT_EQ(client.ask("SET k v", 5), "+OK\r\n");
  EXPECT_EQ(client.ask("GET k", 7), "$1\r\nv\r\n");
}

TEST_F(ServerTest, ListsAndEndsConnectionsOfAllThreads) {
  const std::uint16_t port = serve({.threads = 3}).port();
  Caller admin(port);
  std::vector<std::unique_ptr<Caller>> crowd;
  for (int i = 0; i < 150; ++i) {
    crowd.push_back(std::make_unique<Caller>(port));
    ASSERT_EQ(crowd.back()->ask("CLIENT SETNAME crowd" + std::to_string(i), 5), "+OK\r\n");
  }
  const std::string header = admin.ask("CLIENT LIST", 6);
  ASSERT_EQ(header.front(), '$') << header;
  const auto bytes = static_cast<std::size_t>(std::stoul(header.substr(1)));
  // Of five digits: the header is eight bytes long.
  const std::string list = admin.read(bytes + 8 + 2 - header.size());
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 151 + 2);
  EXPECT_NE(list.find(" name=crowd149 "), std::string::npos);
  EXPECT_NE(list.find(" cmd=client|list "), std::string::npos);
  EXPECT_EQ(admin.ask("CLIENT KILL TYPE normal", 6), ":150\r\n");
  for (auto& caller : crowd) EXPECT_EQ(caller->read_to_end(), "");
  EXPECT_EQ(admin.ask("CLIENT KILL TYPE normal SKIPME no", 4), ":1\r\n");
  EXPECT_EQ(admin.read_to_end(), "");
}

TEST_F(ServerTest, ClientsAreListedAndEndedWhileOthersWorkComeAndGo) {
  const std::uint16_t port = serve({.threads = 2}).port();
  std::atomic<bool> over{false};
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      while (!over) {
        Caller worker(port);
        // Cut in the middle of anything: that is the point.
        worker.stream.write("CLIENT SETNAME worker" + std::to_string(w) +
                            "\r\nSELECT 1\r\nINCR n\r\n");
        worker.read(5);
      }
    });
  }
  Caller admin(port);
  for (int i = 0; i < 200; ++i) {
    admin.send("CLIENT REPLY OFF\r\nCLIENT LIST\r\nCLIENT KILL TYPE normal\r\nCLIENT REPLY ON\r\n");
    ASSERT_EQ(admin.read(5), "+OK\r\n");
  }
  over = true;
  for (auto& worker : workers) worker.join();
}

TEST_F(ServerTest, APauseHoldsTheClientsOfAllThreadsUntilItsEndOrUntilItIsEnded) {
  const std::uint16_t port = serve({.threads = 2}).port();
  Caller admin(port);
  std::vector<std::unique_ptr<Caller>> writers;
  for (int i = 0; i < 8; ++i) writers.push_back(std::make_unique<Caller>(port));
  ASSERT_EQ(admin.ask("CLIENT PAUSE 60000 WRITE", 5), "+OK\r\n");
  for (auto& writer : writers) writer->send("INCR n\r\nPING\r\n");
  while (server->stats().connections_held < 8) std::this_thread::yield();
  EXPECT_EQ(admin.ask("GET n", 5), "$-1\r\n");
  EXPECT_EQ(admin.ask("CLIENT UNPAUSE", 5), "+OK\r\n");
  for (auto& writer : writers) EXPECT_EQ(writer->read(11).substr(4), "+PONG\r\n");
  EXPECT_EQ(admin.ask("GET n", 7), "$1\r\n8\r\n");
  EXPECT_EQ(server->stats().connections_held, 0U);

  EXPECT_EQ(admin.ask("CLIENT PAUSE 30", 5), "+OK\r\n");
  EXPECT_EQ(writers[0]->ask("INCR n", 4), ":9\r\n");
  EXPECT_EQ(admin.ask("GET n", 7), "$1\r\n9\r\n");
}

TEST_F(ServerTest, AClientHeldByAPauseCanBeEndedAndTheServerStopped) {
  const std::uint16_t port = serve({.threads = 2}).port();
  Caller admin(port);
  Caller first(port);
  Caller second(port);
  ASSERT_EQ(first.ask("CLIENT SETNAME first", 5), "+OK\r\n");
  const std::string id = first.ask("CLIENT ID", 4);
  ASSERT_EQ(admin.ask("CLIENT PAUSE 60000 WRITE", 5), "+OK\r\n");
  first.send("INCR n\r\n");
  second.send("INCR n\r\n");
  while (server->stats().connections_held < 2) std::this_thread::yield();
  EXPECT_EQ(admin.ask("CLIENT KILL ID " + id.substr(1, 1), 4), ":1\r\n");
  EXPECT_EQ(first.read_to_end(), "");
  server->stop();
  EXPECT_EQ(second.read_to_end(), "");
}

TEST_F(ServerTest, SaysWhichPortIsTaken) {
  const std::uint16_t port = serve({}).port();
  Server second(node, {.port = port});
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().detail, "port " + std::to_string(port) + " on 127.0.0.1 is in use");
}

TEST_F(ServerTest, CountsExactlyWhenManyClientsIncrement) {
  const std::uint16_t port = serve({.threads = 2}).port();
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([port] {
      Caller client(port);
      std::string batch;
      for (int n = 0; n < 500; ++n) batch += "INCR n\r\nGET n\r\n";
      client.send(batch);
      client.ask("QUIT", 1);
      client.read_to_end();
    });
  }
  for (auto& caller : callers) caller.join();
  Caller client(port);
  EXPECT_EQ(client.ask("GET n", 10), "$4\r\n2000\r\n");
}

TEST_F(ServerTest, SpreadsConnectionsEvenly) {
  Server& busy = serve({.threads = 2});
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 10; ++i) callers.push_back(std::make_unique<Caller>(busy.port()));
  for (auto& caller : callers) EXPECT_EQ(caller->ask("PING", 7), "+PONG\r\n");
  EXPECT_EQ(busy.stats().connections_now, 10U);
}

TEST_F(ServerTest, RefusesOneClientTooMany) {
  Server& small = serve({.clients_max = 1});
  Caller first(small.port());
  EXPECT_EQ(first.ask("PING", 7), "+PONG\r\n");
  Caller second(small.port());
  EXPECT_EQ(second.read_to_end(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(first.ask("PING", 7), "+PONG\r\n");
  EXPECT_EQ(small.stats().connections_rejected, 1U);
}

/// An address of this machine that is not loopback's, if it has one.
std::string own_address() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  std::string found;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text,
                sizeof text);
    if (!net::is_loopback(text)) found = text;
  }
  ::freeifaddrs(all);
  return found;
}

TEST_F(ServerTest, WithoutAPasswordOnlyThisMachineIsServed) {
  Server& open = serve({.bind = "0.0.0.0"});
  Caller near(open.port());
  EXPECT_EQ(near.ask("PING", 7), "+PONG\r\n");
  // Without another address there are no strangers, and nothing to deny.
  const std::string address = own_address();
  if (address.empty()) return;
  Caller stranger(open.port(), address);
  EXPECT_EQ(stranger.read_to_end().substr(0, 41), "-DENIED larder is running in protected mo");
  EXPECT_EQ(near.ask("CONFIG SET requirepass sesame", 5), "+OK\r\n");
  Caller friendly(open.port(), address);
  EXPECT_EQ(friendly.ask("AUTH sesame", 5), "+OK\r\n");
  EXPECT_EQ(near.ask("CONFIG SET requirepass \"\" protected-mode no", 5), "+OK\r\n");
  Caller trusted(open.port(), address);
  EXPECT_EQ(trusted.ask("PING", 7), "+PONG\r\n");
}

TEST_F(ServerTest, TheClientThatHoldsMostGoesWhenAllHoldTooMuchWhicheverThreadItIsOn) {
  const std::uint16_t port = serve({.threads = 3}).port();
  Caller admin(port);
  std::vector<std::unique_ptr<Caller>> crowd;
  for (int i = 0; i < 6; ++i) crowd.push_back(std::make_unique<Caller>(port));
  const auto queue = [](Caller& caller, std::size_t bytes) {
    EXPECT_EQ(caller.ask("MULTI", 5), "+OK\r\n");
    const std::string value(bytes, 'x');
    caller.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(bytes) + "\r\n" + value +
                "\r\n");
    return caller.read(9);
  };
  EXPECT_EQ(crowd[0]->ask("CLIENT NO-EVICT ON", 5), "+OK\r\n");
  EXPECT_EQ(queue(*crowd[0], 5'000'000), "+QUEUED\r\n");
  EXPECT_EQ(queue(*crowd[1], 4'000'000), "+QUEUED\r\n");
  for (int i = 2; i < 5; ++i) EXPECT_EQ(queue(*crowd[i], 1'000'000), "+QUEUED\r\n");
  EXPECT_EQ(admin.ask("CONFIG SET maxmemory-clients 12500kb", 5), "+OK\r\n");
  queue(*crowd[5], 1'000'000);
  EXPECT_EQ(crowd[1]->read_to_end(), "");
  EXPECT_EQ(server->stats().connections_evicted, 1U);
  EXPECT_EQ(crowd[0]->ask("PING", 9), "+QUEUED\r\n");
  EXPECT_EQ(crowd[5]->ask("PING", 9), "+QUEUED\r\n");
}

TEST_F(ServerTest, AHalfClosedClientGetsItsAnswersThenTheEnd) {
  Caller client(serve({}).port());
  client.send("SET k v\r\nGET k\r\n");
  client.stream.finish_writing();
  EXPECT_EQ(client.read_to_end(), "+OK\r\n$1\r\nv\r\n");
}

TEST_F(ServerTest, StopAnswersWhatWasReceivedAndCloses) {
  Caller client(serve({.threads = 2}).port());
  client.ask("PING", 7);
  client.send("SET k v\r\n");
  server->stop();
  EXPECT_EQ(client.read_to_end(), "+OK\r\n");
  EXPECT_EQ(server->stats().connections_now, 0U);
}

TEST_F(ServerTest, StopDoesNotWaitForThoseWhoNeverRead) {
  Caller client(serve({.drain_at_most = 50ms}).port());
  client.ask("SET k " + std::string(60'000, 'x'), 5);
  std::string greedy;
  for (int i = 0; i < 400; ++i) greedy += "GET k\r\n";
  client.send(greedy);
  client.read(10);
  server->stop();
  EXPECT_EQ(server->stats().connections_now, 0U);
}

TEST_F(ServerTest, CarriesAValueOfManyMegabytes) {
  Caller client(serve({}).port());
  const std::string value(20'000'000, 'x');
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000000\r\n" + value + "\r\n");
  EXPECT_EQ(client.read(5), "+OK\r\n");
  client.send("GET k\r\n");
  EXPECT_EQ(client.read(value.size() + 13), "$20000000\r\n" + value + "\r\n");
}

TEST_F(ServerTest, AShutdownAsksTheProgram) {
  std::atomic<int> asked{0};
  Caller client(serve({.on_shutdown = [&] { ++asked; }}).port());
  EXPECT_EQ(client.ask("SHUTDOWN", 1), "");
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace larder::server
