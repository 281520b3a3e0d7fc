#include "base/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace larder::base {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

struct LogTest : ::testing::Test {
  MemorySink sink;
  ManualClock clock{WallTime{1'700'000'000'000ms}};
};

TEST_F(LogTest, APersonReadsTimeLevelEventAndFields) {
  Log log(sink, clock);
  log.warn(
      "client_closed",
      {{"peer", "127.0.0.1:4711"}, {"why", "output over limit"}, {"bytes", 12}, {"idle", 1500ms}});
  EXPECT_EQ(sink.text(),
            "2023-11-14T22:13:21.000Z warn  client_closed peer=127.0.0.1:4711 why=\"output over "
            "limit\" bytes=12 "
            "idle=\"1.50 s\"\n");
}

TEST_F(LogTest, AMachineReadsOneJsonObjectALine) {
  Log log(sink, clock, {.json = true});
  log.info("started",
           {{"port", 6379}, {"tls", false}, {"load", 0.5}, {"path", "a\"b\xff"}, {"took", 250ms}});
  EXPECT_EQ(sink.text(),
            "{\"time\":\"2023-11-14T22:13:21.000Z\",\"level\":\"info\",\"event\":\"started\","
            "\"port\":6379,\"tls\":false,"
            "\"load\":0.5,\"path\":\"a\\\"b\xef\xbf\xbd\",\"took\":0.25}\n");
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  Log log(sink, clock, {.level = Level::warn});
  log.info("quiet");
  log.debug("quieter");
  EXPECT_EQ(sink.text(), "");
  log.error("loud");
  EXPECT_THAT(sink.text(), HasSubstr(" error loud\n"));
}

TEST_F(LogTest, NoSecretLeavesInEitherForm) {
  for (const bool json : {false, true}) {
    Log log(sink, clock, {.json = json});
    log.info(
        "connect",
        {{"url", "redis://app:canary@db:6379/0"}, {"Password", "canary"}, Field::secret("token")});
    log.info("retry",
             {{"why", "cannot reach rediss://:canary@a:1 nor redis://u:ca/na:canary@b:2"}});
  }
  EXPECT_THAT(sink.text(), Not(HasSubstr("canary")));
  EXPECT_THAT(sink.text(), HasSubstr("redis://app:***@db:6379/0"));
  EXPECT_THAT(sink.text(), HasSubstr("Password=***"));
  EXPECT_THAT(sink.text(), HasSubstr("\"Password\":\"***\""));
}

TEST_F(LogTest, ALineCannotBeForgedThroughAField) {
  Log log(sink, clock);
  log.info("auth_failed", {{"user", "x\n2023 error all_is_lost"}});
  EXPECT_THAT(sink.text(), HasSubstr("user=\"x\\n2023 error all_is_lost\"\n"));
}

TEST_F(LogTest, RepeatedEventsAreHeldBackAndCounted) {
  Log log(sink, clock, {.repeats_max = 2, .repeats_time = 10s});
  for (int i = 0; i < 5; ++i) log.warn("accept_failed", {{"n", i}});
  log.warn("other");
  EXPECT_THAT(sink.text(), HasSubstr("n=1"));
  EXPECT_THAT(sink.text(), Not(HasSubstr("n=2")));
  EXPECT_THAT(sink.text(), HasSubstr("other"));
  clock.advance(10s);
  log.warn("accept_failed", {{"n", 5}});
  EXPECT_THAT(sink.text(), HasSubstr("n=5 held_back=3\n"));
}

TEST_F(LogTest, LongFieldsAreCut) {
  Log log(sink, clock);
  log.info("e", {{"name", std::string(limits::kLogFieldBytesMax * 3, 'x')}});
  EXPECT_LT(sink.text().size(), limits::kLogFieldBytesMax + 100);
  EXPECT_THAT(sink.text(), HasSubstr("xxx..."));
}

TEST(WithoutPassword, LeavesEverythingElse) {
  EXPECT_EQ(without_password("redis://user@h:1"), "redis://user@h:1");
  EXPECT_EQ(without_password("redis://h:6379/0?x=a"), "redis://h:6379/0?x=a");
  EXPECT_EQ(without_password("no url: at all @ here"), "no url: at all @ here");
  EXPECT_EQ(without_password("redis://:p%40@h1,h2"), "redis://:***@h1,h2");
  EXPECT_EQ(without_password("redis://u:p@x@h"), "redis://u:***@h");
}

}  // namespace
}  // namespace larder::base
