// Datagrams over loopback: by the batch, one by one, and back the way they came.
#include "net/udp.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace larder::net {
namespace {

void wait_for(const Socket& socket) {
  pollfd waiting{socket.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
}

TEST(Udp, AddressesAreReadAndShown) {
  const auto v4 = find_address({"192.0.2.1", 53}).value();
  EXPECT_EQ(to_string(v4), "192.0.2.1:53");
  EXPECT_EQ(host_bytes(v4), std::string("\xc0\0\2\1", 4));
  EXPECT_EQ(port_of(v4), 53);
  EXPECT_FALSE(is_loopback(v4));
  EXPECT_EQ(to_string(find_address({"2001:db8::1", 53}).value()), "[2001:db8::1]:53");
  EXPECT_TRUE(is_loopback(find_address({"127.1.2.3", 1}).value()));
  EXPECT_TRUE(is_loopback(find_address({"::1", 1}).value()));
  EXPECT_EQ(host_bytes(find_address({"::ffff:192.0.2.1", 1}).value()).size(), 4U);
  EXPECT_EQ(find_address({"no such host.invalid", 1}).error().code, Errc::unreachable);
}

TEST(Udp, APortInUseIsNamed) {
  const auto first = listen_udp({"127.0.0.1", 0}).value();
  const auto second = listen_udp({"127.0.0.1", local_port(first).value()});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("in use"), std::string::npos);
}

TEST(Udp, ABatchIsAnsweredByABatch) {
  for (const char* host :
       {"127.0.0.1", "0.0.0.0"}) {  // The wildcard carries along where it came to.
    const auto server = listen_udp({host, 0}).value();
    const auto where = find_address({"127.0.0.1", local_port(server).value()}).value();
    const auto client = connect_udp(where).value();
    for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(send_datagram(client, text));
    UdpBatch batch(512, 512);
    std::size_t served = 0;
    while (served < 3) {
      wait_for(server);
      const std::size_t count = batch.receive(server);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(batch.peer(i), local_address(client));
        const auto text = batch.datagram(i);
        std::copy(text.begin(), text.end(), batch.room(i).begin());
        if (text == "two") {
          EXPECT_TRUE(send_to(server, batch.path(i), "two, apart"));
        } else {
          batch.reply(i, text.size());
        }
      }
      batch.flush(server);
      served += count;
    }
    std::vector<std::string> heard;
    while (heard.size() < 3) {
      wait_for(client);
      std::array<char, 64> room;
      const auto got = receive_datagram(client, room);
      ASSERT_GT(got, 0);
      heard.emplace_back(room.data(), static_cast<std::size_t>(got));
    }
    std::sort(heard.begin(), heard.end());
    EXPECT_EQ(heard, (std::vector<std::string>{"one", "three", "two, apart"})) << host;
  }
}

TEST(Udp, AConnectedSocketLearnsThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const auto gone = listen_udp({"127.0.0.1", 0}).value();
    port = local_port(gone).value();
  }
  const auto client = connect_udp(find_address({"127.0.0.1", port}).value()).value();
  (void)send_datagram(client, "x");
  wait_for(client);
  std::array<char, 8> room;
  EXPECT_LT(receive_datagram(client, room), 0);
}

}  // namespace
}  // namespace larder::net
