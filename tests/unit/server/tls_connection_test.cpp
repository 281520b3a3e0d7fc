// A Connection inside TLS: what its bytes wait for, and what it may take.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "base/limits.hpp"
#include "server/connection.hpp"
#include "unit/net/tls_pair.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using net::Ready;
using Next = Connection::Next;
namespace limits = base::limits;

class TlsConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto [near, far] = net::MemoryStream::pair();
    below = near.get();
    auto inside =
        net::TlsContext::for_server(tls.server_options()).value()->accept(std::move(near));
    client.below = far.get();
    client.stream = net::TlsContext::for_client(tls.client_options())
                        .value()
                        ->connect(std::move(far), "localhost");
    connection.emplace(std::move(inside), world.context, scratch, Addresses{"peer", "here"});
  }
  /// One readiness of everything, and all that can be done without another.
  Next settle() {
    Next next = connection->ready(Ready::read | Ready::write, world.clock.now());
    while (next == Next::again) next = connection->turn(false, false, world.clock.now());
    return next;
  }
  void shake_hands() {
    for (int i = 0; i < 4; ++i) {
      client.listen();
      settle();
    }
    client.listen();
    ASSERT_TRUE(connection->stream().is_established());
  }
  std::string ask(std::string_view request) {
    client.stream->write(request);
    settle();
    client.listen();
    return std::exchange(client.heard, {});
  }

  net::test::World tls;
  test::World world;
  Scratch scratch;
  net::MemoryStream* below = nullptr;
  net::test::End client;
  std::optional<Connection> connection;
};

TEST_F(TlsConnectionTest, AnswersInsideTls) {
  shake_hands();
  EXPECT_EQ(ask("SET k v\r\nGET k\r\n"), "+OK\r\n$1\r\nv\r\n");
}

TEST_F(TlsConnectionTest, ARequestRightBehindTheHandshakeNeedsNoFurtherReadiness) {
  client.listen();
  settle();
  client.stream->write("PING\r\n");  // In one piece with the end of the handshake.
  client.stream->write("PING\r\n");
  settle();
  client.listen();
  EXPECT_EQ(client.heard, "+PONG\r\n+PONG\r\n");
}

