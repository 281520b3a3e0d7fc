// What survives the end of a process, and what survives a power cut.
#include "node/durability.hpp"

#include <gmock/gmock.h>

#include <cerrno>

#include "durable_fixture.hpp"

namespace larder::node::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Deed = base::MemoryDisk::Deed;

TEST_F(DurableTest, WhatWasFlushedIsThereAfterTheProcessDied) {
  start();
  set("k", "v");
  set("other", "w", 3);
  flush();
  start();
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(get("other", 3), "w");
  EXPECT_EQ(durability().recovered().sequence, 2u);
}

TEST_F(DurableTest, EachKindOfChangeComesBack) {
  start();
  for (const char* key : {"appended", "patched", "erased", "moved", "persisted", "dying"}) {
    set(key, "abcdef");
  }
  const auto write = [&](std::string_view key, auto fn) { node().visit(0, key, Mode::write, fn); };
  write("appended", [](Entry& entry) { ASSERT_TRUE(entry.append("gh")); });
  write("patched", [](Entry& entry) { entry.overwrite(2, "XY"); });
  write("erased", [](Entry& entry) { entry.erase(); });
  set("persisted", "p", 0, 10s);
  write("persisted", [](Entry& entry) { entry.set_deadline(std::nullopt); });
  write("dying", [&](Entry& entry) { entry.set_deadline(node().clock().now() + 5s); });
  set("flushed", "x", 1);
  node().flush(1);
  set("behind", "y", 1);
  set("two", "in 2", 2);
  node().hold_all().swap_databases(2, 3);
  flush();
  const Content before = content_of(node());
  start();
  EXPECT_EQ(content_of(node()), before);
  EXPECT_EQ(get("appended"), "abcdefgh");
  EXPECT_EQ(get("patched"), "abXYef");
  EXPECT_EQ(get("two", 3), "in 2");
}

TEST_F(DurableTest, AFlushInsideATransactionKeepsItsPlace) {
  start();
  set("a", "old");
  {
    auto held = node().hold_all();
    ASSERT_TRUE(set_in(held, "b", "before"));
    ASSERT_TRUE(set_in(held, "c", "before"));
    held.flush(0);
    ASSERT_TRUE(set_in(held, "c", "behind"));
    held.swap_databases(0, 1);
    held.swap_databases(0, 1);
    ASSERT_TRUE(set_in(held, "d", "behind"));
  }
  flush();
  start();
  EXPECT_EQ(content_of(node()).size(), 2u);
  EXPECT_EQ(get("c"), "behind");
  EXPECT_EQ(get("d"), "behind");
}

TEST_F(DurableTest, ATimeToLiveGoesOnWhileTheProcessIsAway) {
  start();
  set("short", "v", 0, 10s);
  set("long", "v", 0, 100s);
  flush();
  kill();
  clock.advance(60s);
  start();
  EXPECT_EQ(get("short"), std::nullopt);
  EXPECT_EQ(get("long"), "v");
  clock.advance(41s);
  EXPECT_EQ(get("long"), std::nullopt);
}

TEST_F(DurableTest, AnEntryMadeToStayDoesSoThoughItsFirstDeadlineIsLongPast) {
  start();
  set("kept", "v", 0, 10s);
  node().visit(0, "kept", Mode::write, [](Entry& entry) { entry.set_deadline(std::nullopt); });
  set("gone", "v", 0, 10s);
  node().visit(0, "gone", Mode::write, [](Entry& entry) { ASSERT_TRUE(entry.append("w")); });
  flush();
  kill();
  clock.advance(60s);
  start();
  EXPECT_EQ(get("kept"), "v");
  EXPECT_EQ(get("gone"), std::nullopt);
}

TEST_F(DurableTest, AlwaysIsOnTheDiskWhenFlushReturns) {
  options.fsync = Fsync::always;
  start();
  set("k", "v");
  flush();
  power_cut();
  start();
  EXPECT_EQ(get("k"), "v");
}

TEST_F(DurableTest, EverysecIsOnTheDiskASecondLater) {
  start();
  set("early", "v");
  flush();
  clock.advance(1s);
  tick();
  set("late", "v");
  flush();
  power_cut();
  start();
  EXPECT_EQ(get("early"), "v");
  EXPECT_EQ(get("late"), std::nullopt);
}

