// Reads that take no lock, beside threads that write: what is returned was there, whole and together.
#include <atomic>
#include <thread>

#include "base/random.hpp"
#include "node/reader.hpp"
#include "unit/node/node_fixture.hpp"
#include "unit/node/telling_values.hpp"

namespace larder::node::test {
namespace {

constexpr std::size_t kKeys = 400;
constexpr int kReads = 20'000;

std::string name(std::size_t i) { return "key:" + std::to_string(i); }

class ReaderThreadsTest : public NodeTest {
 protected:
  ReaderThreadsTest() : NodeTest({.shards = 2, .bytes_max = 60'000, .seed = seed()}) {}

  // Two readers and a writer that goes on for as long as they read.
  template <class Read, class Write>
  void beside(Read read, Write write) {
    std::atomic<int> reading{2};
    std::vector<std::thread> threads;
    for (std::uint64_t reader = 0; reader < 2; ++reader) {
      threads.emplace_back([&, reader] {
        base::Random random{seed() + reader};
        for (int i = 0; i < kReads; ++i) read(random);
        --reading;
      });
    }
    base::Random random{seed() + 99};
    while (reading > 0) write(random);
    for (std::thread& thread : threads) thread.join();
  }
};

TEST_F(ReaderThreadsTest, AValueIsWholeAndOfItsKeyWhileItMovesAndGoes) {
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed()));
  std::atomic<std::size_t> seen{0}, wrong{0};
  beside(
      [&](base::Random& random) {
        const std::string key = name(random.below(kKeys));
        std::optional<std::string> value;
        if (Reader(node).read(0, key, value) != Found::string) return;
        ++seen;
        wrong += !fits(key, *value);
      },
      [&](base::Random& random) {
        const std::string key = name(random.below(kKeys));
        const std::size_t bytes = random.below(20) == 0 ? random.below(3'000) : random.below(300);
        const Deadline deadline =
            random.below(3) == 0 ? Deadline::at(clock.now() + base::Millis{random.below(3'000)})
                                 : Deadline::none();
        ASSERT_TRUE(set_in(node, key, value_for(key, bytes), 0, deadline));
        if (random.below(8) == 0)
          node.visit(0, name(random.below(kKeys)), Mode::write,
                     [](Entry& entry) { entry.erase(); });
        if (random.below(50) == 0) {
          clock.advance(1ms);
          node.sweep(100);
        }
        if (random.below(3'000) == 0) node.flush(0);
        if (random.below(3'000) == 0) node.hold_all().swap_databases(0, 1);
      });
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(seen, 1'000u);
  EXPECT_GT(node.stats().evicted, 0u);
}

TEST_F(ReaderThreadsTest, AGroupIsOneMoment) {
  const std::vector<std::string> names{name(1), name(2), name(3), name(4)};
  const std::vector<std::string_view> keys(names.begin(), names.end());
  for (const std::string& key : names) set(key, "0");
  std::atomic<std::size_t> torn{0};
  beside(
      [&](base::Random&) {
        std::vector<std::optional<std::string>> values(keys.size());
        std::vector<Found> found(keys.size());
        Reader(node).read_group<std::string>(0, keys, values, found);
        for (const auto& value : values) torn += value != values[0];
      },
      [&](base::Random& random) {
        const std::string value = std::to_string(random());
        Node::Held held = node.hold(keys);
        for (const std::string_view key : keys) ASSERT_TRUE(set_in(held, key, value));
      });
  EXPECT_EQ(torn, 0u);
}

}  // namespace
}  // namespace larder::node::test
