// What the servers of a folder say of themselves, and the settings that are told to all of them.
#include <algorithm>

#include "manage/info_text.hpp"
#include "manage/local_redis.hpp"

namespace larder::manage {
namespace {

std::string aof_of(std::string_view info) {
  if (info_field(info, "aof_enabled") != "1") return "off";
  const auto last = info_field(info, "aof_last_write_status");
  return last.empty() || last == "ok" ? "on" : "failing";
}

}  // namespace

bool Status::running() const noexcept {
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const auto& node) { return node.process != 0; });
}

bool Status::well() const noexcept {
  return problem.empty() && std::all_of(nodes.begin(), nodes.end(),
                                        [](const auto& node) { return node.problem.empty(); });
}

NodeStatus LocalRedis::look_at(const Setup& setup, const Node& node, const std::string& password) {
  NodeStatus status{.name = node.name, .port = node.port};
  if (!runs(setup, node)) {
    status.problem = node.process.id == 0 ? "stopped" : "ended by itself, or was killed";
    return status;
  }
  status.process = node.process.id;
  const auto info = host_.ask(node.port, node.sentinel ? "" : password, {"INFO"});
  if (!info) {
    status.problem = info.error().detail;
    return status;
  }
  status.role = node.sentinel ? "sentinel" : info_field(*info, "role");
  status.version = info_field(*info, "valkey_version");
  if (status.version.empty()) status.version = info_field(*info, "redis_version");
  status.memory_bytes = info_number(*info, "used_memory");
  status.keys = info_keys(*info);
  status.uptime_seconds = info_number(*info, "uptime_in_seconds");
  status.policy = info_field(*info, "maxmemory_policy");
  if (!node.sentinel) status.aof = aof_of(*info);
  if (status.aof == "failing") status.problem = "its log cannot be written; see " + log_of(node);
  if (info_field(*info, "master_link_status") == "down")
    status.problem = "its primary does not answer";
  if (info_field(*info, "loading") == "1") status.problem = "it still reads its data";
  return status;
}

Result<std::optional<Status>> LocalRedis::status() {
  auto before = load();
  if (!before) return before.error();
  if (!*before) return std::optional<Status>();
  auto secret = password();
  if (!secret) return secret.error();
  Status status{std::move(**before), {}, {}};
  auto found = status.setup;
  find_lost(found, *secret);
  for (std::size_t i = 0; i < found.nodes.size(); ++i) {
    // Of one that is gone, the state still tells whether it was stopped.
    const bool ours = runs(found, found.nodes[i]);
    status.nodes.push_back(look_at(ours ? found : status.setup,
                                   ours ? found.nodes[i] : status.setup.nodes[i], *secret));
  }
  if (found.mode == Mode::cluster && status.running()) {
    const auto up = std::find_if(found.nodes.begin(), found.nodes.end(),
                                 [&](const Node& node) { return runs(found, node); });
    const auto info = host_.ask(up->port, *secret, {"CLUSTER", "INFO"});
    const auto state = info ? info_field(*info, "cluster_state") : std::string_view();
    if (state != "ok") status.problem = "cluster_state:" + std::string(state);
  }
  return std::optional<Status>(std::move(status));
}

Result<std::vector<std::pair<Node, std::string>>> LocalRedis::ask_each(
    const std::vector<std::string>& words, bool writes) {
  auto setup = running();
  if (!setup) return setup.error();
  auto secret = password();
  if (!secret) return secret.error();
  std::vector<std::pair<Node, std::string>> replies;
  for (const Node& node : setup->nodes) {
    if (node.sentinel) continue;
    if (!runs(*setup, node)) {
      return Error{Errc::unreachable, Effect::not_sent,
                   node.name + " does not run; `larder redis start` starts it again"};
    }
    if (writes) {
      const auto info = host_.ask(node.port, *secret, {"INFO", "replication"});
      if (!info) return info.error();
      if (info_field(*info, "role") == "slave") continue;
    }
    auto reply = host_.ask(node.port, *secret, words);
    if (!reply) {
      auto error = reply.error();
      error.detail = node.name + ": " + error.detail;
      return error;
    }
    replies.emplace_back(node, std::move(*reply));
  }
  return replies;
}

Result<void> LocalRedis::set_policy(const std::string& policy) {
  if (!is_policy(policy)) {
    return Error{Errc::bad_argument, Effect::refused,
                 policy + ": no such policy; there are " + policy_names()};
  }
  auto held = lock();
  if (!held) return held.error();
  for (const auto& words : {std::vector<std::string>{"CONFIG", "SET", "maxmemory-policy", policy},
                            std::vector<std::string>{"CONFIG", "REWRITE"}}) {
    if (auto told = ask_each(words, false); !told) return told.error();
  }
  auto setup = known();
  if (!setup) return setup.error();
  setup->policy = policy;
  return save(*setup);
}

}  // namespace larder::manage
