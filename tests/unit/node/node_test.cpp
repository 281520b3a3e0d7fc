#include "node/node.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace larder::node {
namespace {

class NodeTest : public ::testing::Test {
 protected:
  void set(const std::string& key, std::string_view value, unsigned db = 0) {
    node.visit(db, key, Mode::write,
               [&](engine::Entry& e) { e.assign(value, engine::Deadline::none()).value(); });
  }
  std::string get(const std::string& key, unsigned db = 0) {
    return node.visit(db, key, Mode::read,
                      [](engine::Entry& e) { return std::string{e.exists() ? e.value() : "-"}; });
  }

  base::ManualClock clock;
  Node node{{.shards = 8, .seed = 7}, clock};
};

TEST_F(NodeTest, AVisitReturnsWhatItsFunctionReturns) {
  set("a", "1");
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), "-");
  EXPECT_EQ(node.stats().hits, 1u);
  EXPECT_EQ(node.stats().misses, 1u);
}

TEST_F(NodeTest, AScanSeesEveryKeyOfItsDatabase) {
  for (int i = 0; i < 1'000; ++i) set("k" + std::to_string(i), "v");
  set("elsewhere", "v", 1);
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    cursor = node.scan(0, cursor, 10,
                       [&](const engine::Entry& e) { seen.insert(std::string{e.key()}); });
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 1'000u);
}

TEST_F(NodeTest, AFlushTakesOneDatabase) {
  set("a", "1");
  set("a", "2", 1);
  node.flush(0);
  EXPECT_EQ(node.size(0), 0u);
  EXPECT_EQ(get("a", 1), "2");
}

}  // namespace
}  // namespace larder::node
