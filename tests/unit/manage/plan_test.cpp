#include "manage/plan.hpp"

#include <gtest/gtest.h>

#include "manage/conf_file.hpp"
#include "manage/info_text.hpp"
#include "manage/state_file.hpp"

namespace larder::manage {
namespace {

Setup laid(const Wish& wish) { return lay_out(wish).value(); }

std::string shape(const Setup& setup) {
  std::string text;
  for (const Node& node : setup.nodes) {
    text += node.name + (node.primary == 0 ? "" : "<" + std::to_string(node.primary)) + " ";
  }
  return text;
}

TEST(PlanTest, EachModeHasItsServers) {
  EXPECT_EQ(shape(laid({})), "single-1 ");
  EXPECT_EQ(shape(laid({.nodes = 2})), "ring-1 ring-2 ");
  EXPECT_EQ(shape(laid({.mode = Mode::ring})), "ring-1 ring-2 ring-3 ");
  EXPECT_EQ(shape(laid({.mode = Mode::sentinel})),
            "server-1 server-2<1 server-3<1 sentinel-1 sentinel-2 sentinel-3 ");
  EXPECT_EQ(shape(laid({.mode = Mode::cluster})), "cluster-1 cluster-2 cluster-3 ");
  EXPECT_EQ(shape(laid({.mode = Mode::cluster, .nodes = 9, .replicas = 2})),
            "cluster-1 cluster-2 cluster-3 cluster-4<1 cluster-5<2 cluster-6<3 cluster-7<1 "
            "cluster-8<2 cluster-9<3 ");
}

TEST(PlanTest, WhatMakesNoSenseIsRefusedByTheNameOfItsFlag) {
  const std::pair<Wish, const char*> rows[] = {
      {{.nodes = 0}, "--nodes"},
      {{.nodes = kNodesMax + 1}, "--nodes"},
      {{.mode = Mode::single, .nodes = 2}, "--mode ring"},
      {{.mode = Mode::sentinel, .nodes = 1}, "--nodes"},
      {{.mode = Mode::cluster, .nodes = 2}, "three primaries"},
      {{.mode = Mode::cluster, .nodes = 7, .replicas = 1}, "6 is the least"},
      {{.mode = Mode::ring, .replicas = 1}, "--replicas"},
      {{.maxmemory = "lots"}, "--maxmemory"},
      {{.policy = "best"}, "volatile-ttl"},
  };
  for (const auto& [wish, words] : rows) {
    const auto setup = lay_out(wish);
    ASSERT_FALSE(setup) << words;
    EXPECT_EQ(setup.error().code, Errc::bad_argument);
    EXPECT_NE(setup.error().detail.find(words), std::string::npos) << setup.error().detail;
  }
}

TEST(PlanTest, UrlsNameWhatClientsAsk) {
  auto setup = laid({.mode = Mode::sentinel, .nodes = 2});
  for (std::size_t i = 0; i < setup.nodes.size(); ++i) {
    setup.nodes[i].port = static_cast<std::uint16_t>(7000 + i);
  }
  EXPECT_EQ(url_of(setup),
            "redis+sentinel://127.0.0.1:7002,127.0.0.1:7003,127.0.0.1:7004/mymaster");
  setup = laid({});
  setup.nodes[0].port = 6379;
  EXPECT_EQ(url_of(setup), "redis://127.0.0.1:6379");
}

TEST(PlanTest, OnlyWhatWasGivenCanDiffer) {
  auto setup = laid({.mode = Mode::ring, .nodes = 2});
  setup.nodes[0].port = 7000;
  EXPECT_EQ(differs({}, setup), "");
  EXPECT_EQ(differs({.mode = Mode::ring, .nodes = 2, .port = 7000}, setup), "");
  EXPECT_EQ(differs({.port = 0}, setup), "");
  EXPECT_EQ(differs({.mode = Mode::single}, setup), "--mode single");
  EXPECT_EQ(differs({.nodes = 3}, setup), "--nodes 3");
  EXPECT_EQ(differs({.port = 7001}, setup), "--port 7001");
  EXPECT_EQ(differs({.conf = "/a.conf"}, setup), "--conf /a.conf");
}

// ---- redis.conf -------------------------------------------------------------------------------------

TEST(ConfFileTest, WhatMustBeComesBehindTheUsersOwnFile) {
  const auto setup =
      laid({.maxmemory = "1mb", .policy = "allkeys-lru", .conf = "/etc/my redis.conf"});
  EXPECT_EQ(conf_text(setup, setup.nodes[0], {"/var/r/single-1", 6379, 0, "a \"b\""}),
            "# Written by larder when this server was first started; later changes are kept.\n"
            "appendonly yes\n"
            "save \"\"\n"
            "include \"/etc/my redis.conf\"\n"
            "maxmemory 1048576\n"
            "maxmemory-policy allkeys-lru\n"
            "bind 127.0.0.1\n"
            "port 6379\n"
            "dir \"/var/r/single-1\"\n"
            "pidfile \"/var/r/single-1/pid\"\n"
            "daemonize no\n"
            "logfile \"\"\n"
            "requirepass \"a \\\"b\\\"\"\n"
            "masterauth \"a \\\"b\\\"\"\n");
}

TEST(ConfFileTest, ReplicasSentinelsAndClusterNodesSayWhatTheyAre) {
  const auto watched = laid({.mode = Mode::sentinel});
  EXPECT_NE(conf_text(watched, watched.nodes[1], {"/r", 7001, 7000, ""})
                .find("\nreplicaof 127.0.0.1 7000\n"),
            std::string::npos);
  const auto sentinel = conf_text(watched, watched.nodes[3], {"/r", 26379, 7000, "pw"});
  EXPECT_NE(sentinel.find("\nsentinel monitor mymaster 127.0.0.1 7000 2\n"), std::string::npos);
  EXPECT_NE(sentinel.find("\nsentinel auth-pass mymaster \"pw\"\n"), std::string::npos);
  EXPECT_EQ(sentinel.find("requirepass"), std::string::npos);
  const auto cluster = laid({.mode = Mode::cluster});
  EXPECT_NE(
      conf_text(cluster, cluster.nodes[0], {"/r", 7000, 0, ""}).find("\ncluster-enabled yes\n"),
      std::string::npos);
}

TEST(ConfFileTest, ASettingIsChangedAndAllElseStays) {
  const std::string conf = "port 1\nMaxMemory 5\n# notes\nmaxmemory-policy x\nuser default on\n";
  EXPECT_EQ(with_setting(conf, "maxmemory", "7"),
            "port 1\n# notes\nmaxmemory-policy x\nuser default on\nmaxmemory 7\n");
  EXPECT_EQ(without_setting(conf, "user default"),
            "port 1\nMaxMemory 5\n# notes\nmaxmemory-policy x\n");
  EXPECT_EQ(with_setting("port 1", "hz", "2"), "port 1\nhz 2\n");
}

// ---- state ------------------------------------------------------------------------------------------

TEST(StateFileTest, WhatWasWrittenIsReadAgain) {
  auto setup = laid({.mode = Mode::cluster,
                     .nodes = 6,
                     .replicas = 1,
                     .no_aof = true,
                     .maxmemory = "1gb",
                     .policy = "allkeys-lfu",
                     .conf = "/a b.conf",
                     .server = "/usr/bin/redis server"});
  setup.boot = "b6831487";
  setup.nodes[4].port = 65'535;
  setup.nodes[4].process = {2'147'483'647, 18'446'744'073'709'551'615U};
  const auto text = state_text(setup);
  const auto again = read_state(text).value();
  EXPECT_EQ(state_text(again), text);
  EXPECT_EQ(shape(again), shape(setup));
  EXPECT_EQ(again.conf, "/a b.conf");
  EXPECT_EQ(again.nodes[4].process, setup.nodes[4].process);
  EXPECT_FALSE(again.aof);
}

TEST(StateFileTest, NoPartOfAFileIsTakenForAnother) {
  const auto text = state_text(laid({.mode = Mode::sentinel}));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto part = read_state(text.substr(0, size));
    EXPECT_LE(part ? part->nodes.size() : 0, 6U);
  }
  for (const char* const bad :
       {"", "larder-redis 2\n", "larder-redis 1\n", "larder-redis 1\nmode swarm\n",
        "larder-redis 1\nnode a data 0 65536 0 0\n", "larder-redis 1\nnode ../etc data 0 1 0 0\n",
        "larder-redis 1\nnode a data 0 1 4294967295 0\n", "larder-redis 1\nnode a other 0 1 0 0\n",
        "larder-redis 1\nnode a data 0 1 0 0 more\n", "larder-redis 1\nweather fine\n"}) {
    const auto setup = read_state(bad);
    ASSERT_FALSE(setup) << bad;
    EXPECT_EQ(setup.error().code, Errc::bad_value);
  }
}

TEST(InfoTextTest, FieldsAreFoundAtTheBeginningOfLines) {
  constexpr std::string_view kInfo =
      "# Server\r\nredis_version:7.0.15\r\nused_memory:12\r\n\r\n# Keyspace\r\n"
      "db0:keys=3,expires=0,avg_ttl=0\r\ndb12:keys=40,expires=0\r\n";
  EXPECT_EQ(info_field(kInfo, "redis_version"), "7.0.15");
  EXPECT_EQ(info_field(kInfo, "version"), "");
  EXPECT_EQ(info_number(kInfo, "used_memory"), 12U);
  EXPECT_EQ(info_number(kInfo, "redis_version"), 0U);
  EXPECT_EQ(info_keys(kInfo), 43U);
  EXPECT_EQ(info_keys(""), 0U);
}

}  // namespace
}  // namespace larder::manage
