// Histories of one lock on real servers: eight clients, each with a connection of its own, that sleep past their leases and
// die, on a server that is killed and halted under them; looked at by the linearizability checker. And what a failover of
// real sentinels loses, which no checker could call one lock.
//
// LARDER_HISTORIES=500 plays more of them, LARDER_FAILOVERS=20 more failovers.
#include <larder/lock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <thread>

#include "base/random.hpp"
#include "support/groups.hpp"
#include "unit/coord/lock_checker.hpp"

namespace larder {
namespace {

using namespace std::chrono_literals;
using coord::test::LockChecker;
using coord::test::LockOp;
using Deed = LockOp::Kind;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 8, kOpsEach = 200;

std::uint64_t wanted(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

/// The server may be on its way up again.
Store opened(const std::string& url) {
  for (int left = 100; left > 0; --left) {
    if (auto store = Store::open(url, {.deadline = 15s})) return *store;
    std::this_thread::sleep_for(100ms);
  }
  return Store::open(url).value();
}

/// One client and its part of the history, in microseconds.
class Client {
 public:
  /// `early`: microseconds by which the server may end a lease sooner.
  Client(const std::string& url, std::string name, std::uint64_t seed, int number,
         std::int64_t early)
      : store_(opened(url)),
        name_(std::move(name)),
        random_(seed * 64 + static_cast<std::uint64_t>(number)),
        owners_(number * 1'000'000),
        early_(early) {}

  void step() {
    LockOp op{choose(), owner_, token_};
    if (op.kind == Deed::acquire) op.owner = owner_ = ++owners_;
    const Millis ttl{200 + random_.below(200)};
    if (op.kind == Deed::acquire || op.kind == Deed::extend) op.ttl = ttl.count() * 1'000;
    op.early = early_;
    op.late = 30'000;  // Servers count in milliseconds, and look at the clock now and then.
    op.sent = now_us();
    const auto failure = carry_out(op, ttl);
    op.answered = now_us();
    op.known = !failure;
    if (!failure || failure->effect == Effect::maybe_executed) ops.push_back(op);
    // It dies, and another begins in its place.
    if (failure || random_.below(60) == 0) bury();
    rest();
  }

  std::vector<LockOp> ops;

 private:
  Deed choose() {
    if (held_) {
      const auto dice = random_.below(10);
      return dice < 5 ? Deed::write : dice < 7 ? Deed::extend : Deed::release;
    }
    return token_ != 0 && random_.below(4) == 0 ? Deed::write : Deed::acquire;
  }

  std::optional<Error> carry_out(LockOp& op, Millis ttl) {
    if (op.kind == Deed::acquire) {
      auto got = Lock(store_, name_, {.ttl = ttl}).try_acquire();
      if (!got) return got.error();
      op.yes = got->has_value();
      if (op.yes) {
        op.token = token_ = (*got)->token();
        held_ = std::move(*got);
      }
      return std::nullopt;
    }
    if (op.kind == Deed::write) {
      const auto written = store_.fenced_set(name_ + ":guarded", "x", op.token);
      if (!written) return written.error();
      op.yes = *written;
      return std::nullopt;
    }
    const auto done = op.kind == Deed::extend ? held_->extend(ttl) : held_->release();
    op.yes = done.has_value();
    if (!done && done.error().code != Errc::lock_lost) return done.error();
    if (!op.yes || op.kind == Deed::release) bury_lock();
    return std::nullopt;
  }

  void rest() {
    const bool long_pause = random_.below(40) == 0;
    std::this_thread::sleep_for(long_pause ? Millis{200 + random_.below(400)}
                                           : Millis{random_.below(6)});
  }
  /// Not given back before all is over.
  void bury_lock() {
    if (held_) graves_.push_back(std::move(*held_));
    held_.reset();
  }
  void bury() {
    bury_lock();
    token_ = 0;
  }

  Store store_;
  const std::string name_;
  base::Random random_;
  int owners_;
  const std::int64_t early_;
  int owner_ = 0;
  std::uint64_t token_ = 0;
  std::optional<HeldLock> held_;
  std::vector<HeldLock> graves_;
};

std::vector<std::unique_ptr<Client>> clients_of(const std::string& url, std::uint64_t seed,
                                                std::int64_t early = 0) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int c = 0; c < kClients; ++c)
    clients.push_back(std::make_unique<Client>(url, "job:" + std::to_string(seed), seed, c, early));
  return clients;
}

/// Each client on a thread of its own, as long as `goes_on`.
void play(std::vector<std::unique_ptr<Client>>& clients, const std::function<bool(int)>& goes_on) {
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&client, &goes_on] {
      for (int i = 0; goes_on(i); ++i) client->step();
    });
  }
  for (auto& thread : threads) thread.join();
}

