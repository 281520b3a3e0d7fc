// Back-off, scripts and the meaning of error replies.
#include <gtest/gtest.h>

#include "redis/backoff.hpp"
#include "redis/reply_error.hpp"
#include "redis/script.hpp"

namespace larder::redis {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, TheFirstAttemptIsAtOnce) {
  Backoff backoff{base::Random{7}};
  EXPECT_EQ(backoff.next(), 0ms);
}

TEST(BackoffTest, WaitsGrowToTheirBoundWithJitterInTheUpperHalf) {
  Backoff backoff{base::Random{7}};
  backoff.next();
  for (const auto step : {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1'000ms, 1'000ms}) {
    const auto wait = backoff.next();
    EXPECT_GT(wait, step / 2 - 1ms);
    EXPECT_LE(wait, step);
  }
}

TEST(BackoffTest, AConnectionThatWorkedStartsOver) {
  Backoff backoff{base::Random{7}};
  for (int i = 0; i < 9; ++i) backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.next(), 0ms);
}

TEST(BackoffTest, TwoClientsDoNotReturnTogether) {
  Backoff one{base::Random{1}}, other{base::Random{2}};
  for (int i = 0; i < 8; ++i) one.next(), other.next();
  EXPECT_NE(one.next(), other.next());
}

TEST(ScriptTest, TheHashIsThatOfTheExactBytes) {
  EXPECT_EQ(Script{"return 1"}.sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(ScriptTest, ACallNamesHashOrSourceThenTheKeys) {
  const Script script{"return 1"};
  const std::string_view words[] = {"k", "a"};
  base::Buffer out;
  script.append_call(out, true, 1, words);
  EXPECT_EQ(out.view(),
            "*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n1\r\n$"
            "1\r\nk\r\n$1\r\na\r\n");
  out.clear();
  script.append_call(out, false, 1, words);
  EXPECT_EQ(out.view(), "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n");
}

TEST(ReplyErrorTest, AServersWordsBecomeACode) {
  const auto code = [](const char* words) { return error_from(words).code; };
  EXPECT_EQ(code("WRONGTYPE Operation against a key holding the wrong kind of value"),
            Errc::wrong_type);
  EXPECT_EQ(code("ERR value is not an integer or out of range"), Errc::not_a_number);
  EXPECT_EQ(code("ERR value is not a valid float"), Errc::not_a_number);
  EXPECT_EQ(code("ERR increment or decrement would overflow"), Errc::overflow);
  EXPECT_EQ(code("CROSSSLOT Keys in request do not hash to the same slot"), Errc::cross_slot);
  EXPECT_EQ(code("OOM command not allowed when used memory > 'maxmemory'."), Errc::out_of_memory);
  EXPECT_EQ(code("NOAUTH Authentication required."), Errc::unauthorized);
  EXPECT_EQ(code("ERR unknown command `GETX`"), Errc::unsupported);
  EXPECT_EQ(code("LOADING Redis is loading the dataset in memory"), Errc::server_error);
}

TEST(ReplyErrorTest, WhatAServerRefusedChangedNothing) {
  EXPECT_EQ(error_from("ERR whatever").effect, Effect::refused);
  EXPECT_EQ(error_from("ERR whatever").detail, "ERR whatever");
}

}  // namespace
}  // namespace larder::redis
