#include "redis/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/redis/replies.hpp"

namespace larder::redis {
namespace {

using State = Handshake::State;
using testing::HasSubstr;
using testing::Not;

// The words of all requests in the buffer, which is emptied: "HELLO 3".
std::string words(base::Buffer& out) {
  std::string text;
  bool is_length = true;
  std::string_view rest = out.view();
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    is_length = line.starts_with('*') || line.starts_with('$');
    if (!is_length) text.append(text.empty() ? "" : " ").append(line);
  }
  out.clear();
  return text;
}

class HandshakeTest : public testing::Test {
 protected:
  std::string start(Identity identity) {
    handshake.emplace(std::move(identity));
    handshake->start(out);
    return words(out);
  }
  State answer(const char* reply) { return handshake->received(Reply{reply}, out); }

  base::Buffer out;
  std::optional<Handshake> handshake;
};

constexpr const char* kHello = "%1\r\n$5\r\nproto\r\n:3\r\n";
constexpr const char* kNoHello =
    "-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n";

TEST_F(HandshakeTest, AModernServerIsReadyAfterOneReply) {
  EXPECT_EQ(start({}), "HELLO 3");
  EXPECT_EQ(answer(kHello), State::ready);
  EXPECT_EQ(handshake->version(), resp::Version::resp3);
}

TEST_F(HandshakeTest, PasswordAndNameTravelWithHello) {
  EXPECT_EQ(start({.user = "app", .password = "pw", .client_name = "larder"}),
            "HELLO 3 AUTH app pw SETNAME larder");
}

TEST_F(HandshakeTest, APasswordWithoutUserIsThatOfTheDefaultUser) {
  EXPECT_EQ(start({.password = "pw"}), "HELLO 3 AUTH default pw");
}

TEST_F(HandshakeTest, ADatabaseIsSelectedAfterHello) {
  start({.database = 3});
  EXPECT_EQ(answer(kHello), State::waiting);
  EXPECT_EQ(words(out), "SELECT 3");
  EXPECT_EQ(answer("+OK\r\n"), State::ready);
}

TEST_F(HandshakeTest, AConnectionToAReplicaOfAClusterSaysThatItOnlyReads) {
  start({.reads_replica = true});
  EXPECT_EQ(answer(kHello), State::waiting);
  EXPECT_EQ(words(out), "READONLY");
  EXPECT_EQ(answer("+OK\r\n"), State::ready);
  start({.reads_replica = true});
  answer(kHello);
  EXPECT_EQ(answer("-ERR This instance has cluster support disabled\r\n"), State::failed);
}

TEST_F(HandshakeTest, WhoWantsAReplicaIsNotServedByThePrimary) {
  start({.wants_replica = true});
  EXPECT_EQ(answer(kHello), State::waiting);
  EXPECT_EQ(words(out), "ROLE");
  EXPECT_EQ(answer("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"), State::failed);
  EXPECT_THAT(handshake->failure().detail, HasSubstr("no replica"));
  start({.wants_replica = true});
  answer(kHello);
  EXPECT_EQ(answer("*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:0\r\n"),
            State::ready);
}

TEST_F(HandshakeTest, AServerWithoutHelloGetsTheOldCommandsInTurn) {
  start({.password = "pw", .client_name = "larder", .database = 2});
  EXPECT_EQ(answer(kNoHello), State::waiting);
  EXPECT_EQ(words(out), "AUTH pw");
  EXPECT_EQ(answer("+OK\r\n"), State::waiting);
  EXPECT_EQ(words(out), "CLIENT SETNAME larder");
  EXPECT_EQ(answer("+OK\r\n"), State::waiting);
  EXPECT_EQ(words(out), "SELECT 2");
  EXPECT_EQ(answer("+OK\r\n"), State::ready);
  EXPECT_EQ(handshake->version(), resp::Version::resp2);
}

TEST_F(HandshakeTest, AServerThatRefusesProtocolThreeIsSpokenToInTwo) {
  start({});
  EXPECT_EQ(answer("-NOPROTO unsupported protocol version\r\n"), State::ready);
  EXPECT_EQ(handshake->version(), resp::Version::resp2);
}

TEST_F(HandshakeTest, AServerThatKnowsNoNamesStillServes) {
  start({.client_name = "larder"});
  EXPECT_EQ(answer(kNoHello), State::waiting);
  EXPECT_EQ(answer("-ERR unknown command `CLIENT`\r\n"), State::ready);
}

TEST_F(HandshakeTest, AWrongPasswordIsUnauthorizedAndNotRepeated) {
  start({.user = "app", .password = "hunter2"});
  EXPECT_EQ(answer("-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
            State::failed);
  EXPECT_EQ(handshake->failure().code, Errc::unauthorized);
  EXPECT_EQ(handshake->failure().effect, Effect::not_sent);
  EXPECT_THAT(handshake->failure().detail, Not(HasSubstr("hunter2")));
}

TEST_F(HandshakeTest, AMissingPasswordIsSaidPlainly) {
  start({});
  EXPECT_EQ(answer("-NOAUTH HELLO must be called with the client already authenticated\r\n"),
            State::failed);
  EXPECT_EQ(handshake->failure().code, Errc::unauthorized);
  EXPECT_THAT(handshake->failure().detail, HasSubstr("wants a password"));
}

TEST_F(HandshakeTest, ADatabaseThatIsNotThereFails) {
  start({.database = 99});
  answer(kHello);
  EXPECT_EQ(answer("-ERR DB index is out of range\r\n"), State::failed);
  EXPECT_THAT(handshake->failure().detail, HasSubstr("DB index"));
}

// --- what else the server has

constexpr std::string_view kAsks[] = {"A.ONE", "A.TWO", "A.THREE"};

class ProbeTest : public HandshakeTest {
 protected:
  std::string start(Identity identity) {
    handshake.emplace(std::move(identity), kAsks);
    handshake->start(out);
    return words(out);
  }
};

TEST_F(ProbeTest, TheQuestionLeavesTogetherWithHello) {
  EXPECT_EQ(start({.password = "pw"}), "HELLO 3 AUTH default pw COMMAND INFO A.ONE A.TWO A.THREE");
  EXPECT_EQ(answer(kHello), State::waiting);
  EXPECT_EQ(words(out), "") << "its answer is on the way already";
  EXPECT_EQ(answer("*3\r\n*1\r\n$5\r\na.one\r\n_\r\n*1\r\n$7\r\na.three\r\n"), State::ready);
  EXPECT_EQ(handshake->known(), 0b101u);
}

TEST_F(ProbeTest, ADatabaseIsSelectedAfterBothAnswers) {
  start({.database = 3});
  answer(kHello);
  EXPECT_EQ(answer("*3\r\n_\r\n_\r\n_\r\n"), State::waiting);
  EXPECT_EQ(words(out), "SELECT 3");
  EXPECT_EQ(answer("+OK\r\n"), State::ready);
  EXPECT_EQ(handshake->known(), 0u);
}

TEST_F(ProbeTest, WhateverElseIsAnsweredMeansNone) {
  for (const char* reply :
       {"-ERR unknown command 'COMMAND'\r\n", "-NOPERM no\r\n", "*1\r\n*1\r\n$1\r\nx\r\n",
        "*3\r\n*-1\r\n$-1\r\n*0\r\n", "+OK\r\n", "_\r\n"}) {
    start({});
    answer(kHello);
    EXPECT_EQ(answer(reply), State::ready) << reply;
    EXPECT_EQ(handshake->known(), 0u) << reply;
  }
}

TEST_F(ProbeTest, AServerWithoutHelloIsNotAskedTwice) {
  start({.password = "pw"});
  EXPECT_EQ(answer(kNoHello), State::waiting);
  EXPECT_EQ(words(out), "");
  EXPECT_EQ(answer("-NOAUTH Authentication required.\r\n"), State::waiting);
  EXPECT_EQ(words(out), "AUTH pw");
  EXPECT_EQ(answer("+OK\r\n"), State::ready);
  EXPECT_EQ(handshake->known(), 0u);
}

}  // namespace
}  // namespace larder::redis
