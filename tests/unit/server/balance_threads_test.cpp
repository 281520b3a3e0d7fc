// Connections that ask for much move to a thread that has little to do, and nothing of them is lost or changes places.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <sstream>
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

class Peer {
 public:
  explicit Peer(std::uint16_t port) : stream_(net::connect_tcp({"127.0.0.1", port}, 5s).value()) {}

  /// False: the server closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = stream_.write(bytes);
      if (sent.status == net::Transfer::Status::broken) return false;
      bytes.remove_prefix(sent.bytes);
      if (sent.status == net::Transfer::Status::blocked) wait(POLLOUT);
    }
    return true;
  }
  /// Reads `count` bytes; fewer when the server closed.
  std::string read(std::size_t count) {
    std::string text;
    std::array<char, 4096> room{};
    while (text.size() < count) {
      const auto got = stream_.read({room.data(), std::min(room.size(), count - text.size())});
      if (got.status == net::Transfer::Status::blocked && wait(POLLIN)) continue;
      if (got.status != net::Transfer::Status::done) break;
      text.append(room.data(), got.bytes);
    }
    return text;
  }
  std::string ask(std::string_view line, std::size_t reply_bytes) {
    send(std::string(line) + "\r\n");
    return read(reply_bytes);
  }
  /// The reply of a command that answers with one bulk string.
  std::string ask_bulk(std::string_view line) {
    send(std::string(line) + "\r\n");
    std::string header;
    while (!header.ends_with("\r\n")) {
      const std::string byte = read(1);
      if (byte.empty()) return {};
      header += byte;
    }
    std::string text = read(std::stoul(header.substr(1)) + 2);
    return text.substr(0, text.size() - 2);
  }

 private:
  bool wait(short events) {
    pollfd waiting{stream_.descriptor(), events, 0};
    return ::poll(&waiting, 1, 20'000) > 0;
  }
  net::TcpStream stream_;
};

class BalanceTest : public testing::Test {
 protected:
  BalanceTest() {
    server.start().value();
    // They go to the thread that has the fewest, in turn: every other is for the first one.
    for (int i = 0; i < 16; ++i)
      (i % 2 == 0 ? busy : idle).push_back(std::make_unique<Peer>(server.port()));
    admin = std::make_unique<Peer>(server.port());
    for (auto& peer : busy) EXPECT_EQ(peer->ask("CLIENT SETNAME busy", 5), "+OK\r\n");
    EXPECT_EQ(busy_on_the_second(), 0);
  }
  /// As CLIENT LIST tells it.
  int busy_on_the_second() {
    std::istringstream list(admin->ask_bulk("CLIENT LIST"));
    int count = 0;
    for (std::string line; std::getline(list, line);)
      count += line.find(" name=busy ") != line.npos && line.find(" io-thread=1") != line.npos;
    return count;
  }
  bool is_even() { return std::abs(busy_on_the_second() - 4) <= 1; }
  /// Runs `round(peer, number)` on all busy ones, over and over, until it is `enough` or has been tried for long.
  template <class Round, class Enough>
  void work(Round&& round, Enough&& enough) {
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    for (int number = 0; std::chrono::steady_clock::now() < give_up; ++number) {
      for (auto& peer : busy) round(*peer, number);
      if (number % 64 == 63 && enough()) return;
    }
    ADD_FAILURE() << "after 20 s " << busy_on_the_second() << " of 8 have moved";
  }

  node::Node node{{.shards = 8}, base::SystemClock::instance()};
  Server server{node, {.port = 0, .threads = 2, .balance_every = 50ms}};
  std::vector<std::unique_ptr<Peer>> busy, idle;
  std::unique_ptr<Peer> admin;
};

