// A node that lives in a folder of a MemoryDisk, dies and comes back.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/memory_disk.hpp"
#include "node/durability.hpp"
#include "node_fixture.hpp"
#include "support/same_disk.hpp"

namespace larder::node::test {

/// An entry as a test compares it: the value, and the deadline by the wall clock.
using Shown = std::pair<std::string, std::optional<std::int64_t>>;
using Content = std::map<std::pair<unsigned, std::string>, Shown>;

/// Of a long value its length, its checksum and how it begins: thousands of states are compared.
inline std::string shortened(std::string_view value) {
  constexpr std::size_t kLong = 64;
  if (value.size() <= kLong) return std::string(value);
  return std::to_string(value.size()) + " bytes " + std::to_string(base::crc32c(value)) + " " +
         std::string(value.substr(0, 16));
}

inline Content content_of(Node& node) {
  Content content;
  base::WallBridge bridge{node.clock()};
  for (unsigned db = 0; db < node.databases(); ++db) {
    for (std::uint64_t cursor = 0;;) {
      cursor = node.scan(db, cursor, 100, [&](const Entry& entry) {
        std::optional<std::int64_t> deadline;
        if (entry.deadline()) deadline = bridge.to_wall(*entry.deadline()).count();
        content[{db, std::string(entry.key())}] = {shortened(entry.value()), deadline};
      });
      if (cursor == 0) break;
    }
  }
  return content;
}

/// One life: a node and its durability.
struct Life {
  Life(base::Disk& disk, base::ManualClock& time, NodeOptions node_options,
       DurabilityOptions options)
      : clock(time), node(node_options, clock) {
    options.own_thread = false;
    auto opened =
        Durability::open(std::make_unique<larder::test::SameDisk>(disk), node, clock, options);
    if (opened) {
      durability = std::move(*opened);
    } else {
      error = opened.error().detail;
    }
  }

  LoadClock clock;
  Node node;
  std::unique_ptr<Durability> durability;
  std::string error;
};

class DurableTest : public ::testing::Test {
 protected:
  void start() {
    life.reset();
    life = std::make_unique<Life>(disk, clock, node_options, options);
    ASSERT_EQ(life->error, "");
  }
  /// The process dies; what it wrote stays.
  void kill() { life.reset(); }
  void power_cut(bool torn = false) {
    disk.power_cut(torn);
    life.reset();
  }
  std::string error_of_start() {
    life.reset();
    life = std::make_unique<Life>(disk, clock, node_options, options);
    return life->error;
  }
  Node& node() { return life->node; }
  Durability& durability() { return *life->durability; }
  void set(std::string_view key, std::string_view value, unsigned db = 0,
           std::optional<base::Nanos> ttl = std::nullopt) {
    const auto deadline = ttl ? Deadline::at(node().clock().now() + *ttl) : Deadline::none();
    ASSERT_TRUE(set_in(node(), key, value, db, deadline)) << key;
  }
  std::optional<std::string> get(std::string_view key, unsigned db = 0) {
    return get_in(node(), key, db);
  }
  void flush() { ASSERT_TRUE(durability().flush()); }
  /// The clockwork, until it rests.
  void tick() {
    while (durability().tick()) continue;
  }
  std::vector<std::string> files() { return *disk.list(); }

  base::MemoryDisk disk;
  base::ManualClock clock;
  NodeOptions node_options{.shards = 4, .databases = 4, .seed = 7};
  DurabilityOptions options;
  std::unique_ptr<Life> life;
};

}  // namespace larder::node::test
