#include "net/tls_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/net/tls_pair.hpp"

namespace larder::net {
namespace {

using test::Status;
using test::TlsPair;
using testing::HasSubstr;
using testing::Not;

class TlsStreamTest : public testing::Test {
 protected:
  static std::string large(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) text += std::to_string(i) + ' ';
    return text;
  }
  test::World world;
};

TEST_F(TlsStreamTest, CarriesBytesBothWaysAfterAHandshake) {
  TlsPair pair = world.pair();
  EXPECT_FALSE(pair.server.stream->is_established());
  pair.settle();
  ASSERT_TRUE(pair.stands());

  pair.send(pair.client, "ping");
  EXPECT_EQ(pair.server.heard, "ping");
  pair.send(pair.server, "pong");
  EXPECT_EQ(pair.client.heard, "pong");
  EXPECT_EQ(pair.server.stream->failure(), "");
}

TEST_F(TlsStreamTest, WhatTravelsIsNotWhatWasSaid) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.client.stream->write("a secret that is easy to find");
  EXPECT_THAT(pair.client.below->outgoing().bytes, Not(HasSubstr("secret")));
  EXPECT_GT(pair.client.below->outgoing().bytes.size(), 20U);
}

TEST_F(TlsStreamTest, BytesMayBeCutAnywhere) {
  TlsPair pair = world.pair();
  for (auto* pipe : {&pair.server.below->incoming(), &pair.server.below->outgoing()}) {
    pipe->read_bytes_max = 1;
    pipe->write_bytes_max = 7;
  }
  pair.settle();
  ASSERT_TRUE(pair.stands());
  const std::string text = large(40'000);
  pair.send(pair.client, text);
  EXPECT_EQ(pair.server.heard, text);
}

TEST_F(TlsStreamTest, APeerThatDoesNotReadBlocksWritesAndLosesNothing) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.server.below->outgoing().capacity = 10'000;
  const std::string text = large(200'000);
  std::string_view rest = text;
  Transfer sent = pair.server.stream->write(rest);
  while (sent.status == Status::done) {
    rest.remove_prefix(sent.bytes);
    sent = pair.server.stream->write(rest);
  }
  ASSERT_EQ(sent.status, Status::blocked);
  EXPECT_EQ(pair.server.stream->write_needs(), Ready::write);

  const std::string moved(rest);  // The same bytes at another place will do.
  pair.client.listen();
  pair.send(pair.server, moved);
  EXPECT_EQ(pair.client.heard, text);
}

TEST_F(TlsStreamTest, AHandshakeThatCannotWriteWaitsForRoom) {
  TlsPair pair = world.pair();
  pair.server.below->outgoing().capacity = 100;
  pair.client.listen();  // Says hello.
  EXPECT_EQ(pair.server.listen(), Status::blocked);
  EXPECT_EQ(pair.server.stream->read_needs(), Ready::write);

  pair.settle();
  EXPECT_TRUE(pair.stands());
  EXPECT_EQ(pair.server.stream->read_needs(), Ready::read);
}

TEST_F(TlsStreamTest, AClientThatWritesFirstWaitsForTheServersWords) {
  TlsPair pair = world.pair();
  EXPECT_EQ(pair.client.stream->write("early").status, Status::blocked);
  EXPECT_EQ(pair.client.stream->write_needs(), Ready::read);
  pair.send(pair.client, "early");
  EXPECT_EQ(pair.client.stream->write_needs(), Ready::write);
  EXPECT_EQ(pair.server.heard, "early");
}

TEST_F(TlsStreamTest, BytesThatFoundNoRoomAreToldOfThoughTheSocketIsEmpty) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.client.stream->write("0123456789");
  std::array<char, 4> room{};
  ASSERT_EQ(pair.server.stream->read(room).bytes, 4U);
  EXPECT_TRUE(pair.server.below->incoming().bytes.empty());
  EXPECT_TRUE(pair.server.stream->has_unread());
  ASSERT_EQ(pair.server.stream->read(room).bytes, 4U);
  EXPECT_TRUE(pair.server.stream->has_unread());
  ASSERT_EQ(pair.server.stream->read(room).bytes, 2U);
  EXPECT_FALSE(pair.server.stream->has_unread());
}

