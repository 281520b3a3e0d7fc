// The in-process store with a folder: closed and opened again, and where the disk refuses.
#include <larder/store.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/process.hpp"

namespace larder::store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class DurableStoreTest : public testing::Test {
 protected:
  DurableStoreTest() { std::filesystem::remove_all(folder); }
  ~DurableStoreTest() override { std::filesystem::remove_all(folder); }

  Store open(const std::string& options = "") {
    return Store::open("memory:" + folder.string() + options).value();
  }

  const std::filesystem::path folder = std::filesystem::temp_directory_path() /
                                       ("larder-store-" + std::to_string(base::process_id()));
};

TEST_F(DurableStoreTest, WhatWasWrittenIsThereWhenItIsOpenedAgain) {
  {
    const auto store = open("?fsync=always");
    store.set("k", "v").value();
    store.set("timed", "w", {.ttl = 1h}).value();
    store.add("n", std::int64_t{41}).value();
    store.add("n", std::int64_t{1}).value();
  }
  const auto store = open();
  EXPECT_EQ(store.get("k").value(), Bytes("v"));
  EXPECT_EQ(store.get("n").value(), Bytes("42"));
  const auto left = store.ttl("timed").value().left;
  EXPECT_GT(left, 59min);
  EXPECT_LE(left, 1h);
}

TEST_F(DurableStoreTest, AFolderHasOneProcessAndOneStore) {
  const auto store = open();
  const auto second = Store::open("memory:" + folder.string());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::io);
  EXPECT_THAT(second.error().detail, HasSubstr("in use by another process"));
}

TEST_F(DurableStoreTest, AFolderThatCannotBeHadIsNamed) {
  const auto refused = Store::open("memory:/proc/nobody/writes/here");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::io);
  EXPECT_THAT(refused.error().detail, HasSubstr("/proc/nobody/writes/here"));
}

TEST_F(DurableStoreTest, FilesAreTheOwnersAlone) {
  open().set("k", "v").value();
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  EXPECT_EQ(std::filesystem::status(folder).permissions() & others, perms::none);
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    EXPECT_EQ(file.status().permissions() & others, perms::none) << file.path();
  }
}

}  // namespace
}  // namespace larder::store
