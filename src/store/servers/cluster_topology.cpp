#include "store/servers/cluster_topology.hpp"

#include <algorithm>

#include "store/redis/client_options.hpp"

namespace larder::store {

Result<std::shared_ptr<ClusterTopology>> ClusterTopology::make(const ServersUrl& url,
                                                               const StoreOptions& options,
                                                               const base::Clock& clock) {
  auto client = client_options(url.servers.front(), options);
  if (!client) return client.error();
  auto self = std::make_shared<ClusterTopology>(url, options, *std::move(client), clock);
  for (const auto& seed : url.servers) self->node_at(seed.host, seed.port);
  return self;
}

Result<void> ClusterTopology::wait_until_known(base::Millis at_most) {
  refresh();
  std::unique_lock lock{mutex_};
  if (known_.wait_for(lock, at_most, [this] {
        return answers_ > 0 || (last_failure_ && last_failure_->code != Errc::unreachable &&
                                last_failure_->code != Errc::timeout);
      })) {
    if (answers_ > 0) return {};
    return *last_failure_;
  }
  if (last_failure_) return *last_failure_;
  return Error{Errc::unreachable, Effect::not_sent,
               url_.shown + ": no server of the cluster answered in time"};
}

void ClusterTopology::close() {
  std::shared_ptr<redis::Errand> errand;
  {
    const std::lock_guard guard{mutex_};
    closed_ = true;
    errand = std::move(errand_);
  }
  if (errand) errand->abandon();
}

ClusterTopology::MapPointer ClusterTopology::map() const {
  const std::lock_guard guard{mutex_};
  return map_;
}

// Servers stay known by their address, so that one that comes back finds its client again.
NodePointer ClusterTopology::node_at(const std::string& host, std::uint16_t port) {
  const std::string address = net::to_string({host, port});
  const std::lock_guard guard{mutex_};
  auto& node = nodes_[address];
  if (node) return node;
  redis::ClientOptions options = client_;
  options.host = host;
  options.port = port;
  options.on_change = [hook = weak_from_this()](const std::optional<Error>& failure) {
    const auto self = hook.lock();
    if (self && failure) self->refresh();
  };
  node = std::make_shared<RedisNode>(address, next_number_++ % kScanServersMax, options, clock_);
  return node;
}

NodePointer ClusterTopology::replica_at(const redis::SlotServer& server) {
  const std::string address = net::to_string({server.host, server.port});
  const std::lock_guard guard{mutex_};
  auto& node = replicas_[address];
  if (node) return node;
  redis::ClientOptions options = client_;
  options.host = server.host;
  options.port = server.port;
  options.identity.reads_replica = true;
  node = std::make_shared<RedisNode>("replica " + address, 0, options, clock_);
  return node;
}

NodePointer ClusterTopology::owner_of(std::string_view key) const {
  return map()->owner(redis::slot_of(key));
}

Result<Place> ClusterTopology::place(std::string_view key, Use use) {
  const auto now = map();
  const auto slot = redis::slot_of(key);
  if (use == Use::glance) {
    if (auto replica = now->replica(slot, kHesitates)) return Place{std::move(replica)};
  }
  if (auto owner = now->owner(slot)) [[likely]]
    return Place{std::move(owner)};
  // Nobody has the slot, as far as we know: any server knows better, or that the cluster is down.
  refresh();
  return Place{next_to_ask()};
}

std::vector<NodePointer> ClusterTopology::all() const {
  const auto now = map();
  std::vector<bool> has_slots(now->owners.size());
  for (const auto owner : now->of_slot) {
    if (owner != ClusterMap::kNobody) has_slots[owner] = true;
  }
  std::vector<NodePointer> out;
  for (std::size_t i = 0; i < has_slots.size(); ++i) {
    if (has_slots[i]) out.push_back(now->owners[i]);
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
  return out;
}

std::vector<NodePointer> ClusterTopology::replicas() const {
  const std::lock_guard guard{mutex_};
  std::vector<NodePointer> out;
  out.reserve(replicas_.size());
  for (const auto& [address, node] : replicas_) out.push_back(node);
  return out;
}

std::optional<Detour> ClusterTopology::after_refusal(const Place& from, std::string_view key,
                                                     std::string_view words, unsigned tries) {
  using Kind = redis::Redirect::Kind;
  const auto redirect = redis::redirect_from(words);
  // Whatever it is that a replica has to say, the owner knows better.
  if (from.node->is_replica) {
    refresh();
    auto owner = owner_of(key);
    return Detour{{owner ? std::move(owner) : next_to_ask()}};
  }
  // A question to this very server, such as its size: what it says of slots is no concern of it.
  if (!redirect || (key.empty() && redirect->kind != Kind::loading)) return std::nullopt;
  if (redirect->kind == Kind::moved || redirect->kind == Kind::ask) {
    const std::string asked = from.node->name.substr(0, from.node->name.rfind(':'));
    const NodePointer to = node_at(redirect->host.empty() ? asked : redirect->host, redirect->port);
    if (redirect->kind == Kind::ask) return Detour{{to, true}};
    moved(*redirect, from.node, to);
    return Detour{{to}, tries < 4 ? Millis{0} : pause_before(tries - 4)};
  }
  if (redirect->kind != Kind::try_again && redirect->kind != Kind::loading) refresh();
  const auto owner = key.empty() ? nullptr : owner_of(key);
  return Detour{{owner ? owner : from.node}, pause_before(tries)};
}

std::optional<Detour> ClusterTopology::after_loss(const Place& from, std::string_view key, Use,
                                                  unsigned tries) {
  refresh();
  const auto owner = key.empty() ? nullptr : owner_of(key);
  const Millis pause = from.node->is_replica ? Millis{0} : pause_before(tries);
  return Detour{{owner ? owner : from.node}, pause};
}

// The one slot at once, for the redirection names it; the rest when the map was read.
void ClusterTopology::moved(const redis::Redirect& redirect, const NodePointer& from,
                            const NodePointer& to) {
  {
    const std::lock_guard guard{mutex_};
    if (!map_->is_owner(redirect.slot, to)) {
      auto changed = std::make_shared<ClusterMap>(*map_);
      changed->give(redirect.slot, to);
      map_ = std::move(changed);
      news_.moved(redirect.slot);
      knows_better_ = from;
    }
  }
  refresh();
}

void ClusterTopology::tell(StoreEvent::Kind kind, const std::string& server,
                           std::string detail) const {
  if (options_.on_event)
    options_.on_event({kind, server, url_.shown + ": " + server + " " + detail});
}

}  // namespace larder::store