TEST_F(BalanceTest, BusyConnectionsOfOneThreadSpreadOverBothAndAnswerInOrder) {
  const auto echo = [](Peer& peer, int number) {
    std::string requests, replies;
    for (int i = 0; i < 8; ++i) {
      const std::string word = std::to_string(10'000'000 + number * 8 + i);
      requests += "*2\r\n$4\r\nECHO\r\n$8\r\n" + word + "\r\n";
      replies += "$8\r\n" + word + "\r\n";
    }
    // Cut within a request: what has come of it moves along.
    const std::size_t cut = static_cast<std::size_t>(number) % requests.size();
    peer.send(std::string_view(requests).substr(0, cut));
    peer.send(std::string_view(requests).substr(cut));
    ASSERT_EQ(peer.read(replies.size()), replies);
  };
  work(echo, [&] { return is_even(); });
  EXPECT_GE(server.stats().connections_moved, 3u);
  EXPECT_EQ(server.stats().connections_now, 17u);
  for (auto& peer : idle) EXPECT_EQ(peer->ask("PING", 7), "+PONG\r\n");
}

TEST_F(BalanceTest, TransactionsDatabasesAndWatchesMoveAlong) {
  for (auto& peer : busy) {
    ASSERT_EQ(peer->ask("SELECT 3", 5), "+OK\r\n");
    ASSERT_EQ(peer->ask("WATCH never", 5), "+OK\r\n");
    ASSERT_EQ(peer->ask("MULTI", 5), "+OK\r\n");
  }
  std::size_t queued = 0;
  const auto queue = [&](Peer& peer, int number) {
    ASSERT_EQ(peer.ask("INCR n", 9), "+QUEUED\r\n");
    if (number % 8 != 7) return;
    const std::string header = "*8\r\n";
    ASSERT_EQ(peer.ask("EXEC", header.size()), header);
    // The sums of all before, and eight more.
    std::string replies;
    for (std::size_t i = 0; i < 8; ++i) replies += ":" + std::to_string(++queued) + "\r\n";
    ASSERT_EQ(peer.read(replies.size()), replies);
    ASSERT_EQ(peer.ask("WATCH never", 5), "+OK\r\n");
    ASSERT_EQ(peer.ask("MULTI", 5), "+OK\r\n");
  };
  work(queue, [&] { return is_even(); });
  EXPECT_GE(server.stats().connections_moved, 3u);
}

TEST_F(BalanceTest, WhoMovesCanBeListedAndEnded) {
  std::atomic<bool> over{false};
  std::thread other([&] {
    Peer peer(server.port());
    while (!over) {
      EXPECT_NE(peer.ask_bulk("CLIENT LIST").find("io-thread="), std::string::npos);
      std::this_thread::sleep_for(1ms);  // Or its own work would be what must be evened out.
    }
    const std::string killed = peer.ask("CLIENT KILL TYPE normal", 5);
    EXPECT_EQ(killed, ":17\r\n");
  });
  const auto ping = [](Peer& peer, int) { ASSERT_EQ(peer.ask("PING", 7), "+PONG\r\n"); };
  work(ping, [&] { return server.stats().connections_moved >= 3; });
  over = true;
  other.join();
  for (auto& peer : busy) EXPECT_EQ(peer->read(1), "");
  for (auto& peer : idle) EXPECT_EQ(peer->read(1), "");
}

TEST_F(BalanceTest, StoppingWhileTheyMoveLosesNothing) {
  std::atomic<bool> over{false};
  std::thread worker([&] {
    // Every request that was answered was answered whole; then comes the end.
    for (std::size_t i = 0; !over; i = (i + 1) % busy.size()) {
      if (!busy[i]->send("PING\r\n")) return;
      const std::string reply = busy[i]->read(7);
      if (reply.empty()) return;
      ASSERT_EQ(reply, "+PONG\r\n");
    }
  });
  std::this_thread::sleep_for(150ms);
  server.stop();
  over = true;
  worker.join();
  EXPECT_EQ(server.stats().connections_now, 0u);
}

}  // namespace
}  // namespace larder::server
