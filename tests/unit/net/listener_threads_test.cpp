#include <gtest/gtest.h>

#include <vector>

#include "net/listener.hpp"

namespace larder::net {
namespace {

using namespace std::chrono_literals;

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    Socket socket = listen_tcp({"127.0.0.1", 0}).value();
    there = {"127.0.0.1", local_port(socket).value()};
    listener.emplace(loop, std::move(socket), [this](Socket s) { taken.push_back(std::move(s)); });
    listener->start().value();
  }
  EventLoop loop;
  Endpoint there;
  std::vector<Socket> taken;
  std::optional<Listener> listener;
};

TEST_F(ListenerTest, HandsOnWhoConnects) {
  const Socket client = connect_tcp(there, 1s).value();
  loop.run_once(1s);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(peer_name(client), to_string(there));
}

TEST_F(ListenerTest, TakesABoundedNumberInATurn) {
  std::vector<Socket> clients;
  for (int i = 0; i < Listener::kAcceptsPerTurn + 1; ++i) {
    clients.push_back(connect_tcp(there, 1s).value());
  }
  loop.run_once(1s);
  EXPECT_EQ(taken.size(), static_cast<std::size_t>(Listener::kAcceptsPerTurn));
  loop.run_once(1s);
  EXPECT_EQ(taken.size(), clients.size());
}

TEST_F(ListenerTest, RefusesWhoComesAfterStop) {
  listener->stop();
  EXPECT_FALSE(connect_tcp(there, 1s));
}

}  // namespace
}  // namespace larder::net
