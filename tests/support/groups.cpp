#include "support/groups.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace larder::test {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr std::size_t kSlotsOfCluster = 16'384;

void until(
    const std::function<bool()>& holds,
    const std::function<std::string()>& state = [] { return std::string{}; }) {
  const auto end = std::chrono::steady_clock::now() + 40s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the servers did not find together: " + state());
    std::this_thread::sleep_for(30ms);
  }
}

std::string redis_cli(const RedisServer& server, const Words& words) {
  Words argv{"redis-cli", "-p", std::to_string(server.port())};
  argv.insert(argv.end(), words.begin(), words.end());
  return output_of(argv);
}

Words lines_of(const std::string& text) {
  Words lines;
  std::string line;
  for (const char c : text) {
    if (c != '\n') {
      line.push_back(c);
    } else if (!line.empty()) {
      lines.push_back(std::exchange(line, {}));
    }
  }
  return lines;
}

}  // namespace

// A port that was free may be another program's by the time a server binds it, and a server that loses it so is noticed only
// when it does not do as it is told.
RedisCluster::RedisCluster(std::size_t primaries, std::size_t replicas) {
  for (int attempt = 1;; ++attempt) {
    try {
      assemble(primaries, replicas);
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 3) throw;
      servers_.clear();
    }
  }
}

void RedisCluster::assemble(std::size_t primaries, std::size_t replicas) {
  const Words settings{"cluster-enabled yes",
                       "cluster-node-timeout 1000",
                       "cluster-config-file nodes.conf",
                       "cluster-allow-replica-migration no",
                       "cluster-replica-validity-factor 0",
                       "repl-diskless-sync-delay 0"};
  for (std::size_t i = 0; i < primaries + replicas; ++i) servers_.emplace_back(settings);
  for (std::size_t i = 0; i < primaries; ++i) {
    const auto share = kSlotsOfCluster / primaries;
    const auto last = i + 1 == primaries ? kSlotsOfCluster - 1 : (i + 1) * share - 1;
    order(i, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(i * share), std::to_string(last)});
    order(i, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
  meet();
  for (std::size_t i = 0; i < replicas; ++i) {
    const std::size_t replica = primaries + i;
    until([&] { return cli(replica, {"CLUSTER", "REPLICATE", id_of(i)}).starts_with("OK"); });
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) wait_for(i, "cluster_state:ok");
  for (std::size_t i = primaries; i < servers_.size(); ++i) {
    until([&] { return cli(i, {"INFO"}).find("master_link_status:up") != std::string::npos; });
  }
}

std::string RedisCluster::url(std::size_t of) const {
  return "redis+cluster://127.0.0.1:" + std::to_string(servers_[of].port());
}

std::string RedisCluster::cli(std::size_t server, Words words) {
  return redis_cli(servers_[server], words);
}

std::string RedisCluster::id_of(std::size_t server) {
  return cli(server, {"CLUSTER", "MYID"}).substr(0, 40);
}

void RedisCluster::wait_for(std::size_t server, const std::string& words) {
  until(
      [&] {
        return cli(server, {"CLUSTER", "INFO"}).find(words) != std::string::npos;
      },
      [&] {
        return words + "\n" + cli(server, {"CLUSTER", "INFO"}) + cli(server, {"CLUSTER", "NODES"});
      });
}

// A handshake that a busy machine lets run out of time is not tried again by itself.
void RedisCluster::meet() {
  const std::string all = "cluster_known_nodes:" + std::to_string(servers_.size());
  for (std::size_t polls = 0; polls == 0 || !all_say(all); ++polls) {
    for (std::size_t i = 1; polls % 30 == 0 && i < servers_.size(); ++i) {
      order(i, {"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers_[0].port())});
    }
    if (polls > 400) {
      std::string words = "the servers did not find together:\n";
      for (std::size_t i = 0; i < servers_.size(); ++i)
        words += cli(i, {"CLUSTER", "NODES"}) + "\n";
      throw std::runtime_error(words);
    }
    std::this_thread::sleep_for(30ms);
  }
}

void RedisCluster::order(std::size_t server, const Words& words) {
  const std::string answer = cli(server, words);
  if (answer.starts_with("OK")) return;
  throw std::runtime_error("a server of the cluster answers " + words.at(1) + " by " + answer);
}

bool RedisCluster::all_say(const std::string& words) {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (cli(i, {"CLUSTER", "INFO"}).find(words) == std::string::npos) return false;
  }
  return true;
}

void RedisCluster::migrate(std::uint32_t slot, std::size_t from, std::size_t to) {
  const std::string number = std::to_string(slot);
  cli(to, {"CLUSTER", "SETSLOT", number, "IMPORTING", id_of(from)});
  cli(from, {"CLUSTER", "SETSLOT", number, "MIGRATING", id_of(to)});
  for (;;) {
    const Words keys = lines_of(cli(from, {"CLUSTER", "GETKEYSINSLOT", number, "100"}));
    if (keys.empty()) break;
    Words migrate{"MIGRATE", "127.0.0.1", std::to_string(servers_[to].port()), "", "0",
                  "5000",    "KEYS"};
    migrate.insert(migrate.end(), keys.begin(), keys.end());
    cli(from, migrate);
  }
  for (const std::size_t server : {to, from}) {
    cli(server, {"CLUSTER", "SETSLOT", number, "NODE", id_of(to)});
  }
}

SentinelGroup::SentinelGroup() {
  servers_.emplace_back();
  const std::string primary = std::to_string(servers_[0].port());
  for (int i = 0; i < 2; ++i) {
    servers_.emplace_back(Words{"replicaof 127.0.0.1 " + primary, "repl-diskless-sync-delay 0"});
  }
  for (int i = 0; i < 3; ++i) sentinels_.emplace_back(servers_[0].port());
  // Before they know each other and both replicas, none of them can promote one.
  for (const auto& sentinel : sentinels_) {
    const Words info{"redis-cli", "-p", std::to_string(sentinel.port()), "INFO", "sentinel"};
    until([&] { return output_of(info).find("slaves=2,sentinels=3") != std::string::npos; });
  }
}

std::string SentinelGroup::url() const {
  std::string url = "redis+sentinel://";
  for (const auto& sentinel : sentinels_)
    url += "127.0.0.1:" + std::to_string(sentinel.port()) + ",";
  url.back() = '/';
  return url + "mymaster";
}

}  // namespace larder::test
