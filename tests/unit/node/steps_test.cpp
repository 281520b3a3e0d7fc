// What the Store contract cannot see: time that stands still, memory that is short, several databases.
#include "node/steps.hpp"

#include <array>

#include "base/side_key.hpp"
#include "unit/node/node_fixture.hpp"

namespace larder::node {
namespace {

using namespace std::chrono_literals;
using engine::Entry;

class StepsTest : public test::NodeTest {
 protected:
  Result<LockGrant> acquire(std::string_view name, std::string_view owner, Millis life = 5s,
                            unsigned db = 0) {
    const base::SideKey fence(name, base::kFenceTag);
    const std::array keys{node.hashed(name), node.hashed(fence.view())};
    auto held = node.hold(keys);
    return acquire_lock(node, held, db, keys[0], keys[1], owner, life);
  }
  bool release(std::string_view name, std::string_view owner) {
    return node
        .visit(0, name, Mode::write, [&](Entry& entry) { return release_lock(entry, owner); })
        .value();
  }
  void erase(std::string_view key) {
    node.visit(0, key, Mode::write, [](Entry& entry) { return entry.erase(); });
  }
};

TEST_F(StepsTest, TokensGrowThoughTimeStandsStillAndTheFenceIsLost) {
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t token = acquire("job", "me").value().token;
    ASSERT_GT(token, last);
    last = token;
    release("job", "me");
    if (i % 3 == 0) erase("{job}~f");
  }
}

TEST_F(StepsTest, TokensGrowThoughTheClockGoesBack) {
  const auto before = acquire("job", "me").value().token;
  release("job", "me");
  clock.jump_wall(-1h);
  EXPECT_GT(acquire("job", "you").value().token, before);
}

TEST_F(StepsTest, AFenceThatAnotherProcessLeftIsRespected) {
  const std::uint64_t future = 8'000'000'000'000'000;
  set("{job}~f", std::to_string(future));
  EXPECT_EQ(acquire("job", "me").value().token, future + 1);
}

TEST_F(StepsTest, ATokenIsAboutTheTimeInMicroseconds) {
  const auto wall = static_cast<std::uint64_t>(clock.wall().time_since_epoch().count());
  EXPECT_EQ(acquire("job", "me").value().token / 1'000, wall);
}

TEST_F(StepsTest, ALockEndsToTheMillisecond) {
  acquire("job", "me", 10ms).value();
  clock.advance(10ms);
  EXPECT_EQ(acquire("job", "you").value().left, 1ms);
  clock.advance(1ms);
  EXPECT_TRUE(acquire("job", "you").value().taken());
}

TEST_F(StepsTest, TheFenceOutlivesTheLock) {
  acquire("job", "me", 10ms).value();
  clock.advance(24h);
  EXPECT_TRUE(get("{job}~f").has_value());
  EXPECT_EQ(get("job"), std::nullopt);
  clock.advance(std::chrono::days{7});
  EXPECT_EQ(get("{job}~f"), std::nullopt);
}

TEST_F(StepsTest, DatabasesHaveLocksOfTheirOwn) {
  EXPECT_TRUE(acquire("job", "me", 5s, 0).value().taken());
  EXPECT_TRUE(acquire("job", "you", 5s, 1).value().taken());
}

TEST_F(StepsTest, AGenerationThatIsAskedForStays) {
  const auto ask = [&] {
    return node.visit(0, "{t}~g", Mode::write,
                      [&](Entry& entry) { return generation(node, entry); });
  };
  const auto first = ask().value();
  for (int i = 0; i < 10; ++i) {
    clock.advance(std::chrono::days{20});
    ASSERT_EQ(ask().value(), first);
  }
  clock.advance(std::chrono::days{31});
  EXPECT_GT(ask().value(), first);
}

class FullNodeTest : public StepsTest {
 protected:
  FullNodeTest() { node.set_bytes_max(1); }
};

TEST_F(FullNodeTest, WithoutMemoryNothingIsTaken) {
  node.set_eviction(policy::Eviction::noeviction);
  EXPECT_EQ(acquire("job", "me").error().code, Errc::out_of_memory);
  EXPECT_EQ(get("job"), std::nullopt);
}

}  // namespace
}  // namespace larder::node
