#include "apps/top_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/findings.hpp"

namespace larder::apps {
namespace {

using testing::HasSubstr;

constexpr base::Instant kStart{base::Nanos{0}};

TEST(TopViewTest, RatesAreWhatHappenedBetweenTwoLooks) {
  const auto before = top_look(
      "total_commands_processed:100\r\nkeyspace_hits:10\r\nkeyspace_misses:10\r\nevicted_keys:"
      "0\r\n",
      kStart);
  const auto now = top_look(
      "total_commands_processed:300\r\nkeyspace_hits:40\r\nkeyspace_misses:20\r\nevicted_keys:4\r\n"
      "used_memory:1024\r\nmaxmemory:2048\r\nconnected_clients:3\r\n\r\n# "
      "Keyspace\r\ndb0:keys=7,expires=0\r\n",
      kStart + base::Millis{2'000});
  const auto rates = top_rates(before, now);
  EXPECT_EQ(
      top_json(rates, now).str(),
      R"({"ops_per_second":100,"hit_ratio":0.75,"keys":7,"memory_bytes":1024,"memory_bytes_max":2048,)"
      R"("evicted_per_second":2,"expired_per_second":0,"bytes_in_per_second":0,"bytes_out_per_second":0,)"
      R"("clients":3})");
  EXPECT_EQ(top_line(rates, now).size(), top_header().size());
  EXPECT_THAT(top_line(rates, now), HasSubstr("75.0"));
}

TEST(TopViewTest, SeveralServersAreOneSum) {
  const auto look =
      top_look("used_memory:1\r\ndb0:keys=1,x\r\nused_memory:2\r\n\r\ndb0:keys=4,x\r\n", kStart);
  EXPECT_EQ(look.memory_bytes, 3U);
  EXPECT_EQ(look.keys, 5U);
}

TEST(TopViewTest, AServerThatWasStartedAgainCountsFromNothing) {
  const auto rates = top_rates({.at = kStart, .commands = 1'000'000},
                               {.at = kStart + base::Millis{1'000}, .commands = 50});
  EXPECT_EQ(rates.commands, 50);
  EXPECT_LT(rates.hit_ratio, 0);
}

// ---- doctor -----------------------------------------------------------------------------------------

std::string found(std::string_view info, std::string_view about) {
  std::string text;
  for (const auto& finding : findings_of_info(info)) {
    if (finding.about != about) continue;
    text += finding.health == Health::good   ? "ok "
            : finding.health == Health::note ? "note "
                                             : "bad ";
    text += finding.words + " -> " + finding.cure + "\n";
  }
  return text;
}

TEST(FindingsTest, WhatIsNotWellComesWithItsCure) {
  const struct {
    const char *info, *about, *begins, *holds;
  } rows[] = {
      {"redis_version:7.0.15", "server", "ok", "Redis 7.0.15"},
      {"redis_version:5.0.3", "server", "bad", "6.0 is the least"},
      {"redis_version:7.2.4\r\nvalkey_version:8.0.1", "server", "ok", "Valkey 8.0.1"},
      {"redis_version:7.4.2\r\nserver_name:larder", "server", "ok", "larder serve"},
      {"role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6380", "role", "bad", "10.0.0.1:6380"},
      {"loading:1", "data", "bad", "wait"},
      {"used_memory:10\r\nmaxmemory:0", "memory", "note", "no bound"},
      {"used_memory:10\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction", "memory", "note",
       "allkeys-lru"},
      {"used_memory:95\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction", "memory", "bad",
       "refused"},
      {"used_memory:95\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru", "memory", "ok",
       "95 B of 100 B"},
      {"used_memory:200000000\r\nmaxmemory:300000000\r\nmem_fragmentation_ratio:2.30", "memory",
       "ok", "activedefrag"},
      {"maxmemory:1\r\nevicted_keys:3\r\nkeyspace_hits:1\r\nkeyspace_misses:3", "memory", "ok",
       "25 % of reads hit"},
      {"aof_enabled:1\r\naof_last_write_status:ok", "disk", "ok", "survives"},
      {"aof_enabled:1\r\naof_last_write_status:err", "disk", "bad", "cannot be written"},
      {"aof_enabled:0\r\nrdb_last_bgsave_status:err", "disk", "bad", "snapshot failed"},
      {"aof_enabled:0", "disk", "note", "restart forgets"},
      {"rejected_connections:2", "clients", "bad", "maxclients"},
  };
  for (const auto& row : rows) {
    const auto text = found(row.info, row.about);
    EXPECT_TRUE(text.starts_with(row.begins)) << row.info << ": " << text;
    EXPECT_THAT(text, HasSubstr(row.holds)) << row.info;
  }
  EXPECT_EQ(found("role:master", "role"), "");
}

TEST(FindingsTest, OfSeveralServersEachIsNamed) {
  const auto text = found(
      "# Server a:1\r\n# Server\r\nredis_version:7.0.15\r\n# Server b:2\r\n# Server\r\n"
      "redis_version:5.0.0\r\n",
      "server");
  EXPECT_THAT(text, testing::StartsWith("ok a:1: Redis 7.0.15"));
  EXPECT_THAT(text, HasSubstr("bad b:2: Redis 5.0.0"));
}

TEST(FindingsTest, LatencyIsJudgedByTheMiddleAndToldWithTheWorst) {
  using base::Millis;
  EXPECT_EQ(finding_of_latency({Millis{1}, Millis{90}, Millis{1}}).health, Health::good);
  const auto slow = finding_of_latency({Millis{20}, Millis{30}, Millis{1}});
  EXPECT_EQ(slow.health, Health::note);
  EXPECT_THAT(slow.words, HasSubstr("at worst 30"));
}

}  // namespace
}  // namespace larder::apps
