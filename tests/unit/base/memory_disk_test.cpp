// The disk that fails on purpose: each promise it breaks must break exactly so.
#include "base/memory_disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace larder::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Deed = MemoryDisk::Deed;

struct MemoryDiskTest : ::testing::Test {
  /// A file whose name is durable.
  std::unique_ptr<File> durable_file() {
    auto file = disk.open("log", Open::create).value();
    disk.sync().value();
    return file;
  }
  MemoryDisk disk;
};

TEST_F(MemoryDiskTest, APowerCutLosesWhatWasNotSynced) {
  const auto file = durable_file();
  file->append("safe").value();
  file->sync().value();
  file->append(" gone").value();
  EXPECT_EQ(disk.content("log"), "safe gone");
  EXPECT_EQ(disk.durable("log"), "safe");
  disk.power_cut();
  EXPECT_EQ(disk.content("log"), "safe");
}

TEST_F(MemoryDiskTest, ANameIsLostUnlessItsFolderWasSynced) {
  const auto file = disk.open("log", Open::create).value();
  file->append("x").value();
  file->sync().value();
  disk.power_cut();
  EXPECT_THAT(disk.list().value(), ElementsAre());
}

TEST_F(MemoryDiskTest, ARenameIsUndoneUnlessItsFolderWasSynced) {
  durable_file();
  disk.rename("log", "renamed").value();
  EXPECT_THAT(disk.list().value(), ElementsAre("renamed"));
  disk.power_cut();
  EXPECT_THAT(disk.list().value(), ElementsAre("log"));
  disk.remove("log").value();
  disk.sync().value();
  disk.power_cut();
  EXPECT_THAT(disk.list().value(), ElementsAre());
}

TEST_F(MemoryDiskTest, OpenFilesAndLocksDieWithThePower) {
  const auto file = durable_file();
  const auto held = disk.lock("lock").value();
  disk.power_cut();
  EXPECT_EQ(file->append("x").error().code, Errc::io);
  EXPECT_EQ(file->read(0, 1).error().code, Errc::io);
  EXPECT_EQ(file->size().error().code, Errc::io);
  EXPECT_EQ(file->sync().error().code, Errc::io);
  EXPECT_EQ(disk.content("log"), "");
  EXPECT_TRUE(disk.lock("lock"));
}

TEST_F(MemoryDiskTest, ATornCutKeepsSomePrefixOfTheTail) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryDisk torn(seed);
    const auto file = torn.open("log", Open::create).value();
    torn.sync().value();
    file->append("ab").value();
    file->sync().value();
    file->append("cd").value();
    torn.power_cut(true);
    seen.insert(torn.content("log"));
  }
  EXPECT_THAT(seen, ElementsAre("ab", "abc", "abcd"));
}

TEST_F(MemoryDiskTest, ATornCutKeepsOrDropsUnsyncedNames) {
  std::set<std::vector<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    MemoryDisk torn(seed);
    torn.open("old", Open::create).value();
    torn.sync().value();
    torn.open("new", Open::create).value();
    torn.remove("old").value();
    torn.power_cut(true);
    seen.insert(torn.list().value());
  }
  EXPECT_THAT(seen, ElementsAre(ElementsAre(), ElementsAre("new"), ElementsAre("new", "old"),
                                ElementsAre("old")));
}

TEST_F(MemoryDiskTest, TheNthDeedFails) {
  const auto file = durable_file();
  disk.fail(Deed::write, 2, EIO);
  file->append("a").value();
  EXPECT_THAT(file->append("b").error().detail,
              HasSubstr("write memory-disk/log: Input/output error"));
  file->append("c").value();
  EXPECT_EQ(disk.content("log"), "ac");
  disk.fail(Deed::open, 1, EMFILE, true);
  EXPECT_EQ(disk.open("log", Open::existing).error().code, Errc::io);
  EXPECT_EQ(disk.open("log", Open::existing).error().code, Errc::io);
  disk.fail(Deed::rename, 1, EIO);
  EXPECT_FALSE(disk.rename("log", "x"));
  disk.fail(Deed::remove, 1, EIO);
  EXPECT_FALSE(disk.remove("log"));
  disk.fail(Deed::sync_folder, 1, EIO);
  EXPECT_FALSE(disk.sync());
  disk.fail(Deed::read, 1, EIO);
  EXPECT_FALSE(file->read(0, 1));
  disk.fail(Deed::truncate, 1, EIO);
  EXPECT_FALSE(file->truncate(0));
  EXPECT_EQ(disk.content("log"), "ac");
  EXPECT_EQ(disk.count(Deed::write), 3U);
}

TEST_F(MemoryDiskTest, ATornWriteLeavesItsFirstBytes) {
  const auto file = durable_file();
  disk.tear_write(1, 3);
  EXPECT_FALSE(file->append("abcdef"));
  EXPECT_EQ(disk.content("log"), "abc");
  file->append("g").value();
  EXPECT_EQ(disk.content("log"), "abcg");
}

TEST_F(MemoryDiskTest, AFullDiskTakesWhatFits) {
  const auto file = durable_file();
  disk.set_capacity(4);
  EXPECT_THAT(file->append("abcdef").error().detail, HasSubstr("No space left on device"));
  EXPECT_EQ(disk.content("log"), "abcd");
  file->truncate(1).value();
  file->append("xyz").value();
  disk.set_capacity(100);
  file->append("!").value();
  EXPECT_EQ(disk.content("log"), "axyz!");
}

TEST_F(MemoryDiskTest, ALaterSyncDoesNotBringBackWhatAFailedOneLost) {
  const auto file = durable_file();
  file->append("ok").value();
  file->sync().value();
  file->append("BAD").value();
  disk.fail(Deed::sync, 1, EIO);
  EXPECT_FALSE(file->sync());
  file->append("end").value();
  file->sync().value();
  EXPECT_EQ(disk.content("log"), "okBADend");
  EXPECT_EQ(disk.durable("log"), std::string("ok\0\0\0end", 8));
}

TEST_F(MemoryDiskTest, CorruptionReachesWhatIsDurable) {
  const auto file = durable_file();
  file->append("abc").value();
  file->sync().value();
  disk.corrupt("log", 1, 0x01);
  EXPECT_EQ(disk.content("log"), "acc");
  EXPECT_EQ(disk.durable("log"), "acc");
}

}  // namespace
}  // namespace larder::base
