#include "server/slow_log.hpp"

#include <gtest/gtest.h>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

class SlowLogTest : public testing::Test {
 protected:
  std::vector<SlowLog::Entry> newest(std::size_t count) {
    return world.host.slow_log().newest(count);
  }
  test::World world;
  test::Conversation client{world};
};

TEST_F(SlowLogTest, KeepsWhatTookAsLongAsTheThreshold) {
  client.ask("GET before");
  EXPECT_EQ(newest(10).size(), 0U) << "10 ms is the threshold, and the clock stands still";
  ASSERT_EQ(client.ask("CONFIG SET slowlog-log-slower-than 0"), "+OK\r\n");
  client.ask("CLIENT SETNAME me");
  client.ask("GET k");
  const auto entries = newest(1);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].args, (std::vector<std::string>{"GET", "k"}));
  EXPECT_EQ(entries[0].address, "127.0.0.1:50000");
  EXPECT_EQ(entries[0].name, "me");
  EXPECT_EQ(entries[0].id, 2) << "CONFIG SET and SETNAME came first";
}

TEST_F(SlowLogTest, NoSecretGetsIn) {
  client.ask("CONFIG SET slowlog-log-slower-than 0");
  client.ask("AUTH hunter2");
  client.ask("AUTH default hunter2");
  client.ask("HELLO 2 AUTH default hunter2");
  client.ask("CONFIG SET requirepass hunter2");
  const auto entries = newest(4);
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].args,
            (std::vector<std::string>{"CONFIG", "SET", "(redacted)", "(redacted)"}));
  EXPECT_EQ(client.ask("SLOWLOG GET -1").find("hunter2"), std::string::npos);
}

TEST_F(SlowLogTest, LongCommandsAreCut) {
  client.ask("CONFIG SET slowlog-log-slower-than 0");
  std::string line = "DEL " + std::string(200, 'x');
  for (int i = 0; i < 48; ++i) line += " key";
  client.ask(line);
  const auto entries = newest(1);
  ASSERT_EQ(entries.size(), 1U);
  ASSERT_EQ(entries[0].args.size(), SlowLog::kArgsMax);
  EXPECT_EQ(entries[0].args[1], std::string(128, 'x') + "... (72 more bytes)");
  EXPECT_EQ(entries[0].args.back(), "... (19 more arguments)");
}

TEST_F(SlowLogTest, TheOldestGoFirst) {
  client.ask("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 3");
  for (int i = 0; i < 10; ++i) client.ask("ECHO " + std::to_string(i));
  const auto entries = newest(100);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].args[1], "9");
  EXPECT_EQ(entries[2].args[1], "7");
}

TEST_F(SlowLogTest, IsShownAsRedisShowsIt) {
  client.ask("CONFIG SET slowlog-log-slower-than 0");
  client.ask("ECHO hi");
  const std::string answer = client.ask("SLOWLOG GET 1");
  EXPECT_TRUE(answer.starts_with("*1\r\n*6\r\n:1\r\n:")) << answer;
  EXPECT_TRUE(answer.ends_with(
      ":0\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n$15\r\n127.0.0.1:50000\r\n$0\r\n\r\n"))
      << answer;
}

TEST_F(SlowLogTest, MemoryOfAKeyIsWhatItTakes) {
  client.ask("SETRANGE k 9999 x");
  const std::string answer = client.ask("MEMORY USAGE k");
  const long bytes = std::stol(answer.substr(1));
  EXPECT_GE(bytes, 10'000);
  EXPECT_LE(bytes, 20'000);
  EXPECT_TRUE(client.ask("MEMORY STATS").starts_with("*10\r\n$15\r\ntotal.allocated\r\n:"));
}

}  // namespace
}  // namespace larder::server
