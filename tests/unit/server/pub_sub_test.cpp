// Publish and subscribe as one server's clients see it, without sockets.
#include "server/pub_sub.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/glob.hpp"
#include "base/limits.hpp"
#include "support/seed.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using test::Conversation;
using test::World;
namespace limits = base::limits;

constexpr std::string_view kOnlyListens =
    ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
    "context\r\n";

class PubSubTest : public testing::Test {
 protected:
  World world;
  Conversation client{world};
  Conversation other{world};
};

TEST_F(PubSubTest, WhatIsPublishedReachesWhoIsSubscribed) {
  EXPECT_EQ(client.ask("SUBSCRIBE news"), "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  EXPECT_EQ(other.ask("PUBLISH news hello"), ":1\r\n");
  EXPECT_EQ(client.messages(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  EXPECT_EQ(other.ask("PUBLISH other hello"), ":0\r\n");
  EXPECT_EQ(client.messages(), "");
}

TEST_F(PubSubTest, AHandlerPublishesWithoutACommand) {
  EXPECT_EQ(world.pub_sub.publish("news", "x"), 0U);
  client.ask("SUBSCRIBE news");
  EXPECT_EQ(world.pub_sub.publish("news", "x"), 1U);
  EXPECT_EQ(client.messages(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}

TEST_F(PubSubTest, InResp3MessagesArePushes) {
  client.ask("HELLO 3");
  EXPECT_EQ(client.ask("SUBSCRIBE a"), ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  other.ask("PUBLISH a x");
  EXPECT_EQ(client.messages(), ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  EXPECT_EQ(client.ask("GET k"), "_\r\n") << "any command goes on";
}

TEST_F(PubSubTest, WhoIsSubscribedTwiceOverGetsTheMessageTwice) {
  client.ask("SUBSCRIBE abc");
  client.ask("PSUBSCRIBE a* ?bc b*");
  EXPECT_EQ(other.ask("PUBLISH abc x"), ":3\r\n");
  const std::string got = client.messages();
  EXPECT_TRUE(got.starts_with("*3\r\n$7\r\nmessage\r\n")) << got;
  EXPECT_NE(got.find("*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$3\r\nabc\r\n$1\r\nx\r\n"), got.npos);
  EXPECT_NE(got.find("*4\r\n$8\r\npmessage\r\n$3\r\n?bc\r\n$3\r\nabc\r\n$1\r\nx\r\n"), got.npos);
}

TEST_F(PubSubTest, ShardedChannelsAreNamesOfTheirOwn) {
  client.ask("SUBSCRIBE a");
  client.ask("PSUBSCRIBE *");
  EXPECT_EQ(client.ask("SSUBSCRIBE a"), "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(other.ask("SPUBLISH a x"), ":1\r\n");
  EXPECT_EQ(client.messages(), "*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
}

TEST_F(PubSubTest, NothingComesBehindTheEndOfASubscription) {
  client.ask("SUBSCRIBE a");
  other.ask("PUBLISH a x");
  EXPECT_EQ(client.ask("UNSUBSCRIBE a"),
            "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n"
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n");
  EXPECT_EQ(other.ask("PUBLISH a x"), ":0\r\n");
  EXPECT_EQ(client.messages(), "");
}

TEST_F(PubSubTest, WithoutANameAllOfTheKindEnd) {
  client.ask("SUBSCRIBE a");
  client.ask("PSUBSCRIBE b");
  EXPECT_EQ(client.ask("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(client.ask("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:1\r\n");
  EXPECT_EQ(client.ask("SUNSUBSCRIBE"), "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(client.ask("PUNSUBSCRIBE"), "*3\r\n$12\r\npunsubscribe\r\n$1\r\nb\r\n:0\r\n");
  client.ask("SUBSCRIBE z m a");
  EXPECT_TRUE(client.ask("UNSUBSCRIBE")
                  .starts_with("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n"
                               "*3\r\n$11\r\nunsubscribe\r\n$1\r\nm\r\n:1\r\n"));
}

TEST_F(PubSubTest, InResp2WhoIsSubscribedOnlyListens) {
  client.ask("SUBSCRIBE a");
  EXPECT_EQ(client.ask("GET k"), "-ERR Can't execute 'get'" + std::string(kOnlyListens));
  EXPECT_EQ(client.ask("CLIENT ID"), "-ERR Can't execute 'client|id'" + std::string(kOnlyListens));
  EXPECT_EQ(client.ask("EXEC"),
            "-EXECABORT Transaction discarded because of: Can't execute 'exec'" +
                std::string(kOnlyListens));
  EXPECT_EQ(client.ask("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(client.ask("PING hi"), "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
  client.ask("UNSUBSCRIBE");
  EXPECT_EQ(client.ask("GET k"), "$-1\r\n");
  EXPECT_EQ(client.ask("PING"), "+PONG\r\n");
}

TEST_F(PubSubTest, ManyGetsInARowAreRefusedOneByOne) {
  EXPECT_EQ(client.send("SUBSCRIBE a\r\nGET k\r\nGET k\r\nUNSUBSCRIBE a\r\nGET k\r\n"),
            "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n-ERR Can't execute 'get'" +
                std::string(kOnlyListens) + "-ERR Can't execute 'get'" + std::string(kOnlyListens) +
                "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n$-1\r\n");
}

TEST_F(PubSubTest, WhoPublishesToItselfGetsTheMessageBeforeTheAnswer) {
  client.ask("HELLO 3");
  client.ask("SUBSCRIBE a");
  EXPECT_EQ(client.ask("PUBLISH a x"), ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n:1\r\n");
}

TEST_F(PubSubTest, NoMessageStandsAmongTheAnswersOfATransaction) {
  EXPECT_EQ(client.send("MULTI\r\nSUBSCRIBE a\r\nPUBLISH a x\r\nPING\r\nEXEC\r\n"),
            "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n"
            "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n:1\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(client.messages(), "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
}

TEST_F(PubSubTest, ResetEndsAllSubscriptions) {
  client.ask("SUBSCRIBE a");
  client.ask("PSUBSCRIBE b*");
  client.ask("SSUBSCRIBE c");
  EXPECT_EQ(client.ask("RESET"), "+RESET\r\n");
  EXPECT_EQ(client.ask("PING"), "+PONG\r\n");
  EXPECT_EQ(other.ask("PUBLISH a x"), ":0\r\n");
  EXPECT_EQ(other.ask("PUBSUB NUMPAT"), ":0\r\n");
  EXPECT_EQ(other.ask("PUBSUB SHARDCHANNELS"), "*0\r\n");
}

TEST_F(PubSubTest, WhoLeavesIsSubscribedToNothing) {
  {
    Conversation guest{world};
    guest.ask("SUBSCRIBE a b");
    guest.ask("PSUBSCRIBE *");
    EXPECT_EQ(other.ask("PUBLISH a x"), ":2\r\n");
  }
  EXPECT_EQ(other.ask("PUBLISH a x"), ":0\r\n");
  EXPECT_EQ(other.ask("PUBSUB CHANNELS"), "*0\r\n");
}

TEST_F(PubSubTest, PubsubCountsAndNames) {
  client.ask("SUBSCRIBE abc");
  other.ask("HELLO 3");
  other.ask("SUBSCRIBE abc xyz");
  other.ask("PSUBSCRIBE p*");
  client.ask("PSUBSCRIBE p*");
  EXPECT_EQ(other.ask("PUBSUB CHANNELS a*"), "*1\r\n$3\r\nabc\r\n");
  EXPECT_EQ(other.ask("PUBSUB NUMSUB abc nobody"),
            "*4\r\n$3\r\nabc\r\n:2\r\n$6\r\nnobody\r\n:0\r\n");
  EXPECT_EQ(other.ask("PUBSUB NUMPAT"), ":1\r\n");
}

TEST_F(PubSubTest, ClientListAndInfoTellOfSubscribers) {
  client.ask("SUBSCRIBE a b");
  client.ask("PSUBSCRIBE p*");
  client.ask("SSUBSCRIBE s");
  const std::string list = other.ask("CLIENT LIST TYPE pubsub");
  EXPECT_NE(list.find("flags=P db=0 sub=2 psub=1 ssub=1 "), list.npos) << list;
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 3) << list;
  const std::string info = other.ask("INFO stats");
  EXPECT_NE(info.find("pubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:1\r\n"),
            info.npos);
}

TEST_F(PubSubTest, ConfirmationsAndMessagesComeThoughRepliesAreOff) {
  client.ask("HELLO 3");
  EXPECT_EQ(client.send("CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nPING\r\n"),
            ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(client.ask("PUBLISH a x"), "");
  EXPECT_EQ(client.messages(), ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  EXPECT_EQ(client.ask("SUBSCRIBE"), "") << "an error is a reply";
}

TEST_F(PubSubTest, AChangeOfProtocolLosesNothing) {
  client.ask("HELLO 3");
  client.ask("SUBSCRIBE a");
  other.ask("PUBLISH a x");
  EXPECT_TRUE(client.ask("HELLO 2").starts_with(">3\r\n$7\r\nmessage\r\n"));
  other.ask("PUBLISH a y");
  EXPECT_EQ(client.messages(), "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\ny\r\n");
  EXPECT_TRUE(client.ask("GET k").starts_with("-ERR Can't execute"));
}

TEST_F(PubSubTest, APauseOfWritersHoldsPublishersBack) {
  client.ask("SUBSCRIBE a");
  other.ask("CLIENT PAUSE 1000 WRITE");
  base::Buffer out;
  EXPECT_EQ(other.session.run("PUBLISH a x\r\n", out).state, Session::State::held);
  world.clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(other.session.run("PUBLISH a x\r\n", out).state, Session::State::waiting);
  EXPECT_EQ(out.view(), ":1\r\n");
}

TEST_F(PubSubTest, WhoReadsNothingIsMarkedAndOthersGoOn) {
  world.settings.output_limits[2].hard_bytes = std::size_t{1'000};
  client.ask("SUBSCRIBE a");
  Conversation reader{world};
  reader.ask("SUBSCRIBE a");
  const std::string message(400, 'x');
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world.pub_sub.publish("a", message), 2U);
    EXPECT_EQ(reader.messages().size(), 432U);
  }
  EXPECT_TRUE(client.session.has_messages());
  EXPECT_LT(client.session.memory_bytes(), 1'000U) << "what waited was given back";
  EXPECT_EQ(client.messages(), "");
  EXPECT_TRUE(client.session.client().overflowed);
  EXPECT_FALSE(reader.session.client().overflowed);
}

std::string request(std::string_view command, const std::string& name) {
  return "*2\r\n$" + std::to_string(command.size()) + "\r\n" + std::string(command) + "\r\n$" +
         std::to_string(name.size()) + "\r\n" + name + "\r\n";
}

TEST_F(PubSubTest, NamesAndSubscriptionsAreBounded) {
  const std::string kTooLong = "-ERR the name of the channel is too long\r\n";
  EXPECT_EQ(client.send(request("SUBSCRIBE", std::string(limits::kChannelBytesMax + 1, 'x'))),
            kTooLong);
  EXPECT_EQ(client.send(request("PSUBSCRIBE", std::string(limits::kPatternBytesMax + 1, '*'))),
            kTooLong);
  const std::string name(limits::kChannelBytesMax - 8, 'x');
  const auto numbered = [&](std::size_t i) { return std::to_string(10'000 + i) + name; };
  std::string answer;
  std::size_t held = 0;
  for (; held < 1'000; ++held) {
    answer = client.send(request("SUBSCRIBE", numbered(held)));
    if (answer.starts_with("-")) break;
  }
  EXPECT_EQ(answer, "-ERR too many subscriptions\r\n");
  EXPECT_EQ(held, limits::kSubscribedBytesMax / (name.size() + 5 + 256));
  EXPECT_LE(client.session.memory_bytes(), limits::kSubscribedBytesMax + 1'024);
  client.send(request("UNSUBSCRIBE", numbered(0)));
  const std::string count = ":" + std::to_string(held) + "\r\n";
  EXPECT_TRUE(client.send(request("SUBSCRIBE", numbered(held))).ends_with(count));
}

/// What must be so, told by the simplest means.
struct Model {
  std::map<int, std::set<std::string>> channels, patterns;
  std::size_t receivers(const std::string& channel) const {
    std::size_t count = 0;
    for (const auto& [who, names] : channels) count += names.count(channel);
    for (const auto& [who, globs] : patterns) {
      for (const std::string& glob : globs) count += base::glob_match(glob, channel);
    }
    return count;
  }
};

TEST_F(PubSubTest, AgreesWithAModelWhateverComesAndGoes) {
  const std::uint64_t seed = larder::test::seed();
  SCOPED_TRACE("LARDER_SEED=" + std::to_string(seed));
  base::Random random(seed);
  Model model;
  std::map<int, std::unique_ptr<Conversation>> clients;
  const std::vector<std::string> globs{"*", "a*", "?b", "[ab]c", "nothing"};
  const auto channel = [&] {
    return std::string{static_cast<char>('a' + random.below(3)),
                       static_cast<char>('a' + random.below(3))};
  };
  for (int step = 0; step < 5'000; ++step) {
    const int who = static_cast<int>(random.below(8));
    auto& session = clients[who];
    if (session == nullptr) session = std::make_unique<Conversation>(world);
    const std::string name = channel();
    const std::string& glob = globs[random.below(globs.size())];
    switch (random.below(6)) {
      case 0:
        session->ask("SUBSCRIBE " + name);
        model.channels[who].insert(name);
        break;
      case 1:
        session->ask("PSUBSCRIBE " + glob);
        model.patterns[who].insert(glob);
        break;
      case 2:
        session->ask("UNSUBSCRIBE " + name);
        model.channels[who].erase(name);
        break;
      case 3:
        session->ask("PUNSUBSCRIBE " + glob);
        model.patterns[who].erase(glob);
        break;
      case 4:
        if (random.below(8) != 0) break;
        session.reset();
        model.channels.erase(who);
        model.patterns.erase(who);
        break;
      default:
        ASSERT_EQ(world.pub_sub.publish(name, "x"), model.receivers(name)) << "step " << step;
    }
  }
  std::set<std::string> named;
  for (const auto& [who, names] : model.channels) named.insert(names.begin(), names.end());
  EXPECT_EQ(world.pub_sub.topics(TopicKind::channel), named.size());
  clients.clear();
  EXPECT_EQ(world.pub_sub.topics(TopicKind::channel), 0U);
  EXPECT_EQ(world.pub_sub.topics(TopicKind::pattern), 0U);
}

}  // namespace
}  // namespace larder::server
