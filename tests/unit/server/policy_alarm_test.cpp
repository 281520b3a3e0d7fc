#include "server/policy_alarm.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/log.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

class PolicyAlarmTest : public testing::Test {
 protected:
  void look() { alarm.look(world.node.stats(), world.node.eviction()); }
  std::ptrdiff_t lines() const { return std::count(sink.text().begin(), sink.text().end(), '\n'); }

  World world{{}, {.shards = 1, .bytes_max = 1 << 20, .eviction = policy::Eviction::volatile_lru}};
  Conversation client{world};
  base::MemorySink sink;
  base::Log log{sink, world.clock};
  PolicyAlarm alarm{&log};
};

TEST_F(PolicyAlarmTest, AnEmptyServerIsNoReasonToWarn) {
  look();
  EXPECT_EQ(sink.text(), "");
}

TEST_F(PolicyAlarmTest, AVolatilePolicyWithoutATimeToLiveIsSaidOnce) {
  client.ask("SET k v");
  look();
  look();
  EXPECT_EQ(lines(), 1);
  EXPECT_NE(sink.text().find("volatile-lru"), std::string::npos);
}

TEST_F(PolicyAlarmTest, ItIsSaidAgainOnlyAfterThereWasSomethingToEvict) {
  client.ask("SET k v");
  look();
  client.ask("EXPIRE k 10");
  look();
  EXPECT_EQ(lines(), 1);

  client.ask("PERSIST k");
  look();
  EXPECT_EQ(lines(), 2);
}

TEST_F(PolicyAlarmTest, InfoSaysSoAsLongAsItIsTrue) {
  client.ask("SET k v");
  EXPECT_NE(client.ask("INFO memory").find("maxmemory_policy_note:no entry has a time to live"),
            std::string::npos);
  client.ask("EXPIRE k 10");
  EXPECT_EQ(client.ask("INFO memory").find("maxmemory_policy_note"), std::string::npos);
}

}  // namespace
}  // namespace larder::server
