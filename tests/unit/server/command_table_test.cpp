#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>

#include "base/text.hpp"
#include "server/command.hpp"
#include "server/command_arguments.hpp"
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

/// So few words it takes.
int words_least(const Argument& argument) {
  if (argument.optional) return 0;
  std::vector<int> parts;
  for (const Argument& part : argument.parts) parts.push_back(words_least(part));
  int words = argument.type == "pure-token" ? 0 : 1;
  if (argument.type == "block") words = std::accumulate(parts.begin(), parts.end(), 0);
  if (argument.type == "oneof") words = *std::min_element(parts.begin(), parts.end());
  return words + (argument.token.empty() ? 0 : 1);
}

TEST(CommandTableTest, WhatACommandTakesFitsItsArity) {
  // Those that take a whole command take one with a key; a filter by kind is two words.
  const std::set<std::string_view> more{"command|getkeys", "command|getkeysandflags",
                                        "client|kill"};
  std::vector<const Command*> rows;
  for (const Command& row : commands()) {
    if (row.subcommands.empty()) rows.push_back(&row);
    for (const Command& sub : row.subcommands) rows.push_back(&sub);
  }
  for (const Command* row : rows) {
    int least = row->name.find('|') == row->name.npos ? 1 : 2;
    bool open = row->name == "quit";  // Takes anything, and heeds nothing.
    for (const Argument& argument : arguments_of(row->name)) {
      least += words_least(argument);
      open |= argument.optional || argument.multiple;
    }
    EXPECT_EQ(row->arity < 0, open || more.contains(row->name)) << row->name;
    EXPECT_EQ(least + (more.contains(row->name) ? 1 : 0), std::abs(row->arity)) << row->name;
  }
}

}  // namespace
}  // namespace larder::server
