// Slots, redirections, votes of sentinels, breakers and pulses: what clients of several servers decide with.
#include "redis/redirect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "redis/breaker.hpp"
#include "redis/pulse.hpp"
#include "redis/sentinel.hpp"
#include "redis/sentinel_news.hpp"
#include "redis/slots.hpp"
#include "unit/redis/replies.hpp"

namespace larder::redis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(SlotsTest, VectorsOfTheSpecification) {
  EXPECT_EQ(base::crc16("123456789"), 0x31C3);
  EXPECT_EQ(slot_of("foo"), 12'182u);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  EXPECT_EQ(slot_of("foo{}{bar}"), base::crc16("foo{}{bar}") % kSlots);
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
}

TEST(SlotsTest, WhoHasWhichIsReadOrRefusedWhole) {
  const Reply good{
      "*2\r\n"
      "*4\r\n:0\r\n:5460\r\n*3\r\n$9\r\n127.0.0.1\r\n:7000\r\n$2\r\nid\r\n"
      "*3\r\n$9\r\n127.0.0.1\r\n:7003\r\n$2\r\nid\r\n"
      "*3\r\n:5461\r\n:16383\r\n*3\r\n$-1\r\n:7001\r\n$2\r\nid\r\n"};
  const auto ranges = read_slots(good, "asked").value();
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].last, 5'460u);
  EXPECT_EQ(ranges[0].owner.port, 7'000);
  ASSERT_EQ(ranges[0].replicas.size(), 1u);
  EXPECT_EQ(ranges[0].replicas[0].port, 7'003);
  EXPECT_EQ(ranges[1].owner.host, "asked") << "none is named: the one that was asked";
  for (const char* bad : {"-ERR This instance has cluster support disabled\r\n", "*1\r\n:1\r\n",
                          "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\nh\r\n:1\r\n",
                          "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\nh\r\n:0\r\n"}) {
    EXPECT_FALSE(read_slots(Reply{bad}, "asked")) << bad;
  }
}

TEST(SlotsTest, EpochsAreThoseOfTheOwners) {
  std::vector<SlotRange> ranges{{0, 9, {"a", 1, "id1"}},
                                {10, 19, {"b", 2, "id2"}},
                                {20, 29, {"a", 1, "id1"}},
                                {30, 39, {"c", 3, "id3"}}};
  add_epochs(ranges,
             "id1 127.0.0.1:1@11,host myself,master - 0 0 4 connected 0-9 20-29 [5->-id2]\n"
             "id2 127.0.0.1:2@12 master,fail? - 0 0 18446744073709551615 disconnected 10-19\n"
             "id9 127.0.0.1:9@19 slave id1 0 0 4 connected\n"
             "id3 127.0.0.1:3\n\nnothing of the kind");
  EXPECT_EQ(ranges[0].epoch, 4u);
  EXPECT_EQ(ranges[1].epoch, 18'446'744'073'709'551'615u);
  EXPECT_EQ(ranges[2].epoch, 4u);
  EXPECT_EQ(ranges[3].epoch, 0u) << "a line that tells none";
}

TEST(SwitchListenerTest, NewsAreToldFromRepliesInBothProtocols) {
  int switches = 0;
  SwitchListener listener{"mymaster", [&] { ++switches; }};
  const auto hears = [&listener](const std::string& resp) {
    const bool heard = listener.hears(Reply{resp});
    listener.heard();
    return heard;
  };
  const auto message = [](const std::string& type, const std::string& words) {
    return type + "3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$" +
           std::to_string(words.size()) + "\r\n" + words + "\r\n";
  };
  EXPECT_FALSE(hears("+PONG\r\n"));
  EXPECT_FALSE(hears("*2\r\n$4\r\npong\r\n$0\r\n\r\n")) << "the reply to PING in RESP2";
  EXPECT_TRUE(hears(">3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n"));
  EXPECT_TRUE(hears("*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n"));
  EXPECT_TRUE(hears(message(">", "another 10.0.0.1 6379 10.0.0.2 6379")));
  EXPECT_EQ(switches, 0);
  EXPECT_TRUE(hears(message(">", "mymaster 10.0.0.1 6379 10.0.0.2 6379")));
  EXPECT_TRUE(hears(message("*", "mymaster 10.0.0.2 6379 10.0.0.1 6379")));
  EXPECT_EQ(switches, 2);
}

TEST(SentinelVotesTest, OnlyReplicasThatAreWellAreRead) {
  const auto row = [](const std::string& port, const std::string& flags, const std::string& link) {
    std::string out;
    for (const std::string& word :
         {std::string("ip"), std::string("h"), std::string("port"), port, std::string("flags"),
          flags, std::string("master-link-status"), link}) {
      out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    return out;
  };
  const Reply reply{"*5\r\n%4\r\n" + row("1", "slave", "ok") + "*8\r\n" + row("2", "slave", "ok") +
                    "%4\r\n" + row("3", "s_down,slave,disconnected", "ok") + "%4\r\n" +
                    row("4", "slave", "err") + "%4\r\n" + row("none", "slave", "ok")};
  const auto replicas = read_replicas(reply);
  ASSERT_EQ(replicas.size(), 2u);
  EXPECT_EQ(replicas[0].port, 1);
  EXPECT_EQ(replicas[1].port, 2);
  EXPECT_TRUE(read_replicas(Reply{"-ERR No such master with that name\r\n"}).empty());
}

TEST(RedirectTest, WhereAndWhenToAskAgain) {
  using Kind = Redirect::Kind;
  const auto moved = redirect_from("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->kind, Kind::moved);
  EXPECT_EQ(moved->slot, 3'999u);
  EXPECT_EQ(moved->host, "127.0.0.1");
  EXPECT_EQ(moved->port, 6381);
  EXPECT_EQ(redirect_from("MOVED 1 2001:db8::1:7000")->host, "2001:db8::1");
  EXPECT_EQ(redirect_from("ASK 1 :7000")->host, "") << "the host that was asked";
  const std::pair<const char*, Kind> others[] = {
      {"TRYAGAIN Multiple keys request during rehashing of slot", Kind::try_again},
      {"CLUSTERDOWN The cluster is down", Kind::cluster_down},
      {"LOADING Redis is loading the dataset in memory", Kind::loading},
      {"READONLY You can't write against a read only replica.", Kind::read_only},
      {"MASTERDOWN Link with MASTER is down", Kind::primary_down}};
  for (const auto& [words, kind] : others) EXPECT_EQ(redirect_from(words)->kind, kind);
  for (const char* words :
       {"ERR syntax error", "MOVED", "MOVED 99999 h:1", "MOVED 1 h", "ASK x h:1", ""}) {
    EXPECT_FALSE(redirect_from(words)) << words;
  }
}

TEST(RedirectTest, AskingStandsBeforeEachCommandButOnceBeforeATransaction) {
  const std::string asking = "*1\r\n$6\r\nASKING\r\n", get = "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n";
  std::string out;
  EXPECT_EQ(append_asking(out, get + get, 2), 2u);
  EXPECT_EQ(out, asking + get + asking + get);
  const std::string transaction = "*1\r\n$5\r\nMULTI\r\n" + get + "*1\r\n$4\r\nEXEC\r\n";
  out.clear();
  EXPECT_EQ(append_asking(out, transaction, 3), 1u);
  EXPECT_EQ(out, asking + transaction);
}

TEST(SentinelVotesTest, MoreThanHalfDecideAtOnce) {
  SentinelVotes votes{3};
  votes.names({"a", 1});
  EXPECT_FALSE(votes.verdict());
  votes.names({"a", 1});
  ASSERT_TRUE(votes.verdict());
  EXPECT_EQ((*votes.verdict())->host, "a");
}

TEST(SentinelVotesTest, WithoutAMajorityMostOfThoseThatSpoke) {
  SentinelVotes votes{4};
  votes.fails({Errc::timeout, Effect::not_sent, "silent"});
  votes.names({"b", 1});
  votes.names({"a", 1});
  EXPECT_FALSE(votes.verdict());
  votes.names({"a", 1});
  EXPECT_EQ((*votes.verdict())->host, "a");
}

TEST(SentinelVotesTest, NobodyNamesOne) {
  SentinelVotes votes{1};
  votes.fails({Errc::timeout, Effect::not_sent, "s1: silent"});
  EXPECT_THAT(votes.verdict()->error().detail, HasSubstr("s1: silent"));
}

TEST(BreakerTest, FiveInARowOpenItAndOneReplyClosesIt) {
  Breaker breaker;
  const base::Instant start{};
  for (int i = 0; i < 4; ++i) breaker.failed(start);
  breaker.worked();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(breaker.allows(start));
    breaker.failed(start);
  }
  EXPECT_TRUE(breaker.open());
  EXPECT_FALSE(breaker.allows(start + 499ms));
  EXPECT_TRUE(breaker.allows(start + 500ms)) << "one finds out";
  EXPECT_FALSE(breaker.allows(start + 501ms));
  breaker.worked();
  EXPECT_TRUE(breaker.allows(start + 502ms));
}

TEST(PulseTest, SoManyMissedInARowAreDeathAndOneAnswerIsReturn) {
  using Turn = Pulse::Turn;
  Pulse pulse{3};
  EXPECT_EQ(pulse.missed(), Turn::none);
  EXPECT_EQ(pulse.missed(), Turn::none);
  EXPECT_EQ(pulse.answered(), Turn::none);
  for (const auto turn : {Turn::none, Turn::none, Turn::died, Turn::none})
    EXPECT_EQ(pulse.missed(), turn);
  EXPECT_TRUE(pulse.dead());
  EXPECT_EQ(pulse.answered(), Turn::returned);
  pulse.not_yet();
  EXPECT_TRUE(pulse.dead());
  EXPECT_EQ(pulse.answered(), Turn::returned) << "tried again";
}

}  // namespace
}  // namespace larder::redis
