// OBJECT IDLETIME and FREQ under a clock that stands still: to the second, and to the count.
#include <gtest/gtest.h>

#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

class ObjectUseTest : public testing::Test {
 protected:
  World world;
  Conversation client{world};
};

TEST_F(ObjectUseTest, AKeyIsIdleSinceItsLastUseInWholeSeconds) {
  world.node.set_eviction(policy::Eviction::volatile_lru);
  client.ask("SET k v");
  world.clock.advance(90s);
  EXPECT_EQ(client.ask("OBJECT IDLETIME k"), ":90\r\n");
  client.ask("GET k");
  world.clock.advance(1900ms);
  EXPECT_EQ(client.ask("OBJECT IDLETIME k"), ":1\r\n");
}

TEST_F(ObjectUseTest, AFrequencyFadesByOneAMinuteWithoutUse) {
  world.node.set_eviction(policy::Eviction::allkeys_lfu);
  client.ask("SET k v");
  client.ask("GET k");
  EXPECT_EQ(client.ask("OBJECT FREQ k"), ":6\r\n");
  world.clock.advance(2min);
  EXPECT_EQ(client.ask("OBJECT FREQ k"), ":4\r\n");
}

TEST_F(ObjectUseTest, AKeyWrittenBeforeThePolicyWasSetSaysSoUntilItIsWrittenAgain) {
  client.ask("SET k v");
  world.node.set_eviction(policy::Eviction::allkeys_lru);
  EXPECT_TRUE(client.ask("OBJECT IDLETIME k").find("not tracked yet") != std::string::npos);
  client.ask("SET k v");
  EXPECT_EQ(client.ask("OBJECT IDLETIME k"), ":0\r\n");
}

}  // namespace
}  // namespace larder::server
