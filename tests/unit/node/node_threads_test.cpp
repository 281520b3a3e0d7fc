// Eight threads on one node: what each reads must be what somebody wrote there, whatever else is going on.
#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/random.hpp"
#include "node/reader.hpp"
#include "unit/node/node_fixture.hpp"
#include "unit/node/telling_values.hpp"

namespace larder::node::test {
namespace {

constexpr unsigned kThreads = 8;

template <class Fn>
void on_threads(Fn fn) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back([&fn, i] { fn(i); });
  for (std::thread& thread : threads) thread.join();
}

/// Of all threads together. LARDER_STEPS=20000000 is the long run.
std::uint64_t steps() {
  const char* text = std::getenv("LARDER_STEPS");
  return text ? std::strtoull(text, nullptr, 10) : 160'000;
}

/// Listens without any lock of its own: the shard's lock must be enough, and TSan sees whether it is.
class Auditor final : public engine::ChangeSink {
 public:
  void changed(const engine::Change& change) noexcept override {
    Shard& shard = shards[change.shard];
    ++shard.open;
    if (change.version == 0) return;
    out_of_order += change.version <= shard.version_last;
    shard.version_last = change.version;
  }
  void committed(std::span<const std::uint32_t> numbers) noexcept override {
    for (const std::uint32_t number : numbers) {
      empty_commits += shards[number].open == 0;
      shards[number].open = 0;
    }
  }
  struct alignas(64) Shard {
    std::uint64_t version_last = 0;
    std::size_t open = 0;
  };
  std::array<Shard, 16> shards{};
  std::atomic<std::size_t> out_of_order{0}, empty_commits{0};
};

class NodeThreadsTest : public NodeTest {
 protected:
  NodeThreadsTest()
      : NodeTest({.shards = 16,
                  .bytes_max = 500'000,
                  .eviction = policy::Eviction::adaptive,
                  .seed = seed()}) {
    node.listen(auditor);
  }

  void step(base::Random& random) {
    const std::string key = "key:" + std::to_string(random.below(20'000));
    const unsigned db = random.below(20) == 0;
    switch (random.below(20)) {
      case 0:
        node.visit(db, key, Mode::write, [](Entry& entry) { entry.erase(); });
        return;
      case 1:
      case 2:
      case 3:
      case 4: {
        const bool mortal = random.below(2) == 0;
        const std::size_t bytes = random.below(50) == 0 ? random.below(5'000) : random.below(200);
        const Deadline deadline =
            mortal ? Deadline::at(clock.now() + base::Millis{random.below(1'000)})
                   : Deadline::none();
        EXPECT_TRUE(set_in(node, key, value_for(key, bytes), db, deadline));
        return;
      }
      case 5: {
        const std::string second = "key:" + std::to_string(random.below(20'000));
        const std::string third = "key:" + std::to_string(random.below(20'000));
        const std::string_view keys[] = {key, second, third};
        node.visit_many(db, keys, Mode::read,
                        [&](std::size_t i, Entry& entry) { check(keys[i], entry); });
        return;
      }
      case 6:
        if (random.below(10) == 0)
          node.scan(db, random(), 20, [&](const Entry& entry) { check(entry.key(), entry); });
        return;
      case 7:
        clock.advance(1ms);
        node.sweep(100);
        return;
      case 8:
        if (random.below(2'000) == 0) node.flush(1);
        if (random.below(2'000) == 0) node.set_bytes_max(300'000 + random.below(500'000));
        return;
      case 9:
      case 10:
      case 11:
      case 12: {
        std::optional<std::string> value;
        if (Reader(node).read(db, key, value) != Found::string) return;
        ++checked;
        wrong += !fits(key, *value);
        return;
      }
      default:
        node.visit(db, key, Mode::read, [&](Entry& entry) { check(key, entry); });
    }
  }

  void check(std::string_view key, const Entry& entry) {
    if (!entry.exists()) return;
    ++checked;
    if (entry.key() != key || !fits(key, entry.value())) ++wrong;
  }

  Auditor auditor;
  std::atomic<std::size_t> checked{0}, wrong{0};
};

TEST_F(NodeThreadsTest, EveryReadSeesAWholeValueOfItsKeyWhileTheTableChangesAllOver) {
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  on_threads([&](unsigned thread) {
    base::Random random{seed() + thread};
    for (std::uint64_t i = 0; i < steps() / kThreads; ++i) step(random);
  });
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(checked, 5'000u);
  EXPECT_EQ(auditor.out_of_order, 0u);
  EXPECT_EQ(auditor.empty_commits, 0u);
  const NodeStats stats = node.stats();
  EXPECT_GT(stats.evicted, 0u);
  EXPECT_GT(stats.expired, 0u);
  EXPECT_EQ(stats.entries, node.size(0) + node.size(1));
}

class LedgerTest : public NodeTest {
 protected:
  static constexpr std::size_t kAccounts = 64;
  static constexpr long kOpening = 1'000;

  static std::string account(std::size_t i) { return "account:" + std::to_string(i); }
  template <class Where>
  static long balance(Where& where, const std::string& name) {
    return std::stol(get_in(where, name).value());
  }
};

TEST_F(LedgerTest, TransfersUnderAHoldLoseNothingAndAreSeenWhole) {
  for (std::size_t i = 0; i < kAccounts; ++i) set(account(i), std::to_string(kOpening));
  std::atomic<std::size_t> torn{0};
  on_threads([&](unsigned thread) {
    base::Random random{seed() + thread};
    for (int i = 0; i < 2'000; ++i) {
      const std::string from = account(random.below(kAccounts)),
                        to = account(random.below(kAccounts));
      if (from == to) continue;
      const std::string_view keys[] = {from, to};
      Node::Held held = node.hold(keys);
      const long amount = static_cast<long>(random.below(10));
      EXPECT_TRUE(set_in(held, from, std::to_string(balance(held, from) - amount)));
      EXPECT_TRUE(set_in(held, to, std::to_string(balance(held, to) + amount)));
    }
    for (int i = 0; i < 20; ++i) {
      Node::Held all = node.hold_all();
      long sum = 0;
      for (std::size_t a = 0; a < kAccounts; ++a) sum += balance(all, account(a));
      torn += sum != static_cast<long>(kAccounts) * kOpening;
    }
  });
  EXPECT_EQ(torn, 0u);
}

TEST_F(LedgerTest, NoIncrementIsLost) {
  on_threads([&](unsigned) {
    for (int i = 0; i < 5'000; ++i) {
      node.visit(0, "counter", Mode::write, [](Entry& entry) {
        const long before = entry.exists() ? std::stol(std::string{entry.value()}) : 0;
        EXPECT_TRUE(entry.assign(std::to_string(before + 1), Deadline::none()));
      });
    }
  });
  EXPECT_EQ(get("counter"), std::to_string(kThreads * 5'000));
}

}  // namespace
}  // namespace larder::node::test
