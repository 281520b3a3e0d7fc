// What a table does with one key: writing, versions, deadlines, and what it says about it.
#include <gmock/gmock.h>

#include "base/limits.hpp"
#include "unit/engine/table_fixture.hpp"

namespace larder::engine::test {
namespace {

using What = Change::What;

TEST_F(TableTest, WhatIsWrittenIsRead) {
  set("k", "v");
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(get("other"), std::nullopt);
}

TEST_F(TableTest, KeysAndValuesMayHoldAnyBytes) {
  const std::string bytes{"\0\r\n\xff", 4};
  set(bytes, bytes);
  set("", "empty key");
  set("empty value", "");
  EXPECT_EQ(get(bytes), bytes);
  EXPECT_EQ(get(""), "empty key");
  EXPECT_EQ(get("empty value"), "");
}

TEST_F(TableTest, AValueMayBeMadeFromPartOfItself) {
  set("k", "abcdefgh");
  {
    Entry entry = table.visit(0, "k", Mode::write);
    EXPECT_TRUE(entry.assign(entry.value().substr(2, 4), Deadline::none()));
    EXPECT_EQ(entry.value(), "cdef");
    EXPECT_TRUE(entry.append(entry.value()));
    EXPECT_EQ(entry.value(), "cdefcdef");
  }
  for (int i = 0; i < 10; ++i) {
    Entry entry = table.visit(0, "k", Mode::write);
    ASSERT_TRUE(entry.append(entry.value()));
  }
  EXPECT_EQ(get("k")->size(), 8u << 10);
  EXPECT_EQ(get("k")->substr(8'000, 8), "cdefcdef");
}

TEST_F(TableTest, DatabasesDoNotSeeEachOther) {
  set("k", "zero");
  set("k", "one", {.db = 1});
  EXPECT_EQ(get("k", 0), "zero");
  EXPECT_EQ(get("k", 1), "one");
  EXPECT_TRUE(erase("k", 1));
  EXPECT_EQ(get("k", 0), "zero");
  EXPECT_FALSE(erase("k", 1));
}

TEST_F(TableTest, SwappedDatabasesTakeTheirEntriesAlong) {
  set("k", "zero", {.ttl = 1s});
  table.swap_databases(0, 9);
  EXPECT_EQ(get("k", 0), std::nullopt);
  EXPECT_EQ(get("k", 9), "zero");
  clock.advance(2s);
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(TableTest, AKeyCanBeReadAtItsDeadlineAndIsGoneAfterIt) {
  set("k", "v", {.ttl = 20ms});

  clock.advance(20ms);
  EXPECT_EQ(get("k"), "v");

  clock.advance(1ms);
  EXPECT_EQ(get("k"), std::nullopt);
  EXPECT_EQ(listener.heard.back().what, What::expire);
  EXPECT_EQ(size(), 0u);
}

TEST_F(TableTest, AWallClockJumpNeitherKillsNorProlongs) {
  set("k", "v", {.ttl = 60s});
  clock.jump_wall(1h);
  EXPECT_EQ(get("k"), "v");
  clock.jump_wall(-2h);
  clock.advance(61s);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(TableTest, WritingClearsTheDeadlineUnlessToldToKeepIt) {
  set("cleared", "v", {.ttl = 1s});
  set("kept", "v", {.ttl = 1s});
  set("cleared", "new");
  set("kept", "new", {.keep_ttl = true});
  clock.advance(2s);
  EXPECT_EQ(get("cleared"), "new");
  EXPECT_EQ(get("kept"), std::nullopt);
}

TEST_F(TableTest, AppendingKeepsTheDeadline) {
  set("k", "v", {.ttl = 1s});
  ASSERT_TRUE(table.visit(0, "k", Mode::write).append("w"));
  EXPECT_EQ(get("k"), "vw");
  clock.advance(2s);
  EXPECT_EQ(get("k"), std::nullopt);
}

TEST_F(TableTest, ADeadlineCanBeGivenMovedAndTaken) {
  set("k", "v");
  table.visit(0, "k", Mode::write).set_deadline(clock.now() + 1s);
  EXPECT_EQ(table.visit(0, "k", Mode::peek).deadline(), clock.now() + 1s);
  table.visit(0, "k", Mode::write).set_deadline(clock.now() + 5s);
  clock.advance(2s);
  EXPECT_EQ(get("k"), "v");
  table.visit(0, "k", Mode::write).set_deadline(std::nullopt);
  clock.advance(10s);
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(table.size_with_deadline(0), 0u);
}

TEST_F(TableTest, ADeadlineInThePastErases) {
  set("a", "v");
  set("b", "v");
  table.visit(0, "a", Mode::write).set_deadline(clock.now() - 1ms);
  EXPECT_EQ(get("a"), std::nullopt);
  EXPECT_EQ(listener.heard.back().what, What::erase);
  set("b", "new", {.ttl = -1ms});
  EXPECT_EQ(get("b"), std::nullopt);
  EXPECT_EQ(size(), 0u);
}

TEST_F(TableTest, AVersionChangesWithEveryWriteAndOnlyThen) {
  EXPECT_EQ(version("k"), 0u);
  set("k", "v");
  const auto first = version("k");
  get("k");
  EXPECT_EQ(version("k"), first);
  set("k", "v");
  const auto second = version("k");
  EXPECT_NE(second, first);
  table.visit(0, "k", Mode::write).set_deadline(clock.now() + 1s);
  EXPECT_NE(version("k"), second);
  erase("k");
  EXPECT_EQ(version("k"), 0u);
  set("k", "v");
  EXPECT_THAT(version("k"), ::testing::AllOf(::testing::Ne(first), ::testing::Ne(second)));
}

TEST_F(TableTest, TheStreamTellsWhatHappenedInItsOrder) {
  set("k", "v");
  set("k", "w", {.ttl = 1s});
  ASSERT_TRUE(table.visit(0, "k", Mode::write).append("xy"));
  table.visit(0, "k", Mode::write).set_deadline(std::nullopt);
  erase("k");
  table.flush(0);
  set("m", "v", {.db = 2});
  table.flush(2);

  std::vector<What> said;
  for (const Heard& heard : listener.heard) said.push_back(heard.what);
  EXPECT_THAT(said, ::testing::ElementsAre(What::write, What::write, What::write, What::deadline,
                                           What::erase, What::write, What::flush));
  EXPECT_EQ(listener.heard[1].deadline, clock.now() + 1s);
  EXPECT_EQ(listener.heard[2].value, "wxy");
  EXPECT_EQ(listener.heard[2].part.offset, 1u);
  EXPECT_EQ(listener.heard[2].part.bytes, 2u);
  EXPECT_EQ(listener.heard[3].deadline, std::nullopt);
  EXPECT_EQ(listener.heard[4].version, 0u);
  EXPECT_EQ(listener.heard.back().db, 2u);
}

TEST_F(TableTest, TheStreamTellsWhatPartOfAValueWasOverwritten) {
  set("k", "abcdef");
  table.visit(0, "k", Mode::write).overwrite(2, "XY");
  EXPECT_EQ(listener.heard[1].value, "abXYef");
  EXPECT_EQ(listener.heard[1].part.offset, 2u);
  EXPECT_EQ(listener.heard[1].part.bytes, 2u);
}

TEST_F(TableTest, TheStreamTellsThatDatabasesWereExchanged) {
  table.swap_databases(1, 9);
  EXPECT_EQ(listener.heard.back().what, What::swap);
  EXPECT_EQ(listener.heard.back().db, 1u);
  EXPECT_EQ(listener.heard.back().other_db, 9u);
  EXPECT_TRUE(table.take_changed());
}

TEST_F(TableTest, AChangeIsReportedOnceForItsCommit) {
  EXPECT_FALSE(table.take_changed());
  set("k", "v");
  EXPECT_TRUE(table.take_changed());
  get("k");
  EXPECT_FALSE(table.take_changed());
}

TEST_F(TableTest, OnlyReadsCountAsHitsAndMisses) {
  set("k", "v");
  get("k");
  get("none");
  table.visit(0, "k", Mode::peek);
  table.visit(0, "none", Mode::write);
  EXPECT_EQ(table.stats().hits.get(), 1u);
  EXPECT_EQ(table.stats().misses.get(), 1u);
}

TEST_F(TableTest, ATooLargeKeyIsRefusedAndNothingChanges) {
  const std::string key(base::limits::kKeyBytesMax + 1, 'k');
  EXPECT_EQ(try_set(key, "v").error().code, Errc::too_large);
  EXPECT_EQ(size(), 0u);
  EXPECT_TRUE(listener.heard.empty());
}

/// The out-of-line kind that this test tries the layout with: a small hash.
class SmallHash final : public Object {
 public:
  std::size_t memory_bytes() const noexcept override {
    std::size_t sum = sizeof *this;
    for (const auto& [field, value] : fields) sum += field.size() + value.size() + 80;
    return sum;
  }
  std::vector<std::pair<std::string, std::string>> fields;
  std::shared_ptr<int> alive;
};

class ObjectTest : public TableTest {
 protected:
  void put(std::string_view key, const Setting& how = {}) {
    auto hash = std::make_unique<SmallHash>();
    hash->alive = alive;
    ASSERT_TRUE(
        table.visit(how.db, key, Mode::write).assign(Kind::hash, std::move(hash), deadline(how)));
  }
  long living() const { return alive.use_count() - 1; }

  std::shared_ptr<int> alive = std::make_shared<int>(0);
};

TEST_F(ObjectTest, AnObjectIsChangedInPlaceAndAccountedFor) {
  put("h");
  const auto before = table.stats().bytes_used.get();
  const auto version_before = version("h");
  {
    Entry entry = table.visit(0, "h", Mode::write);
    ASSERT_EQ(entry.kind(), Kind::hash);
    static_cast<SmallHash&>(entry.object()).fields.emplace_back("field", std::string(1'000, 'x'));
    entry.object_changed();
  }
  EXPECT_EQ(table.stats().bytes_used.get(), before + 1'085);
  EXPECT_NE(version("h"), version_before);
}

TEST_F(ObjectTest, AnObjectDiesWithItsEntryHoweverThatEnds) {
  put("erased");
  put("overwritten");
  put("replaced");
  put("expired", {.ttl = 1s});
  put("flushed", {.db = 1});
  EXPECT_EQ(living(), 5);
  erase("erased");
  set("overwritten", "string");
  put("replaced");
  EXPECT_EQ(living(), 3);
  clock.advance(2s);
  table.flush(1);
  sweep();
  EXPECT_EQ(living(), 1);
}

TEST_F(ObjectTest, AnObjectSurvivesThatItsEntryIsGivenADeadline) {
  put("h");
  table.visit(0, "h", Mode::write).set_deadline(clock.now() + 1s);
  EXPECT_EQ(living(), 1);
  EXPECT_EQ(table.visit(0, "h", Mode::read).kind(), Kind::hash);
  clock.advance(2s);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(living(), 0);
}

}  // namespace
}  // namespace larder::engine::test
