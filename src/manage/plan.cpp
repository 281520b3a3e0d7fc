#include "manage/plan.hpp"

#include <algorithm>
#include <array>

#include "base/units.hpp"
#include "manage/refusal.hpp"

namespace larder::manage {
namespace {

constexpr std::array<std::string_view, 4> kModes{"single", "ring", "sentinel", "cluster"};
constexpr std::array<std::string_view, 8> kPolicies{
    "noeviction",      "allkeys-lru",  "allkeys-lfu",  "allkeys-random",
    "volatile-random", "volatile-lru", "volatile-lfu", "volatile-ttl"};

constexpr unsigned kRingNodes = 3, kSentinelNodes = 3, kClusterPrimariesMin = 3;

unsigned default_nodes(Mode mode, unsigned replicas) {
  switch (mode) {
    case Mode::single:
      return 1;
    case Mode::ring:
      return kRingNodes;
    case Mode::sentinel:
      return kSentinelNodes;
    case Mode::cluster:
      return kClusterPrimariesMin * (1 + replicas);
  }
  return 1;
}

Result<void> check_numbers(Mode mode, unsigned nodes, unsigned replicas) {
  if (nodes == 0 || nodes > kNodesMax) {
    return refusal("--nodes: 1 to " + std::to_string(kNodesMax) + ", not " + std::to_string(nodes));
  }
  if (mode == Mode::single && nodes != 1) {
    return refusal("--nodes " + std::to_string(nodes) +
                   ": a single server is one; --mode ring, sentinel or cluster has more");
  }
  if (mode == Mode::sentinel && nodes < 2) {
    return refusal("--nodes 1: Sentinel needs a primary and a replica at least, so 2");
  }
  if (mode != Mode::cluster && replicas != 0) {
    return refusal(
        "--replicas is for --mode cluster; of --mode sentinel all nodes but one are replicas");
  }
  if (mode == Mode::cluster &&
      (nodes % (1 + replicas) != 0 || nodes / (1 + replicas) < kClusterPrimariesMin)) {
    return refusal("--nodes " + std::to_string(nodes) + " --replicas " + std::to_string(replicas) +
                   ": a cluster is three primaries or more, each with as many replicas; " +
                   std::to_string(kClusterPrimariesMin * (1 + replicas)) + " is the least");
  }
  return {};
}

Result<void> check_settings(const Wish& wish) {
  if (wish.policy && !is_policy(*wish.policy)) {
    return refusal("--policy " + *wish.policy + ": no such policy; there are " + policy_names());
  }
  if (wish.maxmemory) {
    if (const auto size = base::parse_size(*wish.maxmemory); !size) {
      return refusal("--maxmemory: " + size.error().detail);
    }
  }
  return {};
}

Node data_node(Mode mode, unsigned number, unsigned primary) {
  // Under Sentinel "sentinel-1" is a sentinel.
  const auto kind = mode == Mode::sentinel ? std::string_view("server") : to_string(mode);
  return {.name = std::string(kind) + "-" + std::to_string(number), .primary = primary};
}

}  // namespace

std::string_view to_string(Mode mode) noexcept { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<Mode> mode_of(std::string_view name) noexcept {
  const auto at = std::find(kModes.begin(), kModes.end(), name);
  if (at == kModes.end()) return std::nullopt;
  return static_cast<Mode>(at - kModes.begin());
}

bool is_policy(std::string_view name) noexcept {
  return std::find(kPolicies.begin(), kPolicies.end(), name) != kPolicies.end();
}

std::string policy_names(std::string_view between) {
  std::string names;
  for (const auto name : kPolicies) names.append(names.empty() ? "" : between).append(name);
  return names;
}

Result<Setup> lay_out(const Wish& wish) {
  if (auto good = check_settings(wish); !good) return good.error();
  Setup setup;
  // Several servers that were asked for without a mode are a ring: the only one that any program can use.
  setup.mode = wish.mode.value_or(wish.nodes.value_or(1) > 1 ? Mode::ring : Mode::single);
  setup.replicas = wish.replicas.value_or(0);
  const auto nodes = wish.nodes.value_or(default_nodes(setup.mode, setup.replicas));
  if (auto good = check_numbers(setup.mode, nodes, setup.replicas); !good) return good.error();
  setup.aof = !wish.no_aof;
  if (wish.maxmemory) setup.maxmemory = std::to_string(*base::parse_size(*wish.maxmemory));
  setup.policy = wish.policy.value_or("");
  setup.conf = wish.conf.value_or("");
  setup.server = wish.server.value_or("");

  const unsigned primaries = setup.mode == Mode::sentinel  ? 1
                             : setup.mode == Mode::cluster ? nodes / (1 + setup.replicas)
                                                           : nodes;
  for (unsigned number = 1; number <= nodes; ++number) {
    const unsigned primary = number <= primaries ? 0 : (number - primaries - 1) % primaries + 1;
    setup.nodes.push_back(data_node(setup.mode, number, primary));
  }
  if (setup.mode != Mode::sentinel) return setup;
  for (unsigned number = 1; number <= kSentinels; ++number) {
    setup.nodes.push_back({.name = "sentinel-" + std::to_string(number), .sentinel = true});
  }
  return setup;
}

std::string differs(const Wish& wish, const Setup& setup) {
  const auto data = static_cast<unsigned>(std::count_if(
      setup.nodes.begin(), setup.nodes.end(), [](const Node& node) { return !node.sentinel; }));
  if (wish.mode && *wish.mode != setup.mode) return "--mode " + std::string(to_string(*wish.mode));
  if (wish.nodes && *wish.nodes != data) return "--nodes " + std::to_string(*wish.nodes);
  if (wish.replicas && *wish.replicas != setup.replicas) {
    return "--replicas " + std::to_string(*wish.replicas);
  }
  if (wish.port && *wish.port != 0 && *wish.port != setup.nodes.front().port) {
    return "--port " + std::to_string(*wish.port);
  }
  if (wish.conf && *wish.conf != setup.conf) return "--conf " + *wish.conf;
  return {};
}

std::string url_of(const Setup& setup) {
  constexpr std::array<std::string_view, 4> kSchemes{"redis", "redis+ring", "redis+sentinel",
                                                     "redis+cluster"};
  std::string url = std::string(kSchemes[static_cast<std::size_t>(setup.mode)]) + "://";
  bool first = true;
  for (const Node& node : setup.nodes) {
    if (node.sentinel != (setup.mode == Mode::sentinel)) continue;
    url.append(first ? "" : ",").append(kHost).append(":").append(std::to_string(node.port));
    first = false;
  }
  if (setup.mode == Mode::sentinel) url.append("/").append(kSentinelName);
  return url;
}

}  // namespace larder::manage
