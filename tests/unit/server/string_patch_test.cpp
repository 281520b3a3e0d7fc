#include "server/string_patch.hpp"

#include <gtest/gtest.h>

#include <string>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using test::Conversation;
using test::World;

class StringPatchTest : public testing::Test {
 protected:
  /// Where the bytes of a string lie: it stays the same if they were written in place.
  const char* place_of(std::string_view key) {
    return world.node.visit(0, key, node::Mode::peek,
                            [](const engine::Entry& entry) { return entry.value().data(); });
  }
  std::string value_of(std::string_view key) {
    return world.node.visit(0, key, node::Mode::peek,
                            [](const engine::Entry& entry) { return std::string(entry.value()); });
  }

  World world;
  Conversation client{world};
};

TEST_F(StringPatchTest, ABitOfALargeBitmapIsWrittenInPlace) {
  ASSERT_EQ(client.ask("SETBIT map 8000000 1"), ":0\r\n");
  const char* const place = place_of("map");
  const std::size_t bytes_used = world.node.stats().bytes_used;

  EXPECT_EQ(client.ask("SETBIT map 17 1"), ":0\r\n");
  EXPECT_EQ(client.ask("SETBIT map 8000000 0"), ":1\r\n");

  EXPECT_EQ(place_of("map"), place);
  EXPECT_EQ(world.node.stats().bytes_used, bytes_used);
  EXPECT_EQ(client.ask("BITCOUNT map"), ":1\r\n");
  EXPECT_EQ(client.ask("BITPOS map 1"), ":17\r\n");
}

TEST_F(StringPatchTest, ARangeInsideAStringIsWrittenInPlace) {
  client.ask("SET k " + std::string(50'000, 'a'));
  const char* const place = place_of("k");

  EXPECT_EQ(client.ask("SETRANGE k 25000 bcd"), ":50000\r\n");

  EXPECT_EQ(place_of("k"), place);
  EXPECT_EQ(client.ask("GETRANGE k 24999 25003"), "$5\r\nabcda\r\n");
}

TEST_F(StringPatchTest, FieldsInsideAStringAreWrittenInPlace) {
  client.ask("SET k " + std::string(50'000, '\x01'));
  const char* const place = place_of("k");

  EXPECT_EQ(client.ask("BITFIELD k SET u8 #40000 200 INCRBY u16 #1 1 GET u8 #40000"),
            "*3\r\n:1\r\n:258\r\n:200\r\n");

  EXPECT_EQ(place_of("k"), place);
}

TEST_F(StringPatchTest, ARangeOverTheEndOfAStringMakesItLonger) {
  client.ask("SET k abc PX 5000");
  EXPECT_EQ(client.ask("SETRANGE k 2 xyz"), ":5\r\n");
  EXPECT_EQ(client.ask("SETRANGE k 7 !"), ":8\r\n");
  EXPECT_EQ(value_of("k"), std::string("abxyz\0\0!", 8));
  EXPECT_EQ(client.ask("PTTL k"), ":5000\r\n");
}

TEST_F(StringPatchTest, APatchOfTheSameBytesIsAWriteForThoseWhoWatch) {
  Conversation other{world};
  client.ask("SET k abc");
  client.ask("WATCH k");
  other.ask("SETRANGE k 0 abc");
  client.ask("MULTI");
  EXPECT_EQ(client.ask("EXEC"), "*-1\r\n");
}

TEST_F(StringPatchTest, AFieldThatStaysTheSameIsNoWriteForThoseWhoWatch) {
  Conversation other{world};
  client.ask("SET k abc");
  client.ask("WATCH k");
  other.ask("BITFIELD k SET u8 0 97");
  client.ask("MULTI");
  EXPECT_EQ(client.ask("EXEC"), "*0\r\n");
}

TEST(StringPatchFullTest, WhatDoesNotFitLeavesTheStringAsItWas) {
  World world{{}, {.shards = 1, .bytes_max = 64 * 1024, .eviction = policy::Eviction::noeviction}};
  Conversation client{world};
  client.ask("SET k abc");

  EXPECT_TRUE(client.ask("SETRANGE k 200000 x").starts_with("-OOM"));
  EXPECT_TRUE(client.ask("SETBIT k 2000000 1").starts_with("-OOM"));
  EXPECT_TRUE(client.ask("BITFIELD k SET u8 0 65 SET u8 #200000 1").starts_with("-OOM"));

  EXPECT_EQ(client.ask("GET k"), "$3\r\nabc\r\n");
}

}  // namespace
}  // namespace larder::server