std::vector<LockOp> history_of(const std::vector<std::unique_ptr<Client>>& clients) {
  std::vector<LockOp> ops;
  for (const auto& client : clients) ops.insert(ops.end(), client->ops.begin(), client->ops.end());
  std::stable_sort(ops.begin(), ops.end(),
                   [](const LockOp& a, const LockOp& b) { return a.sent < b.sent; });
  return ops;
}

/// Kills the server and starts it again, or halts it for longer than some leases, until told to stop.
void torment(test::ServerFixture& server, base::Random random, const std::atomic<bool>& over,
             std::size_t& times) {
  while (!over) {
    std::this_thread::sleep_for(Millis{300 + random.below(500)});
    if (++times % 2 == 1) {
      server.process().stop(SIGKILL);
      server.restart();
    } else {
      server.process().signal(SIGSTOP);
      std::this_thread::sleep_for(Millis{100 + random.below(300)});
      server.process().signal(SIGCONT);
    }
  }
}

void expect_one_lock(test::ServerFixture& server, std::int64_t early = 0) {
  const std::uint64_t histories = wanted("LARDER_HISTORIES", 1), first = wanted("LARDER_SEED", 1);
  constexpr std::uint64_t kAtOnce = 6;
  std::size_t ops = 0, unknown = 0, refused = 0, torments = 0;
  for (std::uint64_t seed = first; seed < first + histories; seed += kAtOnce) {
    std::atomic<bool> over{false};
    std::thread nemesis([&] { torment(server, base::Random(seed), over, torments); });
    std::vector<std::vector<LockOp>> played(std::min(kAtOnce, first + histories - seed));
    std::vector<std::thread> players;
    for (std::size_t i = 0; i < played.size(); ++i) {
      players.emplace_back([&, i] {
        auto clients = clients_of(server.url(), seed + i, early);
        play(clients, [](int step) { return step < kOpsEach; });
        played[i] = history_of(clients);
      });
    }
    for (auto& player : players) player.join();
    over = true;
    nemesis.join();
    for (std::size_t i = 0; i < played.size(); ++i) {
      for (const LockOp& op : played[i]) {
        ++ops;
        unknown += !op.known;
        refused += op.known && op.kind == Deed::write && !op.yes;
      }
      LockChecker checker(std::move(played[i]));
      ASSERT_TRUE(checker.linearizable()) << "history " << seed + i << checker.stuck();
    }
  }
  std::cout << histories << " histories, " << ops << " operations, " << unknown
            << " without an answer, " << refused << " late writes refused, " << torments
            << " times killed or halted\n";
  EXPECT_GT(torments, 1u);
  EXPECT_GT(refused, 0u);
}

TEST(LockHistoryOnServers, ARedisThatWritesEachStepToDiskIsOneLock) {
  test::RedisServer server({"appendonly yes", "appendfsync always"});
  expect_one_lock(server);
}

