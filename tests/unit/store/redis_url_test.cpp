// What is read out of the URLs of Redis servers, and what is said of those that do not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/redis/url.hpp"
#include "unit/store/complaint.hpp"

namespace larder::store {
namespace {

using namespace std::chrono_literals;
using test::complaint;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RedisUrlTest, DefaultsAreThoseOfRedis) {
  const auto url = read_redis_url("redis://cache.example").value();
  EXPECT_EQ(url.host, "cache.example");
  EXPECT_EQ(url.port, 6379);
  EXPECT_EQ(url.database, 0u);
  EXPECT_EQ(url.shown, "redis://cache.example:6379");
}

TEST(RedisUrlTest, EveryPartIsReadAndDecoded) {
  const auto url = read_redis_url("redis://app:p%40ss%2Fw@[::1]:7000/3").value();
  EXPECT_EQ(url.user, "app");
  EXPECT_EQ(url.password, "p@ss/w");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 7000);
  EXPECT_EQ(url.database, 3u);
  EXPECT_EQ(url.shown, "redis://[::1]:7000/3");
}

TEST(RedisUrlTest, APasswordNeedsNoUser) {
  const auto url = read_redis_url("redis://:secret@localhost").value();
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "secret");
}

TEST(RedisUrlTest, TheBadPartIsNamed) {
  EXPECT_THAT(complaint(read_redis_url("redis://")), HasSubstr("no host"));
  EXPECT_THAT(complaint(read_redis_url("redis://h:0")), HasSubstr("port \"0\""));
  EXPECT_THAT(complaint(read_redis_url("redis://h:70000")), HasSubstr("port \"70000\""));
  EXPECT_THAT(complaint(read_redis_url("redis://h/zero")), HasSubstr("\"/zero\""));
  EXPECT_THAT(complaint(read_redis_url("redis://h?timeout=1")),
              AllOf(HasSubstr("no option \"timeout\""), HasSubstr("known are db")));
}

TEST(RedisUrlTest, NoComplaintRepeatsAPassword) {
  for (const char* url :
       {"redis://u:hunter2@h:port", "redis://u:hunter2@h:0", "redis://u:hunter2@h/x",
        "redis://u:hunter2@", "redis://u:hunter2@h ost", "redis://u:hunter2/@h"}) {
    EXPECT_THAT(complaint(read_redis_url(url)),
                AllOf(HasSubstr("bad_url"), Not(HasSubstr("hunter2"))))
        << url;
  }
}

TEST(RedisUrlTest, ASocketIsAPathAndItsDatabaseAnOption) {
  const auto url = read_redis_url("unix://app:pw@/run/redis%20main.sock?db=2").value();
  EXPECT_EQ(url.socket_path, "/run/redis main.sock");
  EXPECT_EQ(url.user + "/" + url.password, "app/pw");
  EXPECT_EQ(url.database, 2u);
  EXPECT_EQ(url.shown, "unix:///run/redis main.sock?db=2");
  EXPECT_THAT(complaint(read_redis_url("unix://")), HasSubstr("no socket"));
  EXPECT_THAT(complaint(read_redis_url("unix://host/run/redis.sock")), HasSubstr("no host"));
  EXPECT_THAT(complaint(read_redis_url("unix:///" + std::string(120, 'x'))), HasSubstr("107"));
}

TEST(RedisUrlTest, TlsIsVerifiedUnlessItIsToldNotTo) {
  const auto url = read_redis_url("rediss://h").value();
  ASSERT_TRUE(url.tls);
  EXPECT_TRUE(url.tls->options.verify_server);
  EXPECT_EQ(url.shown, "rediss://h:6379");
  const auto all = read_redis_url("rediss://h?ca=a&cert=c&key=k&sni=n&verify=no").value();
  EXPECT_EQ(all.tls->options.ca_cert_file, "a");
  EXPECT_EQ(all.tls->name, "n");
  EXPECT_FALSE(all.tls->options.verify_server);
  EXPECT_THAT(complaint(read_redis_url("rediss://h?cert=c")), HasSubstr("go together"));
  EXPECT_THAT(complaint(read_redis_url("redis://h?ca=a")), HasSubstr("no option \"ca\""));
}

