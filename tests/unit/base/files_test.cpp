#include "base/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace larder::base {
namespace {

using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "larder-files-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return folder_ + "/" + name; }
  std::string secret_file(std::string_view text, mode_t mode) const {
    const auto file = path("secret");
    EXPECT_TRUE(write_file(file, text));
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return file;
  }
  std::string folder_;
};

TEST_F(FilesTest, WhatIsWrittenIsRead) {
  const std::string bytes{"\0\xff\r\n end", 8};
  ASSERT_TRUE(write_file(path("a"), bytes));
  EXPECT_EQ(read_file(path("a"), 100).value(), bytes);
}

TEST_F(FilesTest, ReplacingAFileKeepsItsModeAndLeavesNothingBehind) {
  ASSERT_TRUE(write_file(path("a"), "old and longer"));
  ASSERT_EQ(::chmod(path("a").c_str(), 0640), 0);

  ASSERT_TRUE(write_file(path("a"), "new"));

  EXPECT_EQ(read_file(path("a"), 100).value(), "new");
  EXPECT_EQ(std::filesystem::status(path("a")).permissions(), std::filesystem::perms{0640});
  const std::filesystem::directory_iterator files{folder_};
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(FilesTest, ADurableFileIsReplacedAlike) {
  ASSERT_TRUE(write_file(path("a"), "old and longer", Durable::yes));
  ASSERT_EQ(::chmod(path("a").c_str(), 0640), 0);
  ASSERT_TRUE(write_file(path("a"), "new", Durable::yes));
  EXPECT_EQ(read_file(path("a"), 100).value(), "new");
  EXPECT_EQ(std::filesystem::status(path("a")).permissions(), std::filesystem::perms{0640});
  const std::filesystem::directory_iterator files{folder_};
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(FilesTest, AMissingFileIsNamed) {
  const auto read = read_file(path("none"), 100);
  ASSERT_TRUE(read.has_error());
  EXPECT_EQ(read.error().code, Errc::io);
  EXPECT_EQ(read.error().detail, path("none") + ": No such file or directory");
}

TEST_F(FilesTest, AFolderThatIsMissingIsNamedOnWriting) {
  const auto written = write_file(path("none/a"), "x");
  ASSERT_TRUE(written.has_error());
  EXPECT_THAT(written.error().detail, HasSubstr(path("none/a")));
}

TEST_F(FilesTest, AFileBeyondTheBoundIsRefused) {
  ASSERT_TRUE(write_file(path("a"), "12345"));
  EXPECT_TRUE(read_file(path("a"), 5));
  EXPECT_EQ(read_file(path("a"), 4).error().code, Errc::too_large);
}

TEST_F(FilesTest, ASecretIsTheFirstLine) {
  const auto secret = read_secret(secret_file("pass word\r\nmore\n", 0600)).value();
  EXPECT_EQ(secret.text, "pass word");
  EXPECT_FALSE(secret.others_can_read);
}

TEST_F(FilesTest, ASecretThatOthersCanReadIsMarked) {
  EXPECT_TRUE(read_secret(secret_file("x\n", 0644)).value().others_can_read);
}

TEST_F(FilesTest, ASecretThatOthersCanWriteIsRefusedWithTheCure) {
  for (const mode_t mode : {0620, 0602}) {
    const auto secret = read_secret(secret_file("x\n", mode));
    ASSERT_TRUE(secret.has_error());
    EXPECT_THAT(secret.error().detail, HasSubstr("chmod 600"));
  }
}

TEST_F(FilesTest, AnEmptyFirstLineIsNoSecret) {
  EXPECT_TRUE(read_secret(secret_file("\nx\n", 0600)).has_error());
  EXPECT_TRUE(read_secret(secret_file("", 0600)).has_error());
}

}  // namespace
}  // namespace larder::base
