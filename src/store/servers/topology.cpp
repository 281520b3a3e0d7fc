#include "store/servers/topology.hpp"

#include <algorithm>

#include "redis/redirect.hpp"

namespace larder::store {
namespace {

Error has_one_place(std::string_view what) {
  return {Errc::unsupported, Effect::refused,
          std::string(what) + ": only a redis+ring:// takes and gives servers while it runs"};
}

}  // namespace

std::vector<ServerHealth> Topology::health() const {
  std::vector<ServerHealth> out;
  for (const auto& node : all()) out.push_back(node->health());
  for (const auto& node : replicas()) out.push_back(node->health());
  return out;
}

void leave_if_it_hangs(RedisNode& replica) {
  if (replica.client.stats().oldest_unanswered > kHangs) {
    replica.evict("no answer in " + std::to_string(kHangs.count()) + " ms");
  }
}

Millis pause_before(unsigned tries) noexcept {
  return Millis{std::min(200, 5 << std::min(tries, 6U))};
}

std::optional<Detour> Topology::after_refusal(const Place& from, std::string_view,
                                              std::string_view words, unsigned tries) {
  const auto redirect = redis::redirect_from(words);
  if (!redirect || redirect->kind != redis::Redirect::Kind::loading) return std::nullopt;
  return Detour{from, pause_before(tries)};
}

std::optional<Detour> Topology::after_loss(const Place& from, std::string_view, Use, unsigned) {
  return Detour{from};
}

Result<void> Topology::add_server(std::string_view, const ServerOptions&) {
  return has_one_place("add_server");
}

Result<void> Topology::remove_server(std::string_view) { return has_one_place("remove_server"); }

}  // namespace larder::store
