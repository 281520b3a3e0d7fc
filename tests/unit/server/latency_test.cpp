#include "server/latency.hpp"

#include <gtest/gtest.h>

#include "server/timings.hpp"
#include "unit/server/conversation.hpp"

namespace larder::server {
namespace {

using namespace std::chrono_literals;
using test::Conversation;
using test::World;

TEST(LatencyMonitor, KeepsTheWorstOfASecondAndTheLastOfMany) {
  LatencyMonitor monitor;
  monitor.add(LatencyMonitor::kCommand, 1, 5ms);
  monitor.add(LatencyMonitor::kCommand, 1, 9ms);
  monitor.add(LatencyMonitor::kCommand, 1, 7ms);
  ASSERT_EQ(monitor.event("command")->samples.size(), 1U);
  EXPECT_EQ(monitor.event("command")->samples[0].millis, 9);
  for (int second = 2; second < 1'000; ++second) {
    monitor.add(LatencyMonitor::kCommand, second, 1ms);
  }
  EXPECT_EQ(monitor.event("command")->samples.size(), LatencyMonitor::kSamplesMax);
  EXPECT_EQ(monitor.event("command")->millis_max, 9);
  EXPECT_EQ(monitor.forget("command"), 1U);
  EXPECT_EQ(monitor.forget(), 0U);
}

TEST(LatencyMonitor, IsOffUntilThereIsAThreshold) {
  LatencyMonitor monitor;
  EXPECT_FALSE(monitor.is_slow(1h));
  monitor.set_threshold(10);
  EXPECT_FALSE(monitor.is_slow(9ms));
  EXPECT_TRUE(monitor.is_slow(10ms));
}

class LatencyTest : public testing::Test {
 protected:
  World world;
  Conversation client{world};
};

TEST_F(LatencyTest, EventsAreShownInAllForms) {
  LatencyMonitor& monitor = world.host.latency();
  monitor.set_threshold(10);
  monitor.add(LatencyMonitor::kCommand, 100, 20ms);
  monitor.add(LatencyMonitor::kCommand, 101, 60ms);
  EXPECT_EQ(client.ask("LATENCY LATEST"), "*1\r\n*4\r\n$7\r\ncommand\r\n:101\r\n:60\r\n:60\r\n");
  EXPECT_EQ(client.ask("LATENCY HISTORY command"),
            "*2\r\n*2\r\n:100\r\n:20\r\n*2\r\n:101\r\n:60\r\n");
  EXPECT_NE(client.ask("LATENCY GRAPH command").find("high 60 ms, low 20 ms"), std::string::npos);
  EXPECT_NE(client.ask("LATENCY DOCTOR").find("command: 2 times of 20 to 60 ms, 40 on average"),
            std::string::npos);
  EXPECT_EQ(client.ask("LATENCY RESET command other"), ":1\r\n");
}

TEST_F(LatencyTest, TheEstimateOfAFastCommandCountsEveryCall) {
  std::string calls;
  for (int i = 0; i < 1'000; ++i) calls += "STRLEN k\r\n";
  client.send(calls);
  const auto place = index_of(*find_command("strlen"));
  const auto counted = world.counters.timings[place].calls.get();
  EXPECT_LE(counted, 1'000U);
  EXPECT_GT(counted, 1'000U - Timing::kSampleEvery);
}

TEST_F(LatencyTest, RunsOfGetsAreTimedToo) {
  std::string calls;
  for (int i = 0; i < 1'000; ++i) calls += "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  client.send(calls);
  const auto counted = world.counters.timings[index_of(*find_command("get"))].calls.get();
  EXPECT_LE(counted, 1'000U + Timing::kSampleEvery);
  EXPECT_GT(counted, 1'000U - 2 * Timing::kSampleEvery);
}

TEST_F(LatencyTest, WhatWasRefusedAndWhatFailedIsCounted) {
  client.ask("STRLEN");
  client.ask("INCR k");
  client.ask("SETRANGE k -1 x");
  const std::string stats = client.ask("INFO commandstats");
  EXPECT_NE(stats.find("cmdstat_strlen:calls=1,usec=0,usec_per_call=0.00,rejected_calls=1,"
                       "failed_calls=0\r\n"),
            std::string::npos)
      << stats;
  EXPECT_NE(stats.find("rejected_calls=0,failed_calls=1\r\n"), std::string::npos) << stats;
  client.ask("CONFIG RESETSTAT");
  EXPECT_EQ(client.ask("INFO commandstats").find("strlen"), std::string::npos);
}

TEST_F(LatencyTest, ErrorsAreCountedByTheirFirstWord) {
  client.ask("CONFIG RESETSTAT");
  client.ask("SET k word");
  client.ask("INCR k");
  client.ask("NOPE");
  client.ask("GET");
  client.ask("LARDER.LOCK k me 1000");
  client.ask("MULTI");
  client.ask("NOPE");
  client.ask("EXEC");
  const std::string stats = client.ask("INFO errorstats");
  EXPECT_NE(stats.find("# Errorstats\r\nerrorstat_ERR:count=4\r\nerrorstat_EXECABORT:count=1\r\n"
                       "errorstat_WRONGTYPE:count=1\r\n"),
            std::string::npos)
      << stats;
  client.ask("CONFIG RESETSTAT");
  EXPECT_EQ(client.ask("INFO errorstats").find("errorstat_"), std::string::npos);
}

TEST_F(LatencyTest, InfoHasWhatExportersAndDashboardsRead) {
  const std::string info = client.ask("INFO everything");
  for (const char* name : {"redis_version",
                           "run_id",
                           "process_id",
                           "tcp_port",
                           "uptime_in_seconds",
                           "config_file",
                           "connected_clients",
                           "used_memory_peak",
                           "used_memory_peak_human",
                           "used_memory_peak_perc",
                           "maxclients",
                           "blocked_clients",
                           "used_memory",
                           "used_memory_human",
                           "used_memory_rss",
                           "used_memory_index",
                           "used_memory_dead",
                           "allocator_resident",
                           "maxmemory",
                           "maxmemory_policy",
                           "mem_fragmentation_ratio",
                           "mem_clients_normal",
                           "loading",
                           "aof_enabled",
                           "total_connections_received",
                           "total_commands_processed",
                           "instantaneous_ops_per_sec",
                           "instantaneous_input_kbps",
                           "rejected_connections",
                           "expired_keys",
                           "expired_keys_on_access",
                           "evicted_keys",
                           "evicted_keys_by_upkeep",
                           "evicted_clients",
                           "keyspace_hits",
                           "keyspace_misses",
                           "hit_ratio",
                           "pubsub_channels",
                           "role",
                           "connected_slaves",
                           "master_replid",
                           "used_cpu_sys",
                           "used_cpu_user",
                           "cluster_enabled"}) {
    EXPECT_NE(info.find("\n" + std::string(name) + ":"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace larder::server
