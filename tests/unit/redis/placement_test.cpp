// Placement: the vectors that other programs can rely on, the shares of nodes, and what moves when one comes or goes.
#include "redis/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace larder::redis {
namespace {

using testing::HasSubstr;

std::vector<PlacedNode> nodes(std::size_t count) {
  std::vector<PlacedNode> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({"10.0.0." + std::to_string(i + 1) + ":6379"});
  return out;
}

Placement over(Scheme scheme, std::size_t count) {
  return Placement::make(scheme, nodes(count)).value();
}

std::string key(std::size_t i) { return "user:" + std::to_string(i); }

constexpr std::size_t kKeys = 1'000'000;

/// Keys of each node, and how many live elsewhere in `other`.
struct Census {
  std::array<std::size_t, 16> keys{};
  std::size_t moved = 0;
};
Census count(const Placement& placement, const Placement& other, std::size_t keys = kKeys) {
  Census census;
  for (std::size_t i = 0; i < keys; ++i) {
    const std::string name = key(i);
    const std::size_t node = placement.place(name);
    ++census.keys[node];
    census.moved += placement.nodes()[node].name != other.nodes()[other.place(name)].name;
  }
  return census;
}

double busiest(const Census& census, std::size_t node_count, std::size_t keys = kKeys) {
  return static_cast<double>(*std::max_element(census.keys.begin(), census.keys.end())) *
         static_cast<double>(node_count) / static_cast<double>(keys);
}

TEST(PlacementTest, AMillionKeysFromEightNodesToNineAndBack) {
  const auto eight = over(Scheme::rendezvous, 8), nine = over(Scheme::rendezvous, 9);
  const auto grown = count(nine, eight), before = count(eight, nine);
  EXPECT_LE(grown.moved, kKeys / 9 + kKeys / 100);
  EXPECT_EQ(before.moved, grown.moved) << "the way back moves the same keys";
  EXPECT_EQ(grown.moved, grown.keys[8]) << "all of them to the new node";
  EXPECT_LE(busiest(grown, 9), 1.10);
  EXPECT_LE(busiest(before, 8), 1.10);
}

TEST(PlacementTest, WhatOtherSchemesMove) {
  constexpr std::size_t kSome = 100'000;
  const std::pair<Scheme, double> most[] = {{Scheme::jump, 1.0 / 9 + 0.01},
                                            {Scheme::ketama, 1.0 / 9 + 0.03},
                                            {Scheme::modulo, 8.0 / 9 + 0.01}};
  for (const auto& [scheme, share] : most) {
    const auto census = count(over(scheme, 9), over(scheme, 8), kSome);
    EXPECT_LE(static_cast<double>(census.moved) / kSome, share);
    EXPECT_LE(busiest(census, 9, kSome), scheme == Scheme::ketama ? 1.25 : 1.10);
  }
}

TEST(PlacementTest, AWeightIsAShare) {
  auto weighted = nodes(3);
  weighted[1].weight = 2;
  weighted[2].weight = 3;
  for (const auto scheme : {Scheme::rendezvous, Scheme::ketama}) {
    const auto placement = Placement::make(scheme, weighted).value();
    const auto census = count(placement, placement, 120'000);
    const double error = scheme == Scheme::rendezvous ? 0.03 : 0.25;
    for (std::size_t i = 0; i < 3; ++i) {
      const double share = 20'000.0 * weighted[i].weight;
      EXPECT_NEAR(static_cast<double>(census.keys[i]), share, share * error) << i;
    }
  }
}

TEST(PlacementTest, ANodeThatGrowsOnlyGains) {
  auto heavier = nodes(3);
  heavier[0].weight = 3;
  auto light = nodes(3);
  light[0].weight = 2;
  const auto before = Placement::make(Scheme::rendezvous, light).value();
  const auto after = Placement::make(Scheme::rendezvous, heavier).value();
  for (std::size_t i = 0; i < 20'000; ++i) {
    const auto then = before.place(key(i)), now = after.place(key(i));
    ASSERT_TRUE(then == now || now == 0);
  }
}

TEST(PlacementTest, WhatADeadNodeHadGoesToAllOthersAndNothingElseMoves) {
  for (const auto scheme : {Scheme::rendezvous, Scheme::ketama, Scheme::jump, Scheme::modulo}) {
    const auto placement = over(scheme, 4);
    const std::vector<bool> alive{true, false, true, true};
    Census heirs;
    for (std::size_t i = 0; i < 20'000; ++i) {
      const auto home = placement.place(key(i)), now = placement.place_among(key(i), alive);
      if (home != 1) {
        ASSERT_EQ(now, home);
      } else {
        ++heirs.keys[now];
      }
    }
    EXPECT_EQ(heirs.keys[1], 0u);
    for (const std::size_t heir : {0, 2, 3}) EXPECT_GT(heirs.keys[heir], 1'000u);
  }
}

TEST(PlacementTest, OnlyTheHashTagOfAKeyCounts) {
  const auto placement = over(Scheme::rendezvous, 8);
  EXPECT_EQ(placed_part("{user:7}~l"), "user:7");
  EXPECT_EQ(placed_part("a{b}c{d}"), "b");
  EXPECT_EQ(placed_part("a{}b"), "a{}b");
  EXPECT_EQ(placed_part("a{b"), "a{b");
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(placement.place(key(i)), placement.place("{" + key(i) + "}~f"));
  }
}

TEST(PlacementTest, SplitPointsCutTheOrderOfKeys) {
  const auto placement = Placement::make(Scheme::range, nodes(3), {"h", "p"}).value();
  EXPECT_EQ(placement.place("apple"), 0u);
  EXPECT_EQ(placement.place("h"), 1u);
  EXPECT_EQ(placement.place("orange"), 1u);
  EXPECT_EQ(placement.place("pear"), 2u);
}

// The promise to other programs and to later versions: these do not change.
TEST(PlacementTest, PublishedVectors) {
  EXPECT_EQ(placing_hash(""), 0xf52a15e9a9b5e89bU);
  EXPECT_EQ(placing_hash("user:1"), 0x3290bc1a92ad86c2U);
  struct Vector {
    Scheme scheme;
    const char* nodes_of_keys;  ///< Of user:0 … user:15 over five nodes, a digit each.
  };
  const Vector vectors[] = {
      {Scheme::rendezvous, "2144034343441021"},
      {Scheme::ketama, "2021213001000124"},
      {Scheme::jump, "3142301433022022"},
      {Scheme::modulo, "0011243443142140"},
  };
  for (const auto& vector : vectors) {
    const auto placement = over(vector.scheme, 5);
    std::string found;
    for (std::size_t i = 0; i < 16; ++i) found += std::to_string(placement.place(key(i)));
    EXPECT_EQ(found, vector.nodes_of_keys) << static_cast<int>(vector.scheme);
  }
}

TEST(PlacementTest, WhatCannotBeARingIsRefused) {
  EXPECT_THAT(Placement::make(Scheme::jump, {}).error().detail, HasSubstr("1 to"));
  EXPECT_THAT(Placement::make(Scheme::range, nodes(3), {"p", "h"}).error().detail,
              HasSubstr("ascend"));
  EXPECT_THAT(Placement::make(Scheme::jump, {{"a", 1}, {"b", 2}}).error().detail,
              HasSubstr("no weights"));
}

}  // namespace
}  // namespace larder::redis
