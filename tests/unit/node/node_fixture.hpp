// A node under a manual clock, spoken to in words as short as the manual's.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "node/node.hpp"

namespace larder::node::test {

using namespace std::chrono_literals;
using engine::Deadline;
using engine::Entry;

/// The seed of a randomised test: LARDER_SEED, or a fixed one.
inline std::uint64_t seed() {
  const char* text = std::getenv("LARDER_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 20'240'917;
}

/// Visits through a Node or through a Held alike: commands are written once for both.
template <class Where>
std::optional<std::string> get_in(Where& where, std::string_view key, unsigned db = 0) {
  return where.visit(db, key, Mode::read, [](Entry& entry) {
    return entry.exists() ? std::optional<std::string>{entry.value()} : std::nullopt;
  });
}
template <class Where>
Result<void> set_in(Where& where, std::string_view key, std::string_view value, unsigned db = 0,
                    Deadline deadline = Deadline::none()) {
  return where.visit(db, key, Mode::write,
                     [&](Entry& entry) { return entry.assign(value, deadline); });
}

class NodeTest : public ::testing::Test {
 protected:
  explicit NodeTest(NodeOptions options = {.shards = 8, .seed = 7}) : node(options, clock) {}

  void set(std::string_view key, std::string_view value, unsigned db = 0) {
    ASSERT_TRUE(set_in(node, key, value, db)) << key;
  }
  std::optional<std::string> get(std::string_view key, unsigned db = 0) {
    return get_in(node, key, db);
  }
  void sweep_all() {
    while (node.sweep() > 0) continue;
  }

  base::ManualClock clock;
  Node node;
};

}  // namespace larder::node::test
