// Histories of one lock: eight clients that lose messages, die, sleep past their leases and have their wall clock moved,
// under a clock and chance that are handed in; each history is then looked at by a linearizability checker.
//
// LARDER_HISTORIES=500 plays more of them, LARDER_SEED=n others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "unit/coord/lock_checker.hpp"
#include "unit/coord/test_world.hpp"

namespace larder::coord {
namespace {

using namespace std::chrono_literals;
using test::LockChecker;
using test::LockOp;
using Kind = LockOp::Kind;

constexpr int kClients = 8, kOpsEach = 200;
constexpr std::int64_t kDelayMax = 12;  // Of a message, in milliseconds.

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// One client: at most one operation under way, at most one lock held.
struct Client {
  int ops = 0;
  int owner = 0;
  std::optional<HeldLock> held;
  std::uint64_t token = 0;  ///< Kept after the lock was lost: that is what fences are for.
};

class History {
 public:
  explicit History(std::uint64_t seed)
      : random_(seed), world_(seed), store_(test::memory(world_)), clients_(kClients) {}

  std::vector<LockOp> play() {
    for (int c = 0; c < kClients; ++c) later(ms(20), [this, c] { next_op(c); });
    while (!events_.empty()) {
      const auto event = events_.extract(events_.begin());
      world_.clock.advance(Millis{event.key().first - now()});
      if (random_.below(100) == 0)
        world_.clock.jump_wall(
            Millis{static_cast<std::int64_t>(random_.below(7'200'000)) - 3'600'000});
      event.mapped()();
    }
    return std::move(ops_);
  }
  std::size_t expired_acquisitions() const { return after_expiry_; }
  std::size_t refused_writes() const { return refused_writes_; }

 private:
  std::int64_t now() const {
    return std::chrono::floor<Millis>(world_.clock.now().time_since_epoch()).count();
  }
  std::int64_t ms(std::int64_t below) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(below)));
  }
  void later(std::int64_t delay, std::function<void()> what) {
    events_.emplace(std::pair{now() + delay, ++event_number_}, std::move(what));
  }

  Kind choose(const Client& client) {
    if (client.held) {
      const auto dice = random_.below(10);
      return dice < 5 ? Kind::write : dice < 7 ? Kind::extend : Kind::release;
    }
    return client.token != 0 && random_.below(4) == 0 ? Kind::write : Kind::acquire;
  }

  void next_op(int c) {
    Client& client = clients_[static_cast<std::size_t>(c)];
    if (client.ops++ == kOpsEach) return;
    const std::size_t i = ops_.size();
    LockOp op{choose(client), client.owner};
    op.sent = now();
    op.token = client.token;
    if (op.kind == Kind::acquire) op.owner = client.owner = ++owners_;
    op.ttl = op.kind == Kind::acquire || op.kind == Kind::extend ? 20 + ms(100) : 0;
    const bool dies = random_.below(40) == 0, request_is_lost = dies && random_.below(2) == 0;
    if (dies) {
      op.known = false;
      op.answered = op.sent + kDelayMax;
    }
    ops_.push_back(op);
    if (!request_is_lost) later(ms(kDelayMax), [this, c, i, dies] { carry_out(c, i, dies); });
    if (dies) {
      // What it held nobody gives back; a new process begins in its place.
      later(kDelayMax + 1, [this, c] {
        Client& dead = clients_[static_cast<std::size_t>(c)];
        if (dead.held) graves_.push_back(std::move(*dead.held));
        dead.held.reset();
        dead.token = 0;
        next_op(c);
      });
    }
  }

  void carry_out(int c, std::size_t i, bool dies) {
    Client& client = clients_[static_cast<std::size_t>(c)];
    LockOp& op = ops_[i];
    std::optional<HeldLock> got;
    bool yes = false;
    switch (op.kind) {
      case Kind::acquire:
        got = Lock{store_, "job", {.ttl = Millis{op.ttl}}, world_}.try_acquire().value();
        yes = got.has_value();
        if (yes && holder_left_) ++after_expiry_;
        if (yes) holder_left_ = true;
        break;
      case Kind::extend:
        yes = client.held->extend(Millis{op.ttl}).has_value();
        break;
      case Kind::release:
        yes = client.held->release().has_value();
        if (yes) holder_left_ = false;
        break;
      case Kind::write:
        yes = store_.fenced_set("resource", std::to_string(op.token), op.token).value();
        refused_writes_ += !yes;
        break;
    }
    if (dies) {
      if (got) graves_.push_back(std::move(*got));
      return;
    }
    auto kept = std::make_shared<std::optional<HeldLock>>(std::move(got));
    later(ms(kDelayMax), [this, c, i, yes, kept] { answer(c, i, yes, std::move(*kept)); });
  }

  void answer(int c, std::size_t i, bool yes, std::optional<HeldLock> got) {
    Client& client = clients_[static_cast<std::size_t>(c)];
    LockOp& op = ops_[i];
    op.answered = now();
    op.yes = yes;
    if (got) {
      op.token = client.token = got->token();
      client.held = std::move(got);
    } else if (op.kind == Kind::release || (op.kind == Kind::extend && !yes)) {
      client.held.reset();
    }
    // Most go on at once; some are halted for longer than their lease.
    later(random_.below(12) == 0 ? 100 + ms(300) : ms(15), [this, c] { next_op(c); });
  }

  base::Random random_;
  test::TestWorld world_;
  Store store_;
  std::vector<Client> clients_;
  std::vector<HeldLock> graves_;
  std::vector<LockOp> ops_;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t event_number_ = 0;
  int owners_ = 0;
  bool holder_left_ = false;
  std::size_t after_expiry_ = 0, refused_writes_ = 0;
};