#ifdef LARDER_BINARY
TEST(LockHistoryOnServers, ALarderThatWritesEachStepToDiskIsOneLock) {
  test::LarderServer server{LARDER_BINARY, {"--dir", "@FOLDER@/data", "--fsync", "always"}};
  // What it plays from its log has deadlines in milliseconds of the wall clock, whose distance it keeps to 10 ms
  // (base/wall_bridge.hpp).
  expect_one_lock(server, 12'000);
}
#endif

// ---- failover -----------------------------------------------------------------------------------------

struct Losses {
  std::size_t grants = 0;
  std::size_t two_holders = 0;  ///< Granted while another's lease surely ran.
  std::size_t tokens_back = 0;  ///< Granted with a token not above one that was known before.
  std::size_t late_writes = 0;  ///< Accepted after one with a greater token had been answered.

  Losses& operator+=(const Losses& more) {
    grants += more.grants, two_holders += more.two_holders;
    tokens_back += more.tokens_back, late_writes += more.late_writes;
    return *this;
  }
};

/// Until when a grant surely held: its lease counted from when it was sent, or its release.
std::int64_t surely_until(const std::vector<LockOp>& ops, const LockOp& grant) {
  std::int64_t until = grant.sent + grant.ttl;
  for (const LockOp& op : ops) {
    if (op.owner != grant.owner || op.sent < grant.answered) continue;
    if (op.kind == Deed::release) until = std::min(until, op.sent);
    if (op.kind == Deed::extend)
      until = op.known && op.yes ? op.sent + op.ttl : std::min(until, op.sent);
  }
  return until;
}

Losses losses_in(const std::vector<LockOp>& ops) {
  Losses losses;
  for (const LockOp& later : ops) {
    const bool grant = later.kind == Deed::acquire, write = later.kind == Deed::write;
    if (!later.known || !later.yes || (!grant && !write)) continue;
    losses.grants += grant;
    bool two = false, back = false, late = false;
    for (const LockOp& sooner : ops) {
      if (!sooner.known || !sooner.yes || sooner.kind != later.kind) continue;
      if (sooner.answered >= later.sent) continue;
      back = back || (grant && later.token <= sooner.token);
      late = late || (write && later.token < sooner.token);
      two = two || (grant && later.answered < surely_until(ops, sooner));
    }
    losses.two_holders += two;
    losses.tokens_back += back;
    losses.late_writes += late;
  }
  return losses;
}

Losses after_one_failover(std::uint64_t seed) {
  test::SentinelGroup group;
  auto clients = clients_of(group.url(), seed);
  std::atomic<bool> over{false};
  std::thread nemesis([&] {
    std::this_thread::sleep_for(500ms);
    // Every second time the replicas lag: what the primary answers from now on is lost with it.
    if (seed % 2 == 1) {
      for (std::size_t i = 0; i < 2; ++i) group.replica(i).process().signal(SIGSTOP);
      std::this_thread::sleep_for(300ms);
    }
    group.primary().process().stop(SIGKILL);
    for (std::size_t i = 0; i < 2; ++i) group.replica(i).process().signal(SIGCONT);
    std::this_thread::sleep_for(4s);
    over = true;
  });
  play(clients, [&](int) { return !over; });
  nemesis.join();
  return losses_in(history_of(clients));
}

TEST(LockFailover, TokensGrowThroughIt) {
  const std::uint64_t failovers = wanted("LARDER_FAILOVERS", 1), first = wanted("LARDER_SEED", 1);
  Losses sum;
  for (std::uint64_t seed = first; seed < first + failovers; ++seed) {
    const Losses losses = after_one_failover(seed);
    EXPECT_GT(losses.grants, 0u);
    sum += losses;
  }
  std::cout << failovers << " failovers, " << sum.grants << " grants: " << sum.two_holders
            << " while another held it, " << sum.tokens_back << " tokens not above those before, "
            << sum.late_writes << " writes that a fence should have refused\n";
  EXPECT_EQ(sum.tokens_back, 0u) << "one machine, one clock";
}

}  // namespace
}  // namespace larder