TEST(RingUrlTest, ServersAndDefaults) {
  const auto url = read_servers_url("redis+ring://u:p%2Cw@a:1,b,[::1]:3/4").value();
  ASSERT_EQ(url.servers.size(), 3u);
  EXPECT_EQ(url.servers[1].host, "b");
  EXPECT_EQ(url.servers[2].port, 3);
  for (const auto& server : url.servers) {
    EXPECT_EQ(server.password, "p,w");
    EXPECT_EQ(server.database, 4u);
  }
  EXPECT_EQ(url.ring.nodes[1].name, "b:6379");
  EXPECT_EQ(url.ring.scheme, redis::Scheme::rendezvous);
  EXPECT_EQ(url.ring.probe, 5s);
  EXPECT_EQ(url.ring.dead_after, 3u);
  EXPECT_FALSE(url.ring.rehash);
  EXPECT_EQ(url.shown, "redis+ring://a:1,b:6379,[::1]:3/4");
}

TEST(RingUrlTest, EveryOptionIsRead) {
  const auto url = read_servers_url(
                       "redis+ring://a,b?scheme=ketama&names=x,y&weights=1,2&probe=1s&dead_after=2&"
                       "on_failure=rehash&tls=yes")
                       .value();
  EXPECT_EQ(url.ring.scheme, redis::Scheme::ketama);
  EXPECT_EQ(url.ring.nodes[1].name, "y");
  EXPECT_EQ(url.ring.nodes[1].weight, 2u);
  EXPECT_EQ(url.ring.probe, 1s);
  EXPECT_EQ(url.ring.dead_after, 2u);
  EXPECT_TRUE(url.ring.rehash);
  EXPECT_TRUE(url.servers[1].tls);
  const auto range = read_servers_url("redis+ring://a,b,c?scheme=range&splits=g,p").value();
  EXPECT_THAT(range.ring.splits, ElementsAre("g", "p"));
}

TEST(RingUrlTest, TheBadPartIsNamed) {
  const std::pair<const char*, const char*> wrong[] = {
      {"redis+ring://a,a", "two nodes named a:6379"},
      {"redis+ring://a,,b", "no host"},
      {"redis+ring://a,b?names=x", "names=\"x\""},
      {"redis+ring://a,b?weights=1,0", "weight 0"},
      {"redis+ring://a,b?scheme=random", "rendezvous, ketama"},
      {"redis+ring://a,b?scheme=jump&weights=1,2", "no weights"},
      {"redis+ring://a,b?scheme=range", "takes 1 splits"},
      {"redis+ring://a,b?splits=x", "scheme=range"},
      {"redis+ring://a,b?probe=0", "a time"},
      {"redis+ring://a,b:99999", "port \"99999\""},
      {"redis+cluster://a/1", "one database"},
      {"redis+cluster://a?scheme=jump", "no option"},
      {"redis+sentinel://a", "no primary"},
      {"redis+cluster://a?reads=any", "primary or replica"},
      {"redis+ring://a?reads=replica", "no option"},
  };
  for (const auto& [url, words] : wrong) {
    EXPECT_THAT(complaint(read_servers_url(url)), AllOf(HasSubstr("bad_url"), HasSubstr(words)))
        << url;
  }
  EXPECT_THAT(complaint(read_redis_url("redis://a,b")), HasSubstr("redis+ring://"));
}

TEST(ClusterUrlTest, ReadsGoToThePrimaryUnlessItSaysOtherwise) {
  EXPECT_FALSE(read_servers_url("redis+cluster://a").value().reads_replicas);
  EXPECT_FALSE(read_servers_url("redis+cluster://a?reads=primary").value().reads_replicas);
  EXPECT_TRUE(read_servers_url("redis+cluster://a?reads=replica").value().reads_replicas);
  EXPECT_TRUE(read_servers_url("redis+sentinel://a/m?reads=replica").value().reads_replicas);
}

TEST(SentinelUrlTest, ThePrimarysNameComesBeforeTheDatabase) {
  const auto url =
      read_servers_url("redis+sentinel://:pw@a:1,b:2/mymaster/3?sentinel_password=s").value();
  EXPECT_EQ(url.primary, "mymaster");
  EXPECT_EQ(url.servers[0].database, 3u);
  EXPECT_EQ(url.sentinel_password, "s");
  EXPECT_EQ(url.shown, "redis+sentinel://a:1,b:2/mymaster/3");
}

TEST(SeveralServersUrlTest, NoComplaintRepeatsAPassword) {
  for (const char* url : {"redis+ring://u:hunter2@a,b:x", "redis+ring://u:hunter2@a,a",
                          "redis+ring://u:hunter2@a/x", "redis+sentinel://u:hunter2@a",
                          "redis+ring://u:hunter2@a b", "redis+ring://u:hunter2/@a"}) {
    EXPECT_THAT(complaint(read_servers_url(url)),
                AllOf(HasSubstr("bad_url"), Not(HasSubstr("hunter2"))))
        << url;
  }
}

}  // namespace
}  // namespace larder::store
