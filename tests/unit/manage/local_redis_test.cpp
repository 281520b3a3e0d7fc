#include "manage/local_redis.hpp"

#include <gtest/gtest.h>

#include "unit/manage/fake_host.hpp"

namespace larder::manage {
namespace {

class LocalRedisTest : public testing::Test {
 protected:
  std::string start(const Wish& wish) {
    const auto setup = redis_.start(wish);
    return setup ? url_of(*setup) : setup.error().detail;
  }
  std::string stop(bool kill = false) {
    const auto ended = redis_.stop(kill);
    return ended ? std::to_string(*ended) : ended.error().detail;
  }
  static bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }

  FakeHost host_;
  std::vector<std::string> said_;
  LocalRedis redis_{host_, "/r", [this](const std::string& words) { said_.push_back(words); }};
};

TEST_F(LocalRedisTest, ASecondStartFindsWhatRuns) {
  EXPECT_EQ(start({.nodes = 2}), "redis+ring://127.0.0.1:7000,127.0.0.1:7001");
  EXPECT_EQ(start({}), "redis+ring://127.0.0.1:7000,127.0.0.1:7001");
  EXPECT_EQ(host_.processes.size(), 2U);
}

TEST_F(LocalRedisTest, PortsThatOthersHaveAreLeftToThem) {
  host_.ports_taken = {7000, 7002};
  EXPECT_EQ(start({.nodes = 2}), "redis+ring://127.0.0.1:7001,127.0.0.1:7003");
}

TEST_F(LocalRedisTest, APortThatSomebodyTakesInTheLastMomentIsLeftToHim) {
  host_.ports_about_to_be = {7000, 7001};
  EXPECT_EQ(start({.nodes = 2}), "redis+ring://127.0.0.1:7002,127.0.0.1:7003");
}

TEST_F(LocalRedisTest, APortThatWasNamedIsTheOneOrNone) {
  host_.ports_about_to_be = {6379};
  EXPECT_TRUE(has(start({}), "port 6379 on 127.0.0.1 is in use"));
  EXPECT_FALSE(host_.files.contains("/r/state"));
}

TEST_F(LocalRedisTest, HalfOfAStartIsTakenBack) {
  host_.ports_taken = {7001};
  EXPECT_TRUE(has(start({.mode = Mode::ring, .nodes = 2, .port = 7000}), "ring-2: port 7001"));
  EXPECT_TRUE(host_.processes.empty());
  EXPECT_FALSE(host_.files.contains("/r/state"));
}

TEST_F(LocalRedisTest, AStartThatFailsLeavesAloneWhatRanBefore) {
  start({.nodes = 2});
  host_.processes.erase(101);
  host_.ports_taken = {7001};
  EXPECT_TRUE(has(start({}), "ring-2: port 7001"));
  EXPECT_EQ(host_.processes.size(), 1U);
  EXPECT_TRUE(host_.signalled.empty());
}

TEST_F(LocalRedisTest, AServerWhoseStarterDiedAtOnceIsFoundByWhatItSays) {
  struct Death {};
  host_.after_start = [] { throw Death{}; };
  EXPECT_THROW((void)redis_.start({}), Death);
  host_.after_start = nullptr;
  ASSERT_EQ(host_.processes.size(), 1U);
  EXPECT_EQ(start({}), "redis://127.0.0.1:6379");
  EXPECT_EQ(host_.processes.size(), 1U);
  EXPECT_EQ(stop(), "1");
}

TEST_F(LocalRedisTest, WhoHasTheNumberOfOneThatEndedIsNotSignalled) {
  start({});
  auto& process = host_.processes.at(100);
  process.facts.mark.started_ticks += 1;
  process.port = 1;
  EXPECT_EQ(stop(), "0");
  EXPECT_TRUE(host_.signalled.empty());
}

TEST_F(LocalRedisTest, WhoWorksElsewhereIsNotOurs) {
  start({});
  host_.processes.at(100).facts.folder = "/elsewhere";
  EXPECT_EQ(stop(), "0");
  EXPECT_TRUE(host_.signalled.empty());
}

TEST_F(LocalRedisTest, NothingRunsAfterTheMachineWasStartedAgain) {
  start({});
  host_.boot = "boot-2";
  host_.processes.at(100).facts.folder = "/elsewhere";
  host_.processes.at(100).port = 1;
  EXPECT_EQ(stop(), "0");
  EXPECT_EQ(start({}), "redis://127.0.0.1:6379");
  EXPECT_EQ(stop(), "1");
  EXPECT_EQ(host_.signalled, std::vector<int>{101});
}

TEST_F(LocalRedisTest, SentinelsEndFirstAndThePrimaryLast) {
  EXPECT_EQ(start({.mode = Mode::sentinel, .nodes = 2}),
            "redis+sentinel://127.0.0.1:26379,127.0.0.1:26380,127.0.0.1:26381/mymaster");
  EXPECT_EQ(stop(), "5");
  EXPECT_EQ(host_.signalled, (std::vector<int>{102, 103, 104, 101, 100}));
}

TEST_F(LocalRedisTest, OneThatDoesNotEndIsKilledOnlyWhereThatIsAskedFor) {
  start({});
  host_.processes.at(100).deaf = true;
  EXPECT_TRUE(has(stop(), "--kill"));
  EXPECT_EQ(host_.processes.size(), 1U);
  EXPECT_EQ(stop(true), "1");
}

TEST_F(LocalRedisTest, OneThatRefusesForNowIsAskedAgain) {
  start({});
  host_.processes.at(100).refusals = 2;
  EXPECT_EQ(stop(), "1");
  EXPECT_EQ(host_.signalled, (std::vector<int>{100, 100, 100}));
}

TEST_F(LocalRedisTest, WhoMustWaitForAnotherSaysSoAndDoesNotWaitForEver) {
  host_.locked = true;
  EXPECT_TRUE(has(start({}), "for 120 s"));
  EXPECT_EQ(said_, std::vector<std::string>{"waiting for another `larder redis` in /r"});
}

TEST_F(LocalRedisTest, ValkeyWillDoAndWithoutEitherTheCureIsNamed) {
  host_.programs = {"valkey-server"};
  start({});
  EXPECT_EQ(redis_.known()->server, "/bin/valkey-server");
  stop();
  host_.programs = {"redis-server"};  // The other one was taken off the machine.
  start({});
  EXPECT_EQ(redis_.known()->server, "/bin/redis-server");
  stop();
  host_.programs = {};
  EXPECT_TRUE(has(start({}), "apt-get install redis-server"));
}

TEST_F(LocalRedisTest, AWriteGoesToPrimariesOnly) {
  start({.mode = Mode::sentinel, .nodes = 2});
  host_.roles[7000] = "slave";
  host_.asked.clear();
  const auto replies = redis_.ask_each({"FLUSHALL"}, true);
  ASSERT_EQ(replies->size(), 1U);
  EXPECT_EQ(replies->front().first.name, "server-2");
  EXPECT_EQ(host_.asked, (std::vector<std::string>{"7000 INFO replication", "7001 INFO replication",
                                                   "7001 FLUSHALL"}));
}

TEST_F(LocalRedisTest, APolicyIsForEveryServerLiveKeptAndRemembered) {
  start({.nodes = 2});
  host_.asked.clear();
  EXPECT_TRUE(redis_.set_policy("allkeys-lru"));
  EXPECT_EQ(host_.asked, (std::vector<std::string>{"7000 CONFIG SET maxmemory-policy allkeys-lru",
                                                   "7001 CONFIG SET maxmemory-policy allkeys-lru",
                                                   "7000 CONFIG REWRITE", "7001 CONFIG REWRITE"}));
  EXPECT_EQ(redis_.known()->policy, "allkeys-lru");
  EXPECT_FALSE(redis_.set_policy("best"));
}

}  // namespace
}  // namespace larder::manage
