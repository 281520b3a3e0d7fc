// Several redis-servers that are one: a cluster made by hand, and a primary with replicas and sentinels.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "support/servers.hpp"

namespace larder::test {

/// A Redis Cluster of primaries with an equal share of the slots each, and a replica for each of the first. The constructor
/// returns when all agree that it is up, and throws when they do not in time.
class RedisCluster {
 public:
  explicit RedisCluster(std::size_t primaries, std::size_t replicas = 0);

  /// redis+cluster:// with one server, from which the others are found.
  std::string url(std::size_t of = 0) const;
  RedisServer& server(std::size_t index) { return servers_[index]; }
  /// Does it say itself that it is a primary?
  bool is_primary(std::size_t index) { return cli(index, {"ROLE"}).starts_with("master"); }
  /// Moves one slot from a server to another, with its keys, as redis-cli does.
  void migrate(std::uint32_t slot, std::size_t from, std::size_t to);

 private:
  void assemble(std::size_t primaries, std::size_t replicas);
  void meet();
  std::string cli(std::size_t server, std::vector<std::string> words);
  /// What must be answered by OK.
  void order(std::size_t server, const std::vector<std::string>& words);
  std::string id_of(std::size_t server);
  void wait_for(std::size_t server, const std::string& words);
  bool all_say(const std::string& words);

  std::deque<RedisServer> servers_;
};

/// A primary with two replicas, watched as "mymaster" by three sentinels, who know each other when the constructor returns.
class SentinelGroup {
 public:
  SentinelGroup();
  /// redis+sentinel:// with all three.
  std::string url() const;
  RedisServer& primary() { return servers_[0]; }
  RedisServer& replica(std::size_t index) { return servers_[1 + index]; }

 private:
  std::deque<RedisServer> servers_;
  std::deque<RedisSentinel> sentinels_;
};

}  // namespace larder::test