TEST_F(DurableTest, ReadersWaitForWhatIsNotSafeYet) {
  start();
  const auto mark = durability().mark();
  EXPECT_FALSE(durability().must_flush(mark));
  set("k", "v");
  EXPECT_TRUE(durability().must_flush(mark));
  EXPECT_TRUE(durability().must_flush(durability().mark()));  // Somebody who has only read.
  flush();
  EXPECT_FALSE(durability().must_flush(mark));
}

TEST_F(DurableTest, ATornTailIsCutToldAndFollowedSafely) {
  start();
  set("whole", "v");
  flush();
  disk.tear_write(1, 10);
  set("torn", "v");
  EXPECT_FALSE(durability().flush());
  kill();
  start();
  EXPECT_EQ(get("whole"), "v");
  EXPECT_EQ(get("torn"), std::nullopt);
  EXPECT_EQ(durability().recovered().cut_bytes, 10u);
  EXPECT_THAT(durability().recovered().notes, ElementsAre(HasSubstr("10 bytes")));
  set("behind", "v");
  flush();
  start();
  EXPECT_EQ(get("whole"), "v");
  EXPECT_EQ(get("behind"), "v");
}

// ---- snapshots ----------------------------------------------------------------------------------------

TEST_F(DurableTest, ASnapshotTakesThePlaceOfAllOlderFiles) {
  start();
  set("k", "v");
  ASSERT_TRUE(durability().save());
  EXPECT_THAT(files(), ElementsAre("log-0000000002.larder", "snapshot-0000000002.larder"));
  set("behind", "w");
  flush();
  start();
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(get("behind"), "w");
  EXPECT_EQ(durability().recovered().snapshot_sequence, 1u);
}

TEST_F(DurableTest, ASnapshotAloneIsEnough) {
  start();
  set("k", "v");
  set("timed", "w", 0, 100s);
  ASSERT_TRUE(durability().save());
  kill();
  ASSERT_TRUE(disk.remove("log-0000000002.larder"));
  start();
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(content_of(node()).size(), 2u);
}

