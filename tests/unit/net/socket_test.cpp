#include "net/socket.hpp"

#include <gtest/gtest.h>

#include <array>

#include "net/stream.hpp"

namespace larder::net {
namespace {

using namespace std::chrono_literals;

TEST(SocketTest, ATakenPortIsNamedInPlainWords) {
  auto first = listen_tcp({"127.0.0.1", 0}).value();
  const auto port = local_port(first).value();

  auto second = listen_tcp({"127.0.0.1", port});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unreachable);
  EXPECT_EQ(second.error().detail, "port " + std::to_string(port) + " on 127.0.0.1 is in use");
}

TEST(SocketTest, AnAddressOfAnotherMachineIsRefusedByName) {
  auto socket = listen_tcp({"192.0.2.1", 0});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().detail, "this machine has no address 192.0.2.1");
}

TEST(SocketTest, AConnectionCarriesBytesAndKnowsItsPeer) {
  auto listener = listen_tcp({"127.0.0.1", 0}).value();
  const Endpoint there{"127.0.0.1", local_port(listener).value()};

  TcpStream client(connect_tcp(there, 1s).value());
  TcpStream served(accept_tcp(listener).value());
  set_keepalive(served.socket(), {});

  EXPECT_EQ(peer_name(client.socket()), to_string(there));
  std::array<char, 8> room{};
  EXPECT_EQ(served.read(room).status, Transfer::Status::blocked);
  EXPECT_EQ(client.write("hello").bytes, 5U);
  EXPECT_EQ(served.read(room).bytes, 5U);
  client.finish_writing();
  EXPECT_EQ(served.read(room).status, Transfer::Status::ended);
}

TEST(SocketTest, AClosedPortIsUnreachable) {
  auto listener = listen_tcp({"127.0.0.1", 0}).value();
  const Endpoint there{"127.0.0.1", local_port(listener).value()};
  listener.close();

  auto socket = connect_tcp(there, 1s);

  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, Errc::unreachable);
  EXPECT_EQ(socket.error().effect, Effect::not_sent);
  EXPECT_EQ(socket.error().detail, to_string(there) + ": Connection refused");
}

TEST(SocketTest, NobodyWaitingIsAnEmptySocket) {
  auto listener = listen_tcp({"127.0.0.1", 0}).value();
  EXPECT_FALSE(accept_tcp(listener).value());
}

TEST(SocketTest, LoopbackIsTheWholeOf127AndColonColon1) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.9.9.9"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("::"));
  EXPECT_FALSE(is_loopback("10.0.0.1"));
  EXPECT_FALSE(is_loopback("128.0.0.1"));
}

TEST(SocketTest, AnEndpointReadsAsHostColonPort) {
  EXPECT_EQ(to_string({"127.0.0.1", 6379}), "127.0.0.1:6379");
  EXPECT_EQ(to_string({"::1", 6379}), "[::1]:6379");
}

}  // namespace
}  // namespace larder::net
