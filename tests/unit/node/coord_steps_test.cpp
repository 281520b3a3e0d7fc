// Limits, shares and sums that count once, as steps over a node under a manual clock.
#include <gtest/gtest.h>

#include "base/side_key.hpp"
#include "node/steps.hpp"
#include "unit/node/node_fixture.hpp"

namespace larder::node {
namespace {

class CoordStepsTest : public test::NodeTest {
 protected:
  Result<Decision> take(std::string_view key, const Limit& limit, std::uint32_t count = 1) {
    return node.visit(0, key, Mode::write, [&](engine::Entry& entry) {
      return take_limit(node, entry, limit, count, Taking::take);
    });
  }
  Result<std::vector<Decision>> take_all(std::vector<LimitAsk> asks) {
    std::vector<std::string_view> keys;
    for (const auto& ask : asks) keys.push_back(ask.key);
    auto held = node.hold(keys);
    return take_limits(node, held, 0, asks, Taking::take);
  }
  Result<LockGrant> share(std::string_view owner, std::uint32_t weight, std::uint32_t capacity,
                          Millis ttl = std::chrono::seconds{10}) {
    const base::SideKey fence("pool", base::kFenceTag);
    const std::array keys{node.hashed("pool"), node.hashed(fence.view())};
    auto held = node.hold(keys);
    return acquire_share(node, held, 0, keys[0], keys[1], owner, ttl, {weight, capacity});
  }
  bool release(std::string_view owner) {
    return node
        .visit(0, "pool", Mode::write,
               [&](engine::Entry& entry) { return release_share(node, entry, owner); })
        .value();
  }
  Result<Counted> once(std::string_view id, std::int64_t delta) {
    const std::array<std::string_view, 2> keys{"n", id};
    auto held = node.hold(keys);
    return add_once(node, held, 0, "n", id, delta, std::chrono::seconds{60}, std::nullopt);
  }
};

using namespace std::chrono_literals;

TEST_F(CoordStepsTest, AJumpOfTheWallClockNeitherGivesNorTakes) {
  for (const auto algorithm : {Algorithm::sliding_window, Algorithm::fixed_window,
                               Algorithm::sliding_log, Algorithm::token_bucket}) {
    const Limit limit{3, 1h, algorithm};
    ASSERT_TRUE(take("c", limit, 3)->allowed);
    clock.jump_wall(5h);
    EXPECT_FALSE(take("c", limit)->allowed);
    clock.jump_wall(-10h);
    EXPECT_FALSE(take("c", limit)->allowed);
    clock.advance(2h + 1s);
    EXPECT_TRUE(take("c", limit, 3)->allowed);
    clock.advance(3h);
  }
}

TEST_F(CoordStepsTest, ALimitsStateGoesWithItsLastMeaning) {
  for (const auto algorithm :
       {Algorithm::fixed_window, Algorithm::sliding_log, Algorithm::token_bucket}) {
    const Limit limit{3, 1min, algorithm};
    const auto decision = take("c", limit, 2);
    ASSERT_TRUE(decision);
    EXPECT_TRUE(get("c"));
    clock.advance(decision->reset_after + 1ms);
    EXPECT_FALSE(get("c")) << static_cast<int>(algorithm);
  }
}

TEST_F(CoordStepsTest, AllLimitsOrNone) {
  const Limit user{2, 1h}, all{3, 1h, Algorithm::token_bucket};
  EXPECT_TRUE(take_all({{"user", user}, {"all", all}}).value()[1].allowed);
  const auto denied = take_all({{"user", user, 2}, {"all", all}}).value();
  EXPECT_FALSE(denied[0].allowed);
  EXPECT_EQ(denied[1], (Decision{true, 2, 0ms, 20min})) << "as it is, for nothing was taken";
  EXPECT_TRUE(take_all({{"user", user}, {"all", all, 2}}).value()[1].allowed);
  EXPECT_EQ(take_all({{"new", user}, {"all", all}}).value()[0].remaining, 2u);
  EXPECT_FALSE(get("new")) << "nothing was written for it";
}

// Whatever the order, and whichever of them finds no memory.
TEST(CoordStepsMemoryTest, LimitsThatFindNoMemoryForAllAreTakenFromNone) {
  base::ManualClock clock;
  std::size_t refused = 0, allowed = 0;
  for (std::size_t filled = 0; filled < 64; ++filled) {
    Node node(
        {.shards = 1, .bytes_max = 256 * 1024, .eviction = policy::Eviction::noeviction, .seed = 7},
        clock);
    const Limit window{1'000, 1h}, log{1'000, 1h, Algorithm::sliding_log};
    const std::vector<LimitAsk> asks{{"log", log, 10}, {"a", window}, {"b", log}, {"c", window}};
    const auto take = [&](std::span<const LimitAsk> of) {
      std::vector<std::string_view> keys;
      for (const auto& ask : of) keys.push_back(ask.key);
      auto held = node.hold(keys);
      return take_limits(node, held, 0, of, Taking::take);
    };
    ASSERT_TRUE(take({asks.data(), 2}));
    clock.advance(10ms);
    // Until nothing of 40 bytes fits any more; then some room again, by eights.
    const auto set = [&](const std::string& key, std::size_t bytes) {
      return node.visit(0, key, Mode::write, [&](engine::Entry& entry) {
        return entry.assign(std::string(bytes, 'x'), engine::Deadline::none());
      });
    };
    for (int i = 0; set("fill" + std::to_string(i), 1'000); ++i) continue;
    for (int i = 0; set("more" + std::to_string(i), 8); ++i) continue;
    for (std::size_t i = 0; i < filled; ++i) {
      node.visit(0, "more" + std::to_string(i), Mode::write,
                 [](engine::Entry& entry) { return entry.erase(); });
    }
    const auto read = [&](std::string_view key) { return test::get_in(node, key); };
    const auto before = std::array{read("log"), read("a"), read("b"), read("c")};
    const auto taken = take(asks);
    const auto after = std::array{read("log"), read("a"), read("b"), read("c")};
    if (taken) {
      ++allowed;
      for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NE(before[i], after[i]) << i;
    } else {
      ++refused;
      EXPECT_EQ(taken.error().code, Errc::out_of_memory);
      EXPECT_EQ(before, after) << filled;
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(allowed, 0u);
}

TEST_F(CoordStepsTest, SharesAreGivenUntilNothingIsLeft) {
  const auto first = share("a", 1, 3).value(), second = share("b", 2, 3, 20s).value();
  ASSERT_TRUE(first.taken() && second.taken());
  EXPECT_GT(second.token, first.token);
  EXPECT_EQ(share("c", 1, 3).value().left, 10s) << "when the first ends";
  EXPECT_EQ(share("c", 2, 3).value().left, 20s);
  EXPECT_EQ(share("a", 1, 3).value().token, first.token) << "whoever asks again has it";
  EXPECT_TRUE(release("a"));
  EXPECT_FALSE(release("a"));
  EXPECT_GT(share("c", 1, 3).value().token, second.token);
}

TEST_F(CoordStepsTest, AShareEndsByItselfAndTheOthersStay) {
  ASSERT_TRUE(share("a", 1, 2, 5s)->taken());
  ASSERT_TRUE(share("b", 1, 2, 60s)->taken());
  clock.jump_wall(-5h);
  clock.advance(5s);
  EXPECT_TRUE(share("c", 1, 2, 60s)->taken());
  EXPECT_FALSE(share("a", 1, 2)->taken());
  EXPECT_FALSE(release("a"));
  EXPECT_TRUE(release("b"));
  EXPECT_TRUE(release("c"));
  EXPECT_FALSE(get("pool")) << "nobody holds any";
}

TEST_F(CoordStepsTest, AShareOfWhatIsNoneIsToldApart) {
  set("pool", "1 lock");
  EXPECT_EQ(share("a", 1, 2).error().code, Errc::wrong_type);
  set("pool", "s 1 2");
  EXPECT_EQ(share("a", 1, 2).error().code, Errc::wrong_type);
  set("pool", "s 1 99999999999999 1 30 short");
  EXPECT_EQ(share("a", 1, 2).error().code, Errc::wrong_type);
}

TEST_F(CoordStepsTest, OnceIsOnceUntilItIsForgotten) {
  EXPECT_EQ(once("id1", 5).value(), (Counted{5, true}));
  EXPECT_EQ(once("id2", 1).value(), (Counted{6, true}));
  EXPECT_EQ(once("id1", 5).value(), (Counted{5, false})) << "the sum that it made then";
  clock.advance(61s);
  EXPECT_EQ(once("id1", 5).value(), (Counted{11, true}));
}

TEST_F(CoordStepsTest, WhatFailsIsNotRemembered) {
  set("n", "9223372036854775807");
  EXPECT_EQ(once("id", 1).error().code, Errc::overflow);
  EXPECT_EQ(once("id", -1).value(), (Counted{9223372036854775806, true}));
  set("n", "word");
  EXPECT_EQ(once("other", 1).error().code, Errc::not_a_number);
}

}  // namespace
}  // namespace larder::node
