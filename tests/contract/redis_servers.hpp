// Real servers that the tests of larder/redis.hpp share: each starts with the first question and serves all of a program's.
#pragma once

#include <larder/redis.hpp>

#include <string>

#include "support/groups.hpp"

namespace larder::contract {

inline test::RedisServer& modern_server() {
  static test::RedisServer server;
  return server;
}

/// One that knows no HELLO, so that RESP2 is spoken.
inline test::RedisServer& old_server() {
  static test::RedisServer server{{"rename-command HELLO \"\""}};
  return server;
}

/// modern_server() and old_server() as a ring: both protocols in one store.
inline std::string ring_of_two() {
  return "redis+ring://127.0.0.1:" + std::to_string(modern_server().port()) +
         ",127.0.0.1:" + std::to_string(old_server().port()) + "?names=new,old";
}

inline test::RedisCluster& cluster_of_two() {
  static test::RedisCluster cluster{2};
  return cluster;
}

/// A key or a channel that lives on one of two servers of a ring or cluster, as `server` says.
template <class Where>
std::string name_at(const std::string& begins, Where where, std::size_t server) {
  for (int i = 0;; ++i) {
    std::string name = begins + std::to_string(i);
    if (where(name) == server) return name;
  }
}

}  // namespace larder::contract
