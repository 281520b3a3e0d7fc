// Servers that are up become one thing: replicas follow, sentinels know each other, slots have owners.
#include <algorithm>

#include "manage/info_text.hpp"
#include "manage/start.hpp"

namespace larder::manage {
namespace {

constexpr unsigned kSlots = 16'384;
constexpr base::Millis kJoinTime{60'000}, kReplicaTime{5'000}, kJoinPause{50};

bool is_replica(std::string_view info) { return info_field(info, "role") == "slave"; }

}  // namespace

Result<void> Starter::wait_for(const std::string& what, base::Millis at_most,
                               const std::function<bool(const Node&)>& good) {
  const auto until = host_.now() + at_most;
  for (const Node& node : setup_.nodes) {
    while (!good(node)) {
      if (!all_.runs(setup_, node)) return end_of(node);
      if (host_.now() >= until) {
        return Error{Errc::timeout, Effect::maybe_executed,
                     node.name + ": " + what + ", not in " +
                         std::to_string(at_most.count() / 1000) + " s; see " + all_.log_of(node)};
      }
      host_.sleep(kJoinPause);
    }
  }
  return {};
}

Result<void> Starter::join() {
  if (setup_.mode == Mode::cluster) {
    all_.say_("waiting until the cluster is ok");
    return join_cluster();
  }
  if (setup_.mode != Mode::sentinel) return {};
  // Sentinels learn of replicas by asking the primary, at once and then every ten seconds: so replicas come first. After
  // a restart they may have to wait for the sentinels; then those will say whether all is well.
  (void)wait_for("a replica that follows", kReplicaTime, [&](const Node& node) {
    if (node.sentinel || node.primary == 0) return true;
    const auto info = ask(node, {"INFO", "replication"});
    return info && info_field(*info, "master_link_status") == "up";
  });
  return {};
}

Result<void> Starter::join_sentinels() {
  all_.say_("waiting until the sentinels know each other");
  const auto wanted =
      ",slaves=" + std::to_string(data_nodes() - 1) + ",sentinels=" + std::to_string(kSentinels);
  return wait_for("to see the primary, its replicas and the other sentinels", kJoinTime,
                  [&](const Node& node) {
                    if (!node.sentinel) return true;
                    const auto info = ask(node, {"INFO", "sentinel"});
                    if (!info) return false;
                    const auto master = info_field(*info, "master0");
                    return master.find("status=ok") != std::string_view::npos &&
                           master.find(wanted) != std::string_view::npos;
                  });
}

Result<void> Starter::give_slots(const Node& node, unsigned number, unsigned primaries) {
  auto nodes = ask(node, {"CLUSTER", "NODES"});
  if (!nodes) return nodes.error();
  // A line of ours that goes on behind "connected" names slots.
  const auto mine = nodes->find("myself");
  const auto line = nodes->substr(mine, nodes->find('\n', mine) - mine);
  if (const auto end = line.find(" connected");
      end == std::string::npos || end + 10 < line.size()) {
    return {};
  }
  // Refused where it has one, or knows others: then it has been here before.
  (void)ask(node, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(number + 1)});
  std::vector<std::string> words{"CLUSTER", "ADDSLOTS"};
  const unsigned end = kSlots * (number + 1) / primaries;
  for (unsigned slot = kSlots * number / primaries; slot < end; ++slot) {
    words.push_back(std::to_string(slot));
  }
  auto added = ask(node, words);
  if (!added) return added.error();
  return {};
}

Result<void> Starter::follow_primaries() {
  for (const Node& node : setup_.nodes) {
    if (node.primary == 0) continue;
    const auto info = ask(node, {"INFO", "replication"});
    if (info && is_replica(*info)) continue;
    const auto id = ask(setup_.nodes[node.primary - 1], {"CLUSTER", "MYID"});
    if (!id) return id.error();
    const auto until = host_.now() + kJoinTime;
    for (;;) {
      const auto done = ask(node, {"CLUSTER", "REPLICATE", *id});
      if (done) break;
      if (host_.now() >= until) return done.error();  // Its name has not come round yet.
      host_.sleep(kJoinPause);
    }
  }
  return {};
}

Result<void> Starter::join_cluster() {
  const auto is_ok = [&](const Node& node) {
    const auto info = ask(node, {"CLUSTER", "INFO"});
    if (!info || info_field(*info, "cluster_state") != "ok") return false;
    const auto role = ask(node, {"INFO", "replication"});
    return role && info_field(*role, "master_link_status") != "down" &&
           info_number(*info, "cluster_known_nodes") == setup_.nodes.size();
  };
  const auto all_slots = ask(setup_.nodes.front(), {"CLUSTER", "INFO"});
  const bool formed = all_slots && info_number(*all_slots, "cluster_slots_assigned") == kSlots &&
                      info_number(*all_slots, "cluster_known_nodes") == setup_.nodes.size();
  if (!formed) {
    const auto primaries =
        static_cast<unsigned>(std::count_if(setup_.nodes.begin(), setup_.nodes.end(),
                                            [](const Node& node) { return node.primary == 0; }));
    for (unsigned number = 0; number < primaries; ++number) {
      if (auto given = give_slots(setup_.nodes[number], number, primaries); !given) return given;
    }
    for (std::size_t i = 1; i < setup_.nodes.size(); ++i) {
      const auto port = std::to_string(setup_.nodes[i].port);
      const auto met = ask(setup_.nodes.front(), {"CLUSTER", "MEET", kHost, port});
      if (!met) return met.error();
    }
    auto met = wait_for("to know all others", kJoinTime, [&](const Node& node) {
      const auto info = ask(node, {"CLUSTER", "INFO"});
      return info && info_number(*info, "cluster_known_nodes") == setup_.nodes.size();
    });
    if (!met) return met;
  }
  if (auto followed = formed ? Result<void>() : follow_primaries(); !followed) return followed;
  return wait_for("cluster_state:ok", kJoinTime, is_ok);
}

}  // namespace larder::manage
