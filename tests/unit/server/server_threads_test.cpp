#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "net/socket.hpp"
#include "net/stream.hpp"
#include "node/node.hpp"
#include "server/server.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;

/// A client that waits for its answers.
class Caller {
 public:
  explicit Caller(std::uint16_t port) : stream(net::connect_tcp({"127.0.0.1", port}, 5s).value()) {}

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = stream.write(bytes);
      ASSERT_NE(sent.status, net::Transfer::Status::broken);
      bytes.remove_prefix(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked) wait(POLLOUT);
    }
  }
  /// Reads until `count` bytes came or the server closed.
  std::string read(std::size_t count) {
    std::string text;
    std::array<char, 4096> room{};
    while (text.size() < count) {
      const auto got = stream.read({room.data(), std::min(room.size(), count - text.size())});
      if (got.status == net::Transfer::Status::blocked && !wait(POLLIN)) break;
      if (got.status == net::Transfer::Status::ended) break;
      if (got.status == net::Transfer::Status::broken) break;
      text.append(room.data(), got.bytes);
    }
    return text;
  }
  std::string ask(std::string_view line, std::size_t reply_bytes) {
    send(std::string(line) + "\r\n");
    return read(reply_bytes);
  }
  std::string read_to_end() { return read(1U << 30U); }

  net::TcpStream stream;

 private:
  bool wait(short events) {
    pollfd waiting{stream.descriptor(), events, 0};
    return ::poll(&waiting, 1, 10'000) > 0;
  }
};

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
