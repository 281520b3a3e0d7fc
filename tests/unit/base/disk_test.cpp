// What every Disk does, on the operating system's and in memory; and what only the real one can
// refuse.
#include "base/disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/memory_disk.hpp"

namespace larder::base {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder of this test's own, gone afterwards.
struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/larder-disk-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

struct DiskTest : ::testing::TestWithParam<bool> {
  DiskTest() {
    if (GetParam())
      disk = open_system_disk(folder.path + "/data").value();
    else
      disk = std::make_unique<MemoryDisk>();
  }
  TemporaryFolder folder;
  std::unique_ptr<Disk> disk;
};

INSTANTIATE_TEST_SUITE_P(, DiskTest, ::testing::Values(true, false), [](const auto& parameter) {
  return parameter.param ? "System" : "Memory";
});

TEST_P(DiskTest, WhatIsAppendedCanBeRead) {
  const auto file = disk->open("log", Open::create).value();
  file->append("hello ").value();
  file->append("world").value();
  EXPECT_EQ(file->size().value(), 11U);
  EXPECT_EQ(file->read(0, 100).value(), "hello world");
  EXPECT_EQ(file->read(6, 3).value(), "wor");
  EXPECT_EQ(file->read(11, 3).value(), "");
  file->sync().value();
  disk->sync().value();
}

TEST_P(DiskTest, AppendsGoToTheEndAfterATruncation) {
  const auto file = disk->open("log", Open::create).value();
  file->append("abcdef").value();
  file->truncate(2).value();
  file->append("X").value();
  EXPECT_EQ(disk->open("log", Open::existing).value()->read(0, 100).value(), "abX");
}

TEST_P(DiskTest, OpenKeepsItsWordAboutExistence) {
  EXPECT_EQ(disk->open("a", Open::existing).error().code, Errc::io);
  EXPECT_TRUE(disk->open("a", Open::fresh));
  EXPECT_EQ(disk->open("a", Open::fresh).error().code, Errc::io);
  EXPECT_TRUE(disk->open("a", Open::existing));
}

TEST_P(DiskTest, RenameReplacesAndRemoveForgives) {
  disk->open("a", Open::create).value()->append("new").value();
  disk->open("b", Open::create).value()->append("old").value();
  disk->rename("a", "b").value();
  EXPECT_THAT(disk->list().value(), ElementsAre("b"));
  EXPECT_EQ(disk->open("b", Open::existing).value()->read(0, 9).value(), "new");
  disk->remove("b").value();
  EXPECT_TRUE(disk->remove("b"));
  EXPECT_THAT(disk->list().value(), ElementsAre());
  EXPECT_EQ(disk->rename("a", "b").error().code, Errc::io);
}

TEST(SystemDiskTest, WhoReadsARemovedFileOrHasItUnderAnotherNameLosesNothing) {
  const TemporaryFolder folder;
  const auto disk = open_system_disk(folder.path).value();
  const std::string bytes(9 << 20, 'x');
  const auto write = [&](const char* name) {
    disk->open(name, Open::create).value()->append(bytes).value();
  };
  write("large");
  disk->remove("large").value();
  EXPECT_THAT(disk->list().value(), ElementsAre());
  write("read");
  const auto reader = disk->open("read", Open::existing).value();
  disk->remove("read").value();
  EXPECT_EQ(reader->size().value(), bytes.size());
  write("one");
  std::filesystem::create_hard_link(folder.path + "/one", folder.path + "/two");
  disk->remove("one").value();
  EXPECT_EQ(disk->open("two", Open::existing).value()->size().value(), bytes.size());
}

TEST_P(DiskTest, NoNameLeavesTheFolder) {
  for (const std::string name :
       {"", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden", "a b", "a\n", "ü"}) {
    EXPECT_EQ(disk->open(name, Open::create).error().code, Errc::bad_argument) << name;
    EXPECT_EQ(disk->remove(name).error().code, Errc::bad_argument) << name;
    EXPECT_EQ(disk->rename("a", name).error().code, Errc::bad_argument) << name;
    EXPECT_EQ(disk->lock(name).error().code, Errc::bad_argument) << name;
  }
  EXPECT_EQ(disk->open(std::string_view("a\0b", 3), Open::create).error().code, Errc::bad_argument);
  EXPECT_EQ(disk->open(std::string(4096, 'a'), Open::create).error().code, Errc::bad_argument);
}

TEST_P(DiskTest, ALockHasOneHolder) {
  auto first = disk->lock("lock").value();
  EXPECT_THAT(disk->lock("lock").error().detail, HasSubstr("in use by another process"));
  first.reset();
  EXPECT_TRUE(disk->lock("lock"));
}

TEST(SystemDisk, FilesAndFoldersAreTheOwnersAlone) {
  const TemporaryFolder folder;
  const auto disk = open_system_disk(folder.path + "/data").value();
  disk->open("log", Open::create).value();
  struct stat status {};
  ASSERT_EQ(::stat((folder.path + "/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((folder.path + "/data/log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(SystemDisk, FollowsNoLinks) {
  const TemporaryFolder folder;
  const auto disk = open_system_disk(folder.path + "/data").value();
  ASSERT_EQ(::symlink("/etc/passwd", (folder.path + "/data/log").c_str()), 0);
  EXPECT_EQ(disk->open("log", Open::existing).error().code, Errc::io);
  ASSERT_EQ(::symlink((folder.path + "/data").c_str(), (folder.path + "/link").c_str()), 0);
  EXPECT_THAT(open_system_disk(folder.path + "/link").error().detail,
              HasSubstr("is a symbolic link"));
}

TEST(SystemDisk, OpensPlainFilesOnly) {
  const TemporaryFolder folder;
  const auto disk = open_system_disk(folder.path + "/data").value();
  ASSERT_EQ(::mkfifo((folder.path + "/data/pipe").c_str(), 0600), 0);
  EXPECT_THAT(disk->open("pipe", Open::existing).error().detail, HasSubstr("not a plain file"));
}

TEST(SystemDisk, SaysWhyAFolderCannotServe) {
  EXPECT_THAT(open_system_disk("/proc/nope/data").error().detail,
              HasSubstr("make folder /proc/nope/data: "));
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path + "/x");
  {
    const auto disk = open_system_disk(folder.path + "/x").value();
    disk->open("file", Open::create).value();
  }
  EXPECT_THAT(open_system_disk(folder.path + "/x/file").error().detail, HasSubstr("open folder "));
}

}  // namespace
}  // namespace larder::base
