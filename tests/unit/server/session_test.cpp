#include "server/session.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

class SessionTest : public testing::Test {
 protected:
  World world;
  Conversation client{world};
};

TEST_F(SessionTest, AnswersAPing) { EXPECT_EQ(client.send("*1\r\n$4\r\nPING\r\n"), "+PONG\r\n"); }

TEST_F(SessionTest, KeepsWhatWasSet) {
  EXPECT_EQ(client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"), "+OK\r\n");
  EXPECT_EQ(client.send("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), "$1\r\nv\r\n");
}

TEST_F(SessionTest, AnswersAPipelineInOrder) {
  EXPECT_EQ(client.send("SET a 1\r\nGET a\r\nINCR a\r\nGET nobody\r\n"),
            "+OK\r\n$1\r\n1\r\n:2\r\n$-1\r\n");
}

TEST_F(SessionTest, AnswersTheSameHoweverTheBytesAreSplit) {
  const std::string bytes =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nbc\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n"
      "*2\r\n$4\r\nMGET\r\n$1\r\nk\r\n";
  const std::string expected = "+OK\r\n$5\r\na\r\nbc\r\n+PONG\r\n*1\r\n$5\r\na\r\nbc\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Conversation split{world};
    const std::string first = split.send(bytes.substr(0, cut));
    EXPECT_EQ(first + split.send(bytes.substr(cut)), expected) << "cut at " << cut;
  }
  Conversation dripping{world};
  std::string answered;
  for (const char c : bytes) answered += dripping.send({&c, 1});
  EXPECT_EQ(answered, expected);
}

TEST_F(SessionTest, QuotesAnUnknownCommandAndItsBeginning) {
  EXPECT_EQ(client.ask("NOPE a b"),
            "-ERR unknown command 'NOPE', with args beginning with: 'a' 'b' \r\n");
}

TEST_F(SessionTest, AnErrorCannotForgeASecondReply) {
  EXPECT_EQ(client.send("*1\r\n$7\r\nA\r\n+OK\r\r\n"),
            "-ERR unknown command 'A  +OK ', with args beginning with: \r\n");
}

TEST_F(SessionTest, AKeyThatIsTooLongIsNamedAsTheCulprit) {
  const std::string key(base::limits::kKeyBytesMax + 1, 'k');
  EXPECT_EQ(client.send("*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key +
                        "\r\n$1\r\nv\r\n"),
            "-ERR string exceeds maximum allowed size (the key is longer than 512 KiB)\r\n");
}

TEST_F(SessionTest, ChecksTheNumberOfArguments) {
  EXPECT_EQ(client.ask("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(client.ask("GET a b"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(client.ask("CLIENT SETNAME"),
            "-ERR wrong number of arguments for 'client|setname' command\r\n");
  EXPECT_EQ(client.ask("CLIENT NOPE"), "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP.\r\n");
}

TEST_F(SessionTest, AProtocolErrorIsSaidAndEndsTheConversation) {
  EXPECT_EQ(client.send("*1\r\n+PING\r\n"), "-ERR Protocol error: expected '$', got '+'\r\n");
  EXPECT_TRUE(client.session.client().closing);
  EXPECT_EQ(client.send("PING\r\n"), "");
}

TEST_F(SessionTest, NothingIsAnsweredAfterQuit) {
  EXPECT_EQ(client.send("QUIT\r\nPING\r\n"), "+OK\r\n");
  EXPECT_TRUE(client.session.client().closing);
}

TEST_F(SessionTest, SpeaksResp3OnceAskedTo) {
  EXPECT_EQ(client.ask("HELLO 3").substr(0, 4), "%7\r\n");
  EXPECT_EQ(client.ask("GET nobody"), "_\r\n");
  EXPECT_EQ(client.ask("RESET"), "+RESET\r\n");
  EXPECT_EQ(client.ask("GET nobody"), "$-1\r\n");
}

TEST_F(SessionTest, AKeyCanBeReadAtItsDeadlineAndIsGoneAfterIt) {
  client.ask("SET k v PX 20");
  world.clock.advance(20ms);
  EXPECT_EQ(client.ask("GET k"), "$1\r\nv\r\n");
  world.clock.advance(1ms);
  EXPECT_EQ(client.ask("GET k"), "$-1\r\n");
}

TEST_F(SessionTest, AWallClockJumpMovesNoDeadline) {
  client.ask("SET k v EX 60");
  world.clock.jump_wall(1h);
  EXPECT_EQ(client.ask("TTL k"), ":60\r\n");
}

TEST_F(SessionTest, ADeadlineBeyondAllTimeIsTheLastInstantNotNone) {
  client.ask("SET k v");
  EXPECT_EQ(client.ask("EXPIRE k 9000000000000000"), ":1\r\n");
  EXPECT_EQ(client.ask("TTL k"), ":9223372036\r\n");
}

TEST_F(SessionTest, ATimestampComesBackAsItWentInHoweverTheClocksTick) {
  for (int i = 0; i < 20; ++i) {
    client.ask("SET k v PXAT 1800000000123");
    world.clock.advance(333us);
    EXPECT_EQ(client.ask("PEXPIRETIME k"), ":1800000000123\r\n");
  }
}

TEST_F(SessionTest, EachDatabaseHasItsOwnKeys) {
  client.ask("SET k zero");
  client.ask("SELECT 1");
  EXPECT_EQ(client.ask("GET k"), "$-1\r\n");
  client.ask("SELECT 0");
  EXPECT_EQ(client.ask("GET k"), "$4\r\nzero\r\n");
}

TEST_F(SessionTest, AClientThatDoesNotTouchLeavesNoTraceOfItsReads) {
  client.send("SET a 1\r\nSET b 2\r\nGET a\r\nGET nobody\r\n");
  const auto before = world.node.stats();
  EXPECT_EQ(before.hits, 1U);
  client.ask("CLIENT NO-TOUCH ON");
  EXPECT_EQ(client.send("GET a\r\nGET a\r\nMGET a b\r\nSTRLEN a\r\n"),
            "$1\r\n1\r\n$1\r\n1\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n:1\r\n");
  EXPECT_EQ(world.node.stats().hits, before.hits);
  client.ask("RESET");
  client.ask("GET a");
  EXPECT_EQ(world.node.stats().hits, before.hits + 1);
}

TEST_F(SessionTest, APipelineLongerThanATurnIsPaused) {
  std::string pings;
  for (int i = 0; i < 10; ++i) pings += "PING\r\n";
  base::Buffer out;
  const Session::Turn turn = client.session.run(pings, out, {.commands = 4});
  EXPECT_EQ(turn.state, Session::State::paused);
  EXPECT_EQ(turn.consumed, 24U);
  EXPECT_EQ(out.view(), "+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n");
}

TEST_F(SessionTest, ALongCommandEndsTheTurn) {
  base::Buffer out;
  const Session::Turn turn = client.session.run("KEYS *\r\nPING\r\n", out);
  EXPECT_EQ(turn.state, Session::State::paused);
  EXPECT_EQ(turn.consumed, 8U);
}

TEST_F(SessionTest, NoMoreIsExecutedWhileRepliesPileUp) {
  client.ask("SET k 0123456789");
  base::Buffer out;
  const Session::Turn turn =
      client.session.run("GET k\r\nGET k\r\nGET k\r\n", out, {.output_bytes = 20});
  EXPECT_EQ(turn.state, Session::State::paused);
  EXPECT_EQ(turn.consumed, 14U);
}

TEST_F(SessionTest, ARunOfGetsStopsAtTheLimitAndGoesOnWhereItStopped) {
  client.ask("SET k 0123456789");
  const std::string get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  const std::string reply = "$10\r\n0123456789\r\n";
  const std::string input = get + get + get + get + "*1\r\n$4\r\nPI";
  base::Buffer out;
  std::size_t at = 0;
  Session::Turn turn = client.session.run(input, out, {.output_bytes = 30});
  EXPECT_EQ(turn.state, Session::State::paused);
  EXPECT_EQ(out.view(), reply + reply);
  at += turn.consumed;
  EXPECT_EQ(at, 2 * get.size());
  out.clear();
  turn = client.session.run(input.substr(at), out, {.output_bytes = 30});
  EXPECT_EQ(out.view(), reply + reply);
  at += turn.consumed;
  out.clear();
  turn = client.session.run(input.substr(at) + "NG\r\n", out);
  EXPECT_EQ(turn.state, Session::State::waiting);
  EXPECT_EQ(out.view(), "+PONG\r\n");
}

TEST_F(SessionTest, RunsOfGetsAndSetsKeepTheOrderOfTheRequests) {
  EXPECT_EQ(client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
                        "*3\r\n$3\r\nset\r\n$1\r\na\r\n$1\r\n2\r\n"
                        "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
                        "*2\r\n$3\r\nget\r\n$1\r\nb\r\n"
                        "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n3\r\n"
                        "*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n"
                        "*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"),
            "+OK\r\n+OK\r\n$1\r\n2\r\n$-1\r\n+OK\r\n:4\r\n$1\r\n4\r\n");
  EXPECT_EQ(world.counters.commands.get(), 7U);
}

TEST_F(SessionTest, AnErrorBehindARunComesAfterItsReplies) {
  EXPECT_EQ(client.send("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n!"),
            "$-1\r\n-ERR Protocol error: expected '$', got '!'\r\n");
}

class PasswordTest : public testing::Test {
 protected:
  World world{{.password = "sesame"}};
  Conversation client{world};
};

TEST_F(PasswordTest, NothingWorksBeforeAuth) {
  EXPECT_EQ(client.ask("GET k"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(client.ask("PING"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(client.ask("AUTH wrong"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(client.ask("AUTH sesame"), "+OK\r\n");
  EXPECT_EQ(client.ask("GET k"), "$-1\r\n");
}

TEST_F(PasswordTest, HelloMayBringThePassword) {
  EXPECT_EQ(client.ask("HELLO 3").substr(0, 13), "-NOAUTH HELLO");
  EXPECT_EQ(client.ask("HELLO 3 AUTH default sesame SETNAME me").substr(0, 4), "%7\r\n");
  EXPECT_EQ(client.ask("CLIENT GETNAME"), "$2\r\nme\r\n");
}

TEST_F(PasswordTest, ResetForgetsWhoItWas) {
  client.ask("AUTH sesame");
  client.ask("RESET");
  EXPECT_EQ(client.ask("GET k"), "-NOAUTH Authentication required.\r\n");
}

TEST_F(PasswordTest, AStrangerMaySendLittle) {
  EXPECT_EQ(client.send("*11\r\n"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
  Conversation other{world};
  EXPECT_EQ(other.send("*2\r\n$4\r\nAUTH\r\n$16385\r\n"),
            "-ERR Protocol error: unauthenticated bulk length\r\n");
}

TEST_F(PasswordTest, LimitsAreLiftedByAuthInTheSameBatch) {
  std::string mset = "*13\r\n$4\r\nMSET\r\n";
  for (int i = 0; i < 12; ++i)
    mset += "$1\r\n" + std::string(1, static_cast<char>('a' + i)) + "\r\n";
  EXPECT_EQ(client.send("AUTH sesame\r\n" + mset), "+OK\r\n+OK\r\n");
}

}  // namespace
}  // namespace larder::server
