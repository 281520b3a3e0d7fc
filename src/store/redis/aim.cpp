#include "store/redis/aim.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "redis/slots.hpp"
#include "store/redis/words.hpp"

namespace larder::store {
namespace {

Error not_sent(Errc code, std::string detail) {
  return {code, Effect::not_sent, std::move(detail)};
}

std::string names_of(const Topology& topology) {
  std::string names;
  for (const auto& node : topology.all()) names += (names.empty() ? "" : ", ") + node->name;
  return names;
}

Result<Aim> aim_at_server(const RedisAccess& access, std::string_view name) {
  for (auto& node : access.topology.all()) {
    if (node->name == name) return Aim{{std::move(node)}};
  }
  return not_sent(Errc::bad_argument, std::string(access.url) + " has no server named " +
                                          std::string(name) + "; it has " +
                                          names_of(access.topology));
}

std::optional<Error> problem_of_command(const RedisCommand& command) {
  if (command.words.empty() || command.words[0].empty())
    return not_sent(Errc::bad_argument, "a command without a name");
  std::size_t bytes = 0;
  for (const auto& word : command.words) bytes += word.size();
  if (bytes <= base::limits::kRequestBytesMax) return std::nullopt;
  return not_sent(Errc::too_large, command.words[0] + ": a command of " + std::to_string(bytes) +
                                       " bytes; the most is " +
                                       std::to_string(base::limits::kRequestBytesMax));
}

/// Of servers that know nothing of each other, each would answer for the others' keys as if there were none. A cluster's
/// servers see to it themselves.
std::optional<Error> scattered_keys(Topology& topology, std::span<const std::string_view> keys) {
  if (topology.is_one() || topology.splits_by_key()) return std::nullopt;
  NodePointer home;
  for (const auto key : keys) {
    auto place = topology.place(key, Use::write);
    if (!place) return place.error();
    if (home && place->node != home) {
      return not_sent(
          Errc::cross_slot,
          std::string(keys[0]) + " and " + std::string(key) +
              " do not live together; the same {tag} in both names brings them together");
    }
    home = std::move(place->node);
  }
  return std::nullopt;
}

Result<Aim> aim_by_keys(const RedisAccess& access, std::span<const std::string_view> keys) {
  if (auto scattered = scattered_keys(access.topology, keys)) return *std::move(scattered);
  auto place = access.topology.place(keys[0], Use::write);
  if (!place) return place.error();
  if (!place->node)
    return not_sent(Errc::unreachable, std::string(keys[0]) + ": its server is not there");
  return Aim{*std::move(place), keys[0]};
}

Result<Aim> aim_at_the_one(const RedisAccess& access, std::string_view what) {
  if (access.topology.is_one()) return Aim{{access.topology.all()[0]}};
  return not_sent(Errc::bad_argument,
                  std::string(what) + " names no key, and there are several servers; name one (" +
                      names_of(access.topology) + ") or a key");
}

Result<Aim> aim(const RedisAccess& access, const RedisCommand& command, const CommandFacts& facts,
                std::string_view server) {
  if (!server.empty()) return aim_at_server(access, server);
  if (access.topology.is_one()) return aim_at_the_one(access, {});
  if (!command.key.empty()) return aim_by_keys(access, std::array{std::string_view(command.key)});
  if (!facts.keys.empty()) return aim_by_keys(access, facts.keys);
  return aim_at_the_one(access, command.words[0]);
}

bool share_a_slot(std::string_view a, std::string_view b) {
  return redis::slot_of(a) == redis::slot_of(b);
}

}  // namespace

Result<Aim> aim_of(const RedisAccess& access, const RedisCommand& command,
                   std::string_view server) {
  if (auto bad = problem_of_command(command)) return *std::move(bad);
  const CommandFacts facts = facts_of(command.words);
  if (!facts.refusal.empty())
    return not_sent(Errc::unsupported, command.words[0] + ": " + std::string(facts.refusal));
  auto out = aim(access, command, facts, server);
  if (out) out->waits = facts.waits;
  return out;
}

Result<Aim> aim_of_all(const RedisAccess& access, std::span<const RedisCommand> commands,
                       std::string_view server) {
  if (commands.empty()) return not_sent(Errc::bad_argument, "a transaction of no commands");
  std::optional<Aim> all;
  std::optional<Error> homeless;
  for (const RedisCommand& command : commands) {
    if (auto bad = problem_of_command(command)) return *std::move(bad);
    auto one = aim_of(access, command, server);
    if (!one && one.error().code != Errc::bad_argument) return one;
    if (!one) {  // What names no key goes where the others go.
      homeless = one.error();
      continue;
    }
    if (!all) all = *one;
    const bool together = one->place.node == all->place.node &&
                          (!access.topology.splits_by_key() || share_a_slot(one->key, all->key));
    if (together) continue;
    return not_sent(Errc::cross_slot,
                    std::string(all->key) + " and " + std::string(one->key) +
                        " do not live together; the same {tag} in both names brings them together");
  }
  if (!all) return *std::move(homeless);
  all->waits = false;  // In a transaction nothing waits.
  return *std::move(all);
}

Result<Aim> aim_of_keys(const RedisAccess& access, std::span<const std::string> keys,
                        std::string_view server) {
  if (!server.empty()) return aim_at_server(access, server);
  if (access.topology.is_one() || keys.empty()) return aim_at_the_one(access, "the script");
  return aim_by_keys(access, std::vector<std::string_view>(keys.begin(), keys.end()));
}

}  // namespace larder::store