TEST_F(TlsConnectionTest, WhatOneReadHasNoRoomForIsReadWithoutReadiness) {
  shake_hands();
  below->incoming().capacity = below->outgoing().capacity = 4 << 20;
  std::string pipeline;
  for (int i = 0; i < 20'000; ++i) pipeline += "INCR n\r\n";
  std::string_view rest = pipeline;
  while (!rest.empty()) rest.remove_prefix(client.stream->write(rest).bytes);
  // The socket tells of its bytes as long as there are any, and of no others.
  while (!below->incoming().bytes.empty()) settle();
  client.listen();
  EXPECT_TRUE(client.heard.ends_with(":20000\r\n"));
}

TEST_F(TlsConnectionTest, BytesInsideTlsWaitForTheEndOfAPause) {
  shake_hands();
  world.host.pause.begin(Pause::Kind::all, world.clock.now() + 1s, world.clock.now());
  std::string pipeline;
  for (int i = 0; i < 12'000; ++i) pipeline += "INCR n\r\n";
  below->incoming().capacity = below->outgoing().capacity = 4 << 20;
  std::string_view rest = pipeline;
  while (!rest.empty()) rest.remove_prefix(client.stream->write(rest).bytes);
  for (int i = 0; i < 4; ++i) settle();
  EXPECT_TRUE(connection->is_held());
  client.listen();
  EXPECT_EQ(client.heard, "");

  world.host.pause.end();
  connection->resume();
  while (!below->incoming().bytes.empty() ||
         connection->turn(false, false, world.clock.now()) == Next::again) {
    settle();
  }
  client.listen();
  EXPECT_TRUE(client.heard.ends_with(":12000\r\n")) << client.heard.substr(0, 100);
}

TEST_F(TlsConnectionTest, AHandshakeWithoutRoomToWriteWaitsForRoom) {
  below->outgoing().capacity = 100;
  client.listen();
  settle();
  EXPECT_EQ(connection->interest(), Ready::write);
  below->outgoing().capacity = 64 * 1024;
  connection->ready(Ready::write, world.clock.now());
  EXPECT_EQ(connection->interest(), Ready::read);
  shake_hands();
}

TEST_F(TlsConnectionTest, AHandshakeMayTakeItsTimeAndNoMore) {
  client.listen();
  settle();
  world.clock.advance(limits::kTlsHandshakeTime);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
  world.clock.advance(1ms);
  EXPECT_TRUE(connection->overdue(world.clock.now()));
}

TEST_F(TlsConnectionTest, AfterTheHandshakeThereIsNoHurry) {
  shake_hands();
  world.clock.advance(limits::kTlsHandshakeTime + 1s);
  EXPECT_FALSE(connection->overdue(world.clock.now()));
}

TEST_F(TlsConnectionTest, PlainBytesAreTheEnd) {
  client.below->write("PING\r\n");
  EXPECT_EQ(settle(), Next::close);
}

TEST_F(TlsConnectionTest, WhoQuitsIsToldInsideTlsThatItIsOver) {
  shake_hands();
  client.stream->write("QUIT\r\n");
  EXPECT_EQ(settle(), Next::close);
  connection.reset();
  EXPECT_EQ(client.listen(), net::Transfer::Status::ended);
  EXPECT_EQ(client.heard, "+OK\r\n");
}

TEST_F(TlsConnectionTest, AnErrorThatEndsItIsReadBeforeTheEnd) {
  shake_hands();
  client.stream->write("*1\r\n$-5\r\n");
  EXPECT_EQ(settle(), Next::wait);
  client.stream->write(std::string(30'000, 'x'));  // It was still sending.
  EXPECT_EQ(settle(), Next::wait);
  EXPECT_EQ(client.listen(), net::Transfer::Status::ended);
  EXPECT_EQ(client.heard.rfind("-ERR Protocol error", 0), 0U);
}

TEST_F(TlsConnectionTest, ASlowReaderOfALargeReplyGetsAllOfIt) {
  world.node.visit(0, "k", node::Mode::write, [](engine::Entry& entry) {
    entry.assign(std::string(1'000'000, 'x'), engine::Deadline::none()).value();
  });
  shake_hands();
  below->outgoing().capacity = 5'000;
  client.stream->write("GET k\r\n");
  settle();
  EXPECT_TRUE(connection->wants_write());
  while (connection->wants_write()) {
    client.listen();
    connection->ready(Ready::write, world.clock.now());
  }
  client.listen();
  EXPECT_EQ(client.heard.size(), 1'000'000U + 12);
}

TEST_F(TlsConnectionTest, WhatTlsHoldsCounts) {
  shake_hands();
  EXPECT_EQ(connection->memory_bytes(), limits::kTlsSessionBytes);
}

TEST(PlainConnectionTest, TlsOnAPortThatIsNotForItIsToldAndEnded) {
  test::World world;
  Scratch scratch;
  auto [near, far] = net::MemoryStream::pair();
  Connection connection(std::move(near), world.context, scratch, Addresses{"peer", "here"});
  net::test::World tls;
  net::MemoryStream* wire = far.get();
  auto client = net::TlsContext::for_client(tls.client_options())
                    .value()
                    ->connect(std::move(far), "localhost");
  std::array<char, 64> room{};
  client->read(room);  // Says hello.
  ASSERT_FALSE(wire->outgoing().bytes.empty());
  connection.turn(true, true, world.clock.now());
  EXPECT_EQ(wire->incoming().bytes, "-ERR Protocol error: TLS on a port that is not for TLS\r\n");
  EXPECT_TRUE(connection.session().client().closing);
}

TEST(PlainConnectionTest, ValuesMayBeginAsTlsDoes) {
  test::World world;
  Scratch scratch;
  auto [near, far] = net::MemoryStream::pair();
  Connection connection(std::move(near), world.context, scratch, Addresses{"peer", "here"});
  far->write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n");
  connection.turn(true, true, world.clock.now());
  far->write(std::string_view("\x16\x03\x01\x00\r\n", 6));
  connection.turn(true, true, world.clock.now());
  EXPECT_EQ(far->take(), "+OK\r\n");
}

TEST(PlainConnectionTest, OnlyTheFirstBytesMayBeTls) {
  test::World world;
  test::Conversation client{world};
  EXPECT_EQ(client.send("\x15 is none\r\n").substr(0, 20), "-ERR unknown command");
  EXPECT_EQ(client.send("\x16\x03 is none\r\n").substr(0, 20), "-ERR unknown command");
  test::Conversation slow{world};
  EXPECT_EQ(slow.send("\x16"), "");
  EXPECT_EQ(slow.send("\x03"), "-ERR Protocol error: TLS on a port that is not for TLS\r\n");
}

}  // namespace
}  // namespace larder::server