TEST_F(TlsStreamTest, OneReadTakesABoundedPartOfWhatIsThere) {
  TlsPair pair = world.pair();
  pair.settle();
  auto& pipe = pair.server.below->incoming();
  pipe.capacity = 4 << 20;
  for (int i = 0; i < 20'000; ++i) pair.client.stream->write("x");  // Much wire for few bytes.
  const std::size_t before = pipe.bytes.size();
  ASSERT_GT(before, 400'000U);
  std::array<char, 4096> room{};
  std::size_t got = pair.server.stream->read(room).bytes;
  EXPECT_LE(before - pipe.bytes.size(), 40'000U);
  while (pair.server.stream->has_unread()) got += pair.server.stream->read(room).bytes;
  EXPECT_EQ(got, 20'000U);
}

TEST_F(TlsStreamTest, SeveralRecordsComeInOneRead) {
  TlsPair pair = world.pair();
  pair.settle();
  for (const char* piece : {"one ", "two ", "three"}) pair.client.stream->write(piece);
  std::array<char, 64> room{};
  const Transfer got = pair.server.stream->read(room);
  EXPECT_EQ(std::string(room.data(), got.bytes), "one two three");
}

TEST_F(TlsStreamTest, AnEndIsToldEvenRightBehindTheLastBytes) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.client.stream->write("last words");
  pair.client.stream->finish_writing();
  std::array<char, 64> room{};
  EXPECT_EQ(pair.server.stream->read(room).bytes, 10U);
  EXPECT_TRUE(pair.server.stream->has_unread());  // Nothing more will come to wake its reader.
  EXPECT_EQ(pair.server.stream->read(room).status, Status::ended);
}

TEST_F(TlsStreamTest, WhoHasEndedCanStillBeAnswered) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.client.stream->finish_writing();
  EXPECT_EQ(pair.server.listen(), Status::ended);
  EXPECT_EQ(pair.server.stream->write("answer").status, Status::done);
  EXPECT_EQ(pair.client.stream->write("more").status, Status::broken);
  pair.client.listen();
  EXPECT_EQ(pair.client.heard, "answer");
  pair.server.stream.reset();  // Says that this was the end.
  EXPECT_EQ(pair.client.listen(), Status::ended);
}

TEST_F(TlsStreamTest, AnEndThatDoesNotFitLeavesWithALaterRead) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.server.below->outgoing().capacity = 0;
  pair.server.stream->finish_writing();
  EXPECT_FALSE(pair.server.below->outgoing().ended);
  EXPECT_EQ(pair.client.listen(), Status::blocked);
  pair.server.below->outgoing().capacity = 1'000;
  pair.server.listen();
  EXPECT_EQ(pair.client.listen(), Status::ended);
}

TEST_F(TlsStreamTest, AConnectionThatIsCutIsBrokenAndNotEnded) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.server.below->incoming().ended = true;
  EXPECT_EQ(pair.server.listen(), Status::broken);
  EXPECT_EQ(pair.server.stream->write("x").status, Status::broken);
  EXPECT_TRUE(pair.server.stream->is_established());  // It was, and its end is no failed handshake.
}

TEST_F(TlsStreamTest, AChangedByteBreaksIt) {
  TlsPair pair = world.pair();
  pair.settle();
  pair.client.stream->write("pay 1 coin");
  pair.client.below->outgoing().bytes.back() ^= 1;
  EXPECT_EQ(pair.server.listen(), Status::broken);
  EXPECT_EQ(pair.server.heard, "");
}

TEST_F(TlsStreamTest, PlainBytesAreCalledThat) {
  for (const auto& [said, why] :
       {std::pair{"*1\r\n$4\r\nPING\r\n", "plain bytes"}, std::pair{"PING\r\n", "plain bytes"},
        std::pair{"GET / HTTP/1.1\r\n\r\n", "plain HTTP"}}) {
    TlsPair pair = world.pair();
    pair.client.below->write(said);
    EXPECT_EQ(pair.server.listen(), Status::broken);
    EXPECT_THAT(pair.server.stream->failure(), HasSubstr(why)) << said;
    EXPECT_EQ(pair.server.listen(), Status::broken);
  }
}

TEST_F(TlsStreamTest, AClientThatHearsPlainBytesIsBroken) {
  TlsPair pair = world.pair();
  pair.client.listen();
  pair.server.below->write("-ERR unknown command\r\n");
  EXPECT_EQ(pair.client.listen(), Status::broken);
  EXPECT_THAT(pair.client.stream->failure(), HasSubstr("plain bytes"));
}

TEST_F(TlsStreamTest, WhoLeavesHalfwayIsTold) {
  TlsPair pair = world.pair();
  pair.client.listen();
  pair.server.listen();
  pair.server.below->incoming().ended = true;
  EXPECT_EQ(pair.server.listen(), Status::broken);
  EXPECT_THAT(pair.server.stream->failure(), HasSubstr("left in the middle"));
}

TEST_F(TlsStreamTest, WhoNeverSpokeIsNoFailure) {
  TlsPair pair = world.pair();
  pair.server.below->incoming().ended = true;
  EXPECT_EQ(pair.server.listen(), Status::broken);
  EXPECT_EQ(pair.server.stream->failure(), "");
}

TEST_F(TlsStreamTest, AConnectionKeepsWhatItWasMadeFrom) {
  TlsPair pair = world.pair();  // Its contexts are gone by now.
  pair.settle();
  world.certificates.issue("server");  // And so is the certificate.
  pair.send(pair.client, "still here");
  EXPECT_EQ(pair.server.heard, "still here");
}

TEST_F(TlsStreamTest, CountsWhatItHolds) {
  TlsPair pair = world.pair();
  const std::size_t before = pair.server.stream->memory_bytes();
  pair.settle();
  EXPECT_GT(before, pair.server.stream->memory_bytes());
  EXPECT_GT(pair.server.stream->memory_bytes(), 0U);
}

}  // namespace
}  // namespace larder::net
