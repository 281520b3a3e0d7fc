#include "store/servers/ring_topology.hpp"

#include <algorithm>

#include "store/redis/client_options.hpp"

namespace larder::store {
namespace {

std::vector<bool> living_of(const std::vector<NodePointer>& nodes) {
  std::vector<bool> living;
  living.reserve(nodes.size());
  for (const auto& node : nodes) living.push_back(!node->dead);
  return living;
}

Error is_dead(const RedisNode& node) {
  return {Errc::unreachable, Effect::not_sent,
          node.client.name() + ": " + node.name + " does not answer; its keys are out of reach"};
}

}  // namespace

Result<std::unique_ptr<RingTopology>> RingTopology::make(const ServersUrl& url,
                                                         const StoreOptions& options, bool foreign,
                                                         const base::Clock& clock) {
  std::unique_ptr<RingTopology> self{new RingTopology{url, options, foreign, clock}};
  std::vector<NodePointer> nodes;
  for (std::size_t i = 0; i < url.servers.size(); ++i) {
    auto node = self->open_node(url.servers[i], url.ring.nodes[i].name);
    if (!node) return node.error();
    nodes.push_back(*std::move(node));
  }
  if (auto made = self->exchange(url.ring.nodes, nodes); !made) return made.error();
  for (const auto& node : nodes) self->watch(node);
  return self;
}

RingTopology::~RingTopology() {
  for (const auto& [node, prober] : probers_) prober->stop();
}

void RingTopology::watch(const NodePointer& node) {
  const auto prober = std::make_shared<RingProber>(
      node, RingProber::Rules{url_.ring.probe, url_.ring.dead_after, url_.ring.rehash},
      options_.on_event);
  prober->begin();
  probers_.emplace_back(node, prober);
}

void RingTopology::unwatch(const NodePointer& node) {
  std::erase_if(probers_, [&](const auto& watched) {
    if (watched.first == node) watched.second->stop();
    return watched.first == node;
  });
}

void RingTopology::tell(StoreEvent::Kind kind, const RedisNode& node) const {
  if (options_.on_event) options_.on_event({kind, node.name, node.client.name()});
}

Result<NodePointer> RingTopology::open_node(const RedisUrl& server, const std::string& name) {
  const auto client = client_options(server, options_);
  if (!client) return client.error();
  return std::make_shared<RedisNode>(name, next_number_++ % kScanServersMax, *client, clock_);
}

RingTopology::RingPointer RingTopology::ring() const {
  const std::lock_guard guard{mutex_};
  return ring_;
}

Result<void> RingTopology::exchange(std::vector<redis::PlacedNode> placed,
                                    std::vector<NodePointer> nodes) {
  auto placement = redis::Placement::make(url_.ring.scheme, std::move(placed), url_.ring.splits);
  if (!placement) {
    return Error{Errc::bad_argument, Effect::refused, url_.shown + " " + placement.error().detail};
  }
  auto changed = std::make_shared<const Ring>(Ring{*std::move(placement), std::move(nodes)});
  const std::lock_guard guard{mutex_};
  ring_ = std::move(changed);
  return {};
}

Result<Place> RingTopology::place(std::string_view key, Use use) {
  const auto now = ring();
  const NodePointer& home = now->nodes[now->placement.place(key)];
  if (!home->dead) [[likely]]
    return Place{home};
  if (url_.ring.rehash && use != Use::hold) {
    const NodePointer& heir = now->nodes[now->placement.place_among(key, living_of(now->nodes))];
    if (!heir->dead) return Place{heir};
  }
  if (use == Use::read) return Place{};
  return is_dead(*home);
}

std::vector<NodePointer> RingTopology::all() const {
  auto nodes = ring()->nodes;
  std::sort(nodes.begin(), nodes.end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
  return nodes;
}

bool RingTopology::is_at_home(const RedisNode& node, std::string_view key) const {
  const auto now = ring();
  const NodePointer& home = now->nodes[now->placement.place(key)];
  if (home.get() == &node) return true;
  if (!url_.ring.rehash || !home->dead) return false;
  return now->nodes[now->placement.place_among(key, living_of(now->nodes))].get() == &node;
}

Result<void> RingTopology::add_server(std::string_view server, const ServerOptions& options) {
  const std::lock_guard guard{changing_};
  const auto read = read_server(server, url_.servers.front());
  if (!read) return read.error();
  const std::string name = options.name.empty() ? std::string(server) : options.name;
  auto placed = ring()->placement.nodes();
  placed.push_back({name, options.weight});
  // Asked before a connection is made: most mistakes are in the words.
  if (auto fits = redis::Placement::make(url_.ring.scheme, placed, url_.ring.splits); !fits) {
    return Error{Errc::bad_argument, Effect::refused, url_.shown + " " + fits.error().detail};
  }
  auto node = open_node(*read, name);
  if (!node) return node.error();
  if (!foreign_) {
    const auto ready = (*node)->client.wait_until_ready(options_.connect_timeout * 2);
    if (!ready) return ready.error();
  }
  auto nodes = ring()->nodes;
  nodes.push_back(*node);
  if (auto changed = exchange(std::move(placed), std::move(nodes)); !changed) return changed;
  watch(*node);
  tell(StoreEvent::Kind::server_added, **node);
  return {};
}

Result<void> RingTopology::remove_server(std::string_view name) {
  const std::lock_guard guard{changing_};
  auto placed = ring()->placement.nodes();
  auto nodes = ring()->nodes;
  const auto found = std::find_if(placed.begin(), placed.end(),
                                  [&](const auto& node) { return node.name == name; });
  if (found == placed.end()) {
    return Error{Errc::bad_argument, Effect::refused,
                 url_.shown + " has no server named " + std::string(name)};
  }
  if (url_.ring.scheme == redis::Scheme::jump && found + 1 != placed.end()) {
    return Error{
        Errc::bad_argument, Effect::refused,
        url_.shown + ": with scheme=jump only the last server can go, " + placed.back().name};
  }
  const NodePointer gone = nodes[static_cast<std::size_t>(found - placed.begin())];
  nodes.erase(nodes.begin() + (found - placed.begin()));
  placed.erase(found);
  if (auto changed = exchange(std::move(placed), std::move(nodes)); !changed) return changed;
  unwatch(gone);
  tell(StoreEvent::Kind::server_removed, *gone);
  return {};
}

}  // namespace larder::store
