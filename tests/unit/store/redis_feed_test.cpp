// The queue of a subscription and its account of what may be missing, without a connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/subscriptions/feed.hpp"
#include "support/seed.hpp"

namespace larder::store {
namespace {

using namespace std::chrono_literals;
using Kind = RedisMessage::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const redis::Topic kA{redis::TopicKind::channel, "a"}, kB{redis::TopicKind::shard, "b"};

class RedisFeedTest : public testing::Test {
 protected:
  void hear(const std::string& payload) { feed.push({Kind::message, "a", {}, payload}); }
  /// All that waits, in words.
  std::vector<std::string> all() {
    std::vector<std::string> out;
    for (;;) {
      const auto next = feed.next(0ns);
      if (!next || !*next) return out;
      const RedisMessage& m = **next;
      out.push_back(m.kind == Kind::gap_begins ? "gap:" + m.channel
                    : m.kind == Kind::gap_ends ? "whole"
                                               : m.payload);
    }
  }
  bool is_whole(const redis::Topics& topics) { return feed.wait_for(topics, 0ns).has_value(); }

  RedisFeed feed{"redis://h:1", {.queue_max = 3}};
};

TEST_F(RedisFeedTest, ATopicIsSubscribedToWhenAllWhoShouldHaveConfirmedIt) {
  feed.expect(kA, {1, 2});
  feed.confirmed(kA, 1);
  EXPECT_FALSE(is_whole({kA}));
  feed.confirmed(kA, 3);
  EXPECT_FALSE(is_whole({kA})) << "it need not be there";
  feed.confirmed(kA, 2);
  EXPECT_TRUE(is_whole({kA}));
  feed.expect(kB, {});
  EXPECT_EQ(feed.wait_for({kB}, 0ns).error().code, Errc::timeout) << "nowhere to be";
  feed.lost(1, "redis://h:1: port closed");
  EXPECT_EQ(feed.wait_for({kB}, 0ns).error().detail, "redis://h:1: port closed");
  feed.refused(kB, {Errc::unauthorized, Effect::refused, "NOPERM"});
  EXPECT_EQ(feed.wait_for({kB}, 0ns).error().code, Errc::unauthorized);
  feed.close({Errc::cancelled, Effect::refused, "closed"});
  EXPECT_EQ(feed.wait_for({kA}, 0ns).error().code, Errc::cancelled);
}

TEST_F(RedisFeedTest, OneGapHoweverManyTopicsUntilAllAreBack) {
  feed.expect(kA, {1});
  feed.expect(kB, {1});
  feed.lost(1, "not yet connected");
  feed.confirmed(kA, 1);
  feed.confirmed(kB, 1);
  EXPECT_THAT(all(), IsEmpty()) << "nothing was missed before it began";
  feed.lost(1, "reset");
  feed.lost(1, "refused");
  feed.confirmed(kA, 1);
  hear("x");
  EXPECT_THAT(all(), ElementsAre("gap:", "x"));
  feed.confirmed(kB, 1);
  EXPECT_THAT(all(), ElementsAre("whole"));
}

TEST_F(RedisFeedTest, ATopicThatMovesIsAGapOfItsOwn) {
  feed.expect(kA, {1});
  feed.expect(kB, {1});
  feed.confirmed(kA, 1);
  feed.confirmed(kB, 1);
  feed.withdrawn(kB, 1);
  feed.expect(kB, {2});
  EXPECT_THAT(all(), ElementsAre("gap:b"));
  feed.confirmed(kB, 2);
  feed.expect(kA, {2});
  EXPECT_THAT(all(), ElementsAre("whole", "gap:a"));
  feed.forget(kA);
  EXPECT_THAT(all(), ElementsAre("whole")) << "nobody misses it any more";
}

TEST_F(RedisFeedTest, ItClosesWhenFullIfToldSo) {
  RedisFeed strict{"redis://h:1",
                   {.queue_bytes_max = 10, .when_full = SubscriptionOptions::WhenFull::close}};
  EXPECT_TRUE(strict.push({Kind::message, "a", {}, "12345"}));
  EXPECT_FALSE(strict.push({Kind::message, "a", {}, "12345"}));
  EXPECT_EQ(strict.next(0ns).value()->payload, "12345");
  EXPECT_EQ(strict.next(0ns).error().code, Errc::overloaded);
  EXPECT_THAT(strict.next(0ns).error().detail, HasSubstr("1 messages waited"));
}

// Whatever comes and whenever it is read: each message is read, or counted where it was dropped.
TEST_F(RedisFeedTest, NothingIsDroppedUncounted) {
  auto random = test::seeded_random();
  std::uint64_t pushed = 0, accounted = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random.below(2) == 0) {
      hear(std::to_string(pushed++));
      continue;
    }
    const auto next = feed.next(0ns).value();
    if (!next) {
      ASSERT_EQ(accounted, pushed);
      continue;
    }
    accounted += next->dropped;
    ASSERT_EQ(next->payload, std::to_string(accounted))
        << "after those that were dropped before it";
    ++accounted;
  }
  EXPECT_GT(feed.dropped(), 100u);
}

}  // namespace
}  // namespace larder::store
