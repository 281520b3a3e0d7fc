// A network that delays, splits, resets and swallows, between a Store and a real server: no reply goes to another request, no
// call outlives its deadline, no counter is added to twice.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/random.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"
#include "support/seed.hpp"
#include "support/servers.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using base::Random;

/// Stands before a server and hands bytes on, in pieces, late, or not at all; one thread for all connections.
class UnrulyProxy {
 public:
  UnrulyProxy(std::uint16_t server, std::uint64_t seed)
      : server_(server),
        random_(seed),
        listener_(net::listen_tcp({"127.0.0.1", 0}).value()),
        port_(net::local_port(listener_).value()),
        thread_([this] { run(); }) {}
  ~UnrulyProxy() {
    stopping_ = true;
    thread_.join();
  }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  /// From now on every byte goes through.
  void behave() { behaves_ = true; }
  int resets() const { return resets_; }

 private:
  struct Way {
    std::string held;  ///< Taken and not yet handed on.
  };
  struct Pair {
    explicit Pair(net::Socket a, net::Socket b) : client(std::move(a)), server(std::move(b)) {}
    net::TcpStream client, server;
    Way there, back;
    int mute = 0;  ///< Rounds in which nothing moves.
    bool open = true;
  };

  void run() {
    while (!stopping_) {
      if (auto socket = net::accept_tcp(listener_); socket && *socket) {
        auto server = net::connect_tcp({"127.0.0.1", server_}, 1'000ms);
        if (server)
          pairs_.push_back(std::make_unique<Pair>(*std::move(socket), *std::move(server)));
      }
      for (auto& pair : pairs_) turn(*pair);
      std::erase_if(pairs_, [](const auto& pair) { return !pair->open; });
      std::this_thread::sleep_for(50us);
    }
  }

  void turn(Pair& pair) {
    const bool wild = !behaves_;
    if (wild && pair.mute > 0) {
      --pair.mute;
      return;
    }
    if (wild && random_.below(3'000) == 0) pair.mute = static_cast<int>(random_.below(600));
    if (wild && random_.below(4'000) == 0) {
      ++resets_;
      pair.open = false;
      return;
    }
    carry(pair, pair.client, pair.server, pair.there);
    carry(pair, pair.server, pair.client, pair.back);
  }

  void carry(Pair& pair, net::TcpStream& from, net::TcpStream& to, Way& way) {
    using Status = net::Transfer::Status;
    char room[4'096];
    const auto got = from.read(room);
    if (got.status == Status::done) way.held.append(room, got.bytes);
    if (got.status == Status::ended || got.status == Status::broken) pair.open = false;
    if (way.held.empty()) return;
    // A piece of any size: a reply may come a byte at a time.
    const std::size_t most = behaves_ ? way.held.size() : 1 + random_.below(way.held.size());
    const auto sent = to.write(std::string_view{way.held}.substr(0, most));
    if (sent.status == Status::broken) pair.open = false;
    way.held.erase(0, sent.bytes);
  }

  const std::uint16_t server_;
  Random random_;
  net::Socket listener_;
  const std::uint16_t port_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::atomic<bool> stopping_{false}, behaves_{false};
  std::atomic<int> resets_{0};
  std::thread thread_;
};

struct Tally {
  std::atomic<int> mixed_up{0}, overdue{0}, done{0}, doubtful{0}, untouched{0};
};

void call_and_check(const Store& store, int caller, int rounds, Tally& tally) {
  constexpr auto kDeadline = 200ms;
  const std::string mine = "caller:" + std::to_string(caller);
  for (int i = 0; i < rounds;) {
    const std::string name = mine + ":" + std::to_string(i % 50);
    const auto start = std::chrono::steady_clock::now();
    const auto written = store.set(name, name, {}, {.deadline = kDeadline});
    const auto read = store.get(name, {.deadline = kDeadline});
    const auto sum = store.add(mine, std::int64_t{1}, std::nullopt, {.deadline = kDeadline});
    const auto took = std::chrono::steady_clock::now() - start;
    tally.mixed_up += read.has_value() && read->has_value() && **read != Bytes(name);
    tally.mixed_up += written.has_error() && written.error().code == Errc::protocol;
    // Three calls; a busy machine may come late to wake us.
    tally.overdue += took > 3 * kDeadline + 150ms;
    ++(sum                                            ? tally.done
       : sum.error().effect == Effect::maybe_executed ? tally.doubtful
                                                      : tally.untouched);
    // What was refused at once, because the last calls all went unanswered, is no round.
    if (sum || sum.error().effect == Effect::maybe_executed) {
      ++i;
    } else {
      std::this_thread::sleep_for(5ms);
    }
  }
}

/// LARDER_REQUESTS=1000000 is the long run, by more callers at once.
int requests_wanted() {
  const char* const given = std::getenv("LARDER_REQUESTS");
  return given ? std::atoi(given) : 0;
}

TEST(UnrulyNetwork, NoReplyGoesAstrayAndNothingIsAddedTwice) {
  const int kCallers = requests_wanted() > 0 ? 64 : 8;
  const int kRounds = requests_wanted() > 0 ? requests_wanted() / kCallers / 3 + 1 : 80;
  test::RedisServer server;
  UnrulyProxy proxy{server.port(), test::seed()};
  const Store store = Store::open(proxy.url(), {.connect_timeout = 3s}).value();
  Tally tally;
  std::vector<std::thread> callers;
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] { call_and_check(store, c, kRounds, tally); });
  }
  for (auto& caller : callers) caller.join();
  proxy.behave();
  EXPECT_EQ(tally.mixed_up, 0);
  EXPECT_EQ(tally.overdue, 0);
  EXPECT_GT(tally.done, kCallers * kRounds / 10);
  EXPECT_GT(proxy.resets(), 0) << "it was unruly";
  std::int64_t sum = 0;
  const Store direct = Store::open(server.url()).value();
  for (int c = 0; c < kCallers; ++c) {
    const auto value = direct.get("caller:" + std::to_string(c)).value();
    sum += value ? std::stoll(*value) : 0;
  }
  EXPECT_GE(sum, tally.done);
  EXPECT_LE(sum, tally.done + tally.doubtful);
}

}  // namespace
}  // namespace larder
