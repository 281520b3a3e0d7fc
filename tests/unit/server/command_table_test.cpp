#include <gtest/gtest.h>

#include <set>

#include "base/text.hpp"
#include "server/command.hpp"
#include "server/counters.hpp"

namespace larder::server {
namespace {

TEST(CommandTableTest, EveryNameIsFoundInAnyCase) {
  for (const Command& row : commands()) {
    EXPECT_EQ(find_command(row.name), &row) << row.name;
    EXPECT_EQ(find_command(base::upper(row.name)), &row) << row.name;
    EXPECT_EQ(index_of(row), static_cast<std::size_t>(&row - commands().data()));
  }
}

TEST(CommandTableTest, WhatIsNoNameIsNotFound) {
  for (const std::string_view name : {"", "ge", "gett", "g\x45\x54\x01", "nope",
                                      "a name that is longer than any command", "\x07\x05\x14"}) {
    EXPECT_EQ(find_command(name), nullptr) << name;
  }
}

TEST(CommandTableTest, SubcommandsAreFoundByTheirOwnNameAndCountForTheirContainer) {
  const Command& client = *find_command("client");
  const Command* id = find_subcommand(client, "ID");
  ASSERT_NE(id, nullptr);
  EXPECT_EQ(id->name, "client|id");
  EXPECT_EQ(index_of(*id), index_of(client));
  EXPECT_EQ(find_subcommand(client, "nope"), nullptr);
}

TEST(CommandTableTest, EveryRowIsWhole) {
  std::set<std::string_view> names;
  for (const Command& row : commands()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " twice";
    EXPECT_NE(row.handler, nullptr) << row.name;
    EXPECT_NE(row.arity, 0) << row.name;
    EXPECT_FALSE(row.summary.empty()) << row.name;
    EXPECT_EQ(row.name, base::lower(row.name));
    EXPECT_FALSE((row.flags & kRead) != 0 && (row.flags & kWrite) != 0) << row.name;
  }
  EXPECT_LE(names.size(), kCommandsMax);
}

TEST(CommandTableTest, ArityIsExactOrALeast) {
  EXPECT_TRUE(find_command("get")->fits(2));
  EXPECT_FALSE(find_command("get")->fits(3));
  EXPECT_TRUE(find_command("set")->fits(3));
  EXPECT_TRUE(find_command("set")->fits(9));
  EXPECT_FALSE(find_command("set")->fits(2));
}

}  // namespace
}  // namespace larder::server
