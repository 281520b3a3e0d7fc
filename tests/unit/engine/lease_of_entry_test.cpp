#include "unit/engine/table_fixture.hpp"

namespace larder::engine {
namespace {

using namespace std::chrono_literals;

class LeaseOfEntryTest : public test::TableTest {
 protected:
  std::uint64_t lease(std::string_view key, unsigned db = 0) {
    return table.visit(db, key, Mode::read).lease(++last, 5s).token;
  }
  bool take(std::string_view key, std::uint64_t token, unsigned db = 0) {
    return table.visit(db, key, Mode::write).take_lease(token);
  }
  std::uint64_t last = 0;
};

TEST_F(LeaseOfEntryTest, NothingHappenedSoItHolds) {
  const auto token = lease("k");
  set("other", "v");
  erase("other");
  EXPECT_TRUE(take("k", token));
  EXPECT_FALSE(take("k", token));
}

TEST_F(LeaseOfEntryTest, AWriteEndsItEvenIfItIsGoneAgain) {
  const auto token = lease("k");
  set("k", "v", {.ttl = 1ms});
  clock.advance(10ms);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_FALSE(take("k", token));
}

TEST_F(LeaseOfEntryTest, AnErasureEndsItThoughThereIsNothingToErase) {
  const auto token = lease("k");
  EXPECT_FALSE(erase("k"));
  EXPECT_FALSE(take("k", token));
}

TEST_F(LeaseOfEntryTest, AnAppendAndABirthInThePastEndItToo) {
  const auto a = lease("a");
  const auto b = lease("b");
  ASSERT_TRUE(table.visit(0, "a", Mode::write).append("tail"));
  ASSERT_TRUE(table.visit(0, "b", Mode::write).assign("v", Deadline::at(clock.now() - 1s)));
  EXPECT_FALSE(take("a", a));
  EXPECT_FALSE(take("b", b));
}

TEST_F(LeaseOfEntryTest, AnEntryThatExpiresLeavesNoTrace) {
  set("k", "v", {.ttl = 1ms});
  clock.advance(10ms);
  const auto token = lease("k");
  sweep();
  EXPECT_TRUE(take("k", token));
}

TEST_F(LeaseOfEntryTest, DatabasesAreApart) {
  const auto zero = lease("k", 0);
  const auto one = lease("k", 1);
  set("k", "v", {.db = 1});
  EXPECT_FALSE(take("k", one, 1));
  EXPECT_TRUE(take("k", zero, 0));
}

TEST_F(LeaseOfEntryTest, AFlushEndsThemAll) {
  const auto token = lease("k");
  table.flush(0);
  EXPECT_FALSE(take("k", token));
}

TEST_F(LeaseOfEntryTest, ItGoesWithItsDatabase) {
  const auto token = lease("k", 0);
  table.swap_databases(0, 1);
  EXPECT_FALSE(take("k", token, 0));
  EXPECT_TRUE(take("k", token, 1));
}

}  // namespace
}  // namespace larder::engine
