#include "server/bits.hpp"

#include <gtest/gtest.h>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

// Few enough to try every range: words, edges, and strings shorter than a word.
TEST(BitsTest, CountingAndFindingAgreeWithLookingAtEachBit) {
  const std::string bytes(
      "\x00\x00\xff\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x81\xff\xff\xff\xff", 19);
  for (std::uint64_t first = 0; first < bytes.size() * 8; ++first) {
    std::int64_t count = 0;
    std::optional<std::uint64_t> set;
    std::optional<std::uint64_t> clear;
    for (std::uint64_t last = first; last < bytes.size() * 8; ++last) {
      const bool bit = bit_at(bytes, last);
      count += bit ? 1 : 0;
      auto& found = bit ? set : clear;
      if (!found) found = last;
      ASSERT_EQ(count_bits(bytes, first, last), count) << first << " to " << last;
      ASSERT_EQ(find_bit(bytes, true, first, last), set) << first << " to " << last;
      ASSERT_EQ(find_bit(bytes, false, first, last), clear) << first << " to " << last;
    }
  }
}

TEST(BitsTest, WhatIsWrittenAtAnyPlaceIsReadBackAndNothingElseChanges) {
  for (unsigned at = 0; at < 16; ++at) {
    for (const unsigned bits : {1U, 7U, 8U, 9U, 63U, 64U}) {
      std::string bytes(12, '\xff');
      write_bits(bytes, at, bits, 0);
      EXPECT_EQ(count_bits(bytes, 0, 95), 96 - static_cast<std::int64_t>(bits));
      EXPECT_EQ(read_bits(bytes, at, bits), 0U);
      const std::uint64_t value = 0x9234567890ABCDEFU >> (64 - bits);
      write_bits(bytes, at, bits, value);
      EXPECT_EQ(read_bits(bytes, at, bits), value);
    }
  }
  EXPECT_EQ(read_bits("\xff", 4, 8), 0xF0U) << "zeros behind the end";
}

TEST(BitsTest, NoBitIsWrittenBeyondTheLargestValue) {
  test::World world;
  test::Conversation client(world);
  const std::string wrong = "-ERR bit offset is not an integer or out of range\r\n";
  EXPECT_EQ(client.ask("SETBIT k 536870912 1"), wrong);
  EXPECT_EQ(client.ask("BITFIELD k SET u8 536870905 1"), wrong);
  EXPECT_EQ(client.ask("EXISTS k"), ":0\r\n");
  EXPECT_EQ(client.ask("GETBIT k 536870912"), ":0\r\n") << "asking is free";
}

TEST(BitsTest, AFullTableRefusesAndLeavesAllAsItWas) {
  test::World world(
      {},
      {.shards = 1, .bytes_max = 256 * 1024, .eviction = policy::Eviction::noeviction, .seed = 7});
  test::Conversation client(world);
  const std::string full = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  ASSERT_EQ(client.ask("SET k v"), "+OK\r\n");
  EXPECT_EQ(client.ask("BITFIELD k GET u8 0 SET u8 8000000 1"), full);
  EXPECT_EQ(client.ask("SETBIT k 8000000 1"), full);
  EXPECT_EQ(client.ask("GET k"), "$1\r\nv\r\n");
}

TEST(LcsTest, StringsTooLongForTheTableAreRefused) {
  test::World world;
  test::Conversation client(world);
  ASSERT_EQ(client.ask("SETRANGE a 5000 x"), ":5001\r\n");
  ASSERT_EQ(client.ask("SETRANGE b 5000 x"), ":5001\r\n");
  EXPECT_EQ(client.ask("LCS a b"),
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
}

TEST(HelpTest, EveryContainerSaysWhatItHas) {
  test::World world;
  test::Conversation client(world);
  for (const std::string name : {"CLIENT", "COMMAND", "CONFIG", "OBJECT"}) {
    const std::string answer = client.ask(name + " HELP");
    EXPECT_EQ(answer.front(), '*') << answer;
    EXPECT_NE(answer.find("+" + name + " <subcommand>"), std::string::npos) << answer;
    EXPECT_NE(answer.find("+HELP\r\n"), std::string::npos) << answer;
  }
}

}  // namespace
}  // namespace larder::server