TEST(LockHistory, EveryHistoryIsThatOfOneLockAndTokensGrow) {
  const std::uint64_t histories = number_from("LARDER_HISTORIES", 25);
  const std::uint64_t first = number_from("LARDER_SEED", 1);
  std::size_t expiries = 0, refused = 0;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    History history(seed);
    LockChecker checker(history.play());
    ASSERT_TRUE(checker.linearizable()) << "LARDER_SEED=" << seed << ", " << checker.stuck();
    expiries += history.expired_acquisitions();
    refused += history.refused_writes();
  }
  EXPECT_GT(expiries, histories) << "leases did run out";
  EXPECT_GT(refused, histories) << "and who came too late was refused";
}

// ---- the checker itself: what it must not accept ------------------------------------------------------

LockOp op(Kind kind, int owner, std::int64_t sent, std::int64_t answered, bool yes,
          std::uint64_t token = 0, std::int64_t ttl = 100) {
  return {kind, owner, token, yes, true, sent, answered, ttl};
}

bool accepts(std::vector<LockOp> ops) { return LockChecker(std::move(ops)).linearizable(); }

TEST(LockCheckerTest, TwoHoldersAtATimeAreFound) {
  EXPECT_FALSE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::acquire, 2, 10, 50, true, 2)}));
  EXPECT_TRUE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::acquire, 2, 10, 101, true, 2)}));
  EXPECT_TRUE(accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::release, 1, 6, 30, true),
                       op(Kind::acquire, 2, 10, 50, true, 2)}));
  EXPECT_FALSE(accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::release, 1, 51, 60, true),
                        op(Kind::acquire, 2, 10, 50, true, 2)}));
}

TEST(LockCheckerTest, TokensThatDoNotGrowAreFound) {
  EXPECT_FALSE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 7), op(Kind::acquire, 2, 200, 205, true, 7)}));
  EXPECT_FALSE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 7), op(Kind::acquire, 2, 200, 205, true, 6)}));
}

TEST(LockCheckerTest, AnOldTokensWriteIsFound) {
  EXPECT_FALSE(accepts({op(Kind::write, 2, 0, 5, true, 8), op(Kind::write, 1, 6, 9, true, 7)}));
  EXPECT_TRUE(accepts({op(Kind::write, 2, 0, 5, true, 8), op(Kind::write, 1, 4, 9, true, 7)}));
  EXPECT_FALSE(accepts({op(Kind::write, 2, 0, 5, true, 8), op(Kind::write, 1, 6, 9, false, 9)}));
}

TEST(LockCheckerTest, LeasesThatEndTooSoonOrTooLateAreFound) {
  EXPECT_FALSE(accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::extend, 1, 50, 60, false)}));
  EXPECT_FALSE(accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::extend, 1, 106, 110, true)}));
  EXPECT_FALSE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::acquire, 2, 106, 110, false)}));
  EXPECT_TRUE(
      accepts({op(Kind::acquire, 1, 0, 5, true, 1), op(Kind::acquire, 2, 105, 110, false)}));
}

TEST(LockCheckerTest, ALostAnswerMayHaveTakenTheLockOrNot) {
  LockOp lost = op(Kind::acquire, 1, 0, 12, false);
  lost.known = false;
  EXPECT_TRUE(accepts({lost, op(Kind::acquire, 2, 20, 30, false)}));
  EXPECT_TRUE(accepts({lost, op(Kind::acquire, 2, 20, 30, true, 2)}));
  EXPECT_FALSE(accepts({lost, op(Kind::acquire, 2, 200, 230, false)}));
}

}  // namespace
}  // namespace larder::coord