TEST_F(DurableTest, WritesWhileASnapshotIsMadeAreInIt) {
  start();
  for (int i = 0; i < 5'000; ++i) set("k" + std::to_string(i), "before");
  ASSERT_TRUE(durability().save_later());
  int round = 0;
  while (durability().tick()) {
    set("k" + std::to_string(round * 7 % 5'000), "meanwhile");
    node().visit(0, "k" + std::to_string(4'999 - round), Mode::write,
                 [](Entry& entry) { entry.erase(); });
    set("new" + std::to_string(round), "v");
    ++round;
  }
  EXPECT_GT(round, 3);
  const Content before = content_of(node());
  kill();
  start();
  EXPECT_EQ(content_of(node()), before);
}

TEST_F(DurableTest, ASnapshotComesWhenItIsTimeAndSomethingHasChanged) {
  options.snapshot_every = 60s;
  start();
  clock.advance(61s);
  tick();
  EXPECT_EQ(durability().stats().saves, 0u);
  set("k", "v");
  tick();
  EXPECT_EQ(durability().stats().saves, 1u);
  EXPECT_EQ(durability().stats().changes, 0u);
  clock.advance(61s);
  tick();
  EXPECT_EQ(durability().stats().saves, 1u);
}

TEST_F(DurableTest, ALogThatOutgrowsItsDataIsReplacedBySnapshot) {
  options.snapshot_every = 0ms;
  options.log_bytes_min = 10'000;
  start();
  for (int i = 0; i < 50; ++i) {
    set("k", std::string(1'000, 'x'));
    flush();
    tick();
  }
  EXPECT_GE(durability().stats().saves, 3u);
  EXPECT_LT(durability().stats().log_bytes, 11'000u);
}

TEST_F(DurableTest, ExchangingDatabasesBeginsASnapshotAnew) {
  start();
  for (int i = 0; i < 3'000; ++i) set("k" + std::to_string(i), "v", static_cast<unsigned>(i % 2));
  ASSERT_TRUE(durability().save_later());
  ASSERT_TRUE(durability().tick());
  node().hold_all().swap_databases(0, 1);
  tick();
  EXPECT_FALSE(durability().stats().last_save_good);
  EXPECT_THAT(files(), ::testing::Not(::testing::Contains(HasSubstr("snapshot"))));
  ASSERT_TRUE(durability().save());
  const Content before = content_of(node());
  start();
  EXPECT_EQ(content_of(node()), before);
}

TEST_F(DurableTest, AGenerationIsOnTheDiskBeforeTheNextHasAnything) {
  Node written{node_options, clock};
  Journal journal{disk, clock, {.fsync = Fsync::no}};
  ASSERT_TRUE(journal.begin(1, 1));
  written.listen(journal);
  ASSERT_TRUE(set_in(written, "before", "v"));  // Neither in the kernel nor on the disk yet.
  ASSERT_TRUE(journal.rotate());
  ASSERT_TRUE(set_in(written, "behind", "v"));
  ASSERT_TRUE(journal.flush());
  ASSERT_TRUE(journal.sync());
  disk.power_cut();
  start();
  EXPECT_EQ(get("before"), "v");
  EXPECT_EQ(get("behind"), "v");
}

TEST_F(DurableTest, ACleanEndMakesASnapshotOfEverything) {
  start();
  set("k", "v");
  ASSERT_TRUE(durability().close(true));
  power_cut();
  start();
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(durability().recovered().snapshot_sequence, 1u);
}

// ---- trouble ------------------------------------------------------------------------------------------

TEST_F(DurableTest, AFullDiskRefusesWritesAndHealsByItself) {
  start();
  set("before", "v");
  flush();
  disk.set_capacity(disk.content("log-0000000001.larder").size() + 5);
  const auto mark = durability().mark();
  set("refused", "v");
  const auto flushed = durability().flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().effect, Effect::maybe_executed);
  EXPECT_THAT(flushed.error().detail, HasSubstr("No space left"));
  EXPECT_TRUE(durability().refuses());
  EXPECT_TRUE(durability().must_flush(mark));
  EXPECT_FALSE(durability().must_flush(durability().mark()));  // Reads go on.

  disk.set_capacity(1 << 20);
  clock.advance(1s);
  tick();
  EXPECT_FALSE(durability().refuses());
  EXPECT_TRUE(durability().flush());
  set("behind", "v");
  flush();
  start();
  EXPECT_EQ(content_of(node()).size(), 3u);
  EXPECT_EQ(durability().recovered().cut_bytes, 0u);
}

TEST_F(DurableTest, AFullDiskLosesNothingThatWasAcknowledged) {
  start();
  set("before", "v");
  flush();
  disk.set_capacity(disk.content("log-0000000001.larder").size() + 5);
  set("refused", "v");
  EXPECT_FALSE(durability().flush());
  kill();
  disk.set_capacity(1 << 20);
  start();
  EXPECT_EQ(get("before"), "v");
  EXPECT_EQ(get("refused"), std::nullopt);
}

class FailedFsyncTest : public DurableTest {
 protected:
  /// "before" is on the disk; the fsync that "unsure" waited for has failed.
  void fail_an_fsync() {
    options.fsync = Fsync::always;
    start();
    set("before", "v");
    flush();
    disk.fail(Deed::sync, 1, EIO);
    set("unsure", "v");
    EXPECT_FALSE(durability().flush());
  }
};

TEST_F(FailedFsyncTest, IsNeverCalledGood) {
  fail_an_fsync();
  EXPECT_FALSE(durability().flush());  // Though another fsync would succeed.
  EXPECT_TRUE(durability().refuses());
  EXPECT_THAT(durability().trouble(), HasSubstr("fsync"));
  power_cut();
  start();
  EXPECT_EQ(get("before"), "v");
  EXPECT_EQ(get("unsure"), std::nullopt);
}

TEST_F(FailedFsyncTest, IsMadeGoodByASnapshot) {
  fail_an_fsync();
  tick();
  EXPECT_FALSE(durability().refuses());
  EXPECT_TRUE(durability().flush());
  set("behind", "v");
  flush();
  power_cut();
  start();
  EXPECT_EQ(content_of(node()).size(), 3u);
}

TEST_F(DurableTest, TwoProcessesDoNotShareAFolder) {
  start();
  set("k", "v");
  flush();
  const std::string before = disk.content("log-0000000001.larder");
  Life second(disk, clock, node_options, options);
  EXPECT_THAT(second.error, HasSubstr("in use by another process"));
  EXPECT_EQ(disk.content("log-0000000001.larder"), before);
}

}  // namespace
}  // namespace larder::node::test
