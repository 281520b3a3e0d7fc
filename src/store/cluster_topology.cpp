#include "store/cluster_topology.hpp"

#include <algorithm>
#include <condition_variable>

#include "redis/reply_error.hpp"
#include "store/redis_client_options.hpp"

namespace larder::store {
namespace {

// Who has which slot and who copies it; then how old each claim is.
constexpr std::string_view kQuestion =
    "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n*2\r\n$7\r\nCLUSTER\r\n$5\r\nNODES\r\n";

// While a server that has slots is away, its heir is looked for so often; else, to see new servers and old ones gone.
constexpr Millis kLookWhileOneIsAway{100};
constexpr Millis kLookInPeace{1'000};
// Where replicas are read: one that hangs is noticed by these looks, and its callers wait so long.
constexpr Millis kLookAtReplicas{500};
constexpr Millis kSlotsAnswerTime{500};
constexpr Millis kAnswersOfOneWithoutSlots{500};

}  // namespace

/// What came back of one question.
struct ClusterTopology::Answer {
  redis::SlotNews::Order asked = 0;
  std::uint32_t replies = 0;
  std::optional<std::vector<redis::SlotRange>> ranges;
  std::optional<Error> refused;

  void read(const resp::Value& reply, const std::string& host) {
    if (replies++ > 0) {
      // Who may not ask for it has answers in their order only.
      if (ranges && reply.is_text() && !reply.is_error()) redis::add_epochs(*ranges, reply.text());
      return;
    }
    ranges = redis::read_slots(reply, host);
    if (reply.is_error()) refused = redis::error_from(reply.text());
  }
};

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

/// Who told us that a slot had moved; else those that answer come first, in turn.
NodePointer ClusterTopology::next_to_ask() {
  const std::lock_guard guard{mutex_};
  NodePointer better = std::exchange(knows_better_, nullptr);
  if (better && better->client.is_well(kHesitates)) return better;
  std::vector<NodePointer> well, others;
  for (const auto& [address, node] : nodes_) {
    (node->client.is_well(kHesitates) ? well : others).push_back(node);
  }
  const auto& from = well.empty() ? others : well;
  return from[turn_++ % from.size()];
}

void ClusterTopology::refresh() {
  {
    const std::lock_guard guard{mutex_};
    if (closed_) return;
    if (asking_) {
      wanted_ = true;
      return;
    }
    asking_ = true;
  }
  ask();
}

void ClusterTopology::ask() {
  const NodePointer node = next_to_ask();
  const auto answer = std::make_shared<Answer>();
  {
    const std::lock_guard guard{mutex_};
    answer->asked = news_.ask();
  }
  auto errand = redis::Errand::send(
      node->client, kQuestion, 2, clock_.now() + kSlotsAnswerTime,
      [answer, host = node->name.substr(0, node->name.rfind(':'))](const resp::Value& reply) {
        answer->read(reply, host);
      },
      [hook = weak_from_this(), node, answer](std::optional<Error> failure) {
        const auto self = hook.lock();
        if (self) self->answered(node, *answer, failure ? std::move(failure) : answer->refused);
      });
  {
    const std::lock_guard guard{mutex_};
    if (!closed_) {
      errand_ = std::move(errand);
      return;
    }
  }
  errand->abandon();  // It was closed while we asked: nobody else would take this back.
}

void ClusterTopology::answered(const NodePointer& by, const Answer& answer,
                               std::optional<Error> failure) {
  const bool good = answer.ranges && !answer.ranges->empty();
  if (good) learn(answer);
  for (const auto& node : replicas()) leave_if_it_hangs(*node);
  bool away = false;
  for (const auto& node : all()) {
    const auto stats = node->client.stats();
    away = away || !stats.connected || stats.oldest_unanswered > kHangs;
  }
  bool again = false;
  {
    const std::lock_guard guard{mutex_};
    asking_ = false;
    again = std::exchange(wanted_, false);
    if (good) {
      ++answers_;
    } else if (failure) {
      last_failure_ = std::move(failure);
      if (last_failure_->code == Errc::server_error) {
        last_failure_->code = Errc::unsupported;
        last_failure_->detail = by->client.name() + ": " + last_failure_->detail;
      }
    } else {
      last_failure_ = Error{Errc::unreachable, Effect::not_sent,
                            by->client.name() + ": no slot of the cluster is dealt out yet"};
    }
  }
  known_.notify_all();
  ask_again_in(again || away || !good ? kLookWhileOneIsAway
               : url_.reads_replicas  ? kLookAtReplicas
                                      : kLookInPeace);
}

// What the new map no longer names has nothing to wait for: its callers ask the heirs.
void ClusterTopology::learn(const Answer& answer) {
  std::vector<NodePointer> owners;
  for (const auto& range : *answer.ranges) {
    owners.push_back(node_at(range.owner.host, range.owner.port));
  }
  auto with_replicas = std::make_shared<ClusterMap>();
  learn_replicas(*with_replicas, answer, owners);
  MapPointer old, fresh;
  std::vector<NodePointer> gone;
  {
    const std::lock_guard guard{mutex_};
    auto now = merged(answer, owners);
    for (std::size_t i = 0; i < now->owners.size(); ++i) {
      now->replicas[i] = with_replicas->replicas[with_replicas->index_of(now->owners[i])];
    }
    fresh = std::move(now);
    old = std::exchange(map_, fresh);
    for (const auto& node : old->owners) {
      if (std::find(fresh->owners.begin(), fresh->owners.end(), node) == fresh->owners.end())
        gone.push_back(node);
    }
  }
  for (const auto& node : fresh->owners) {
    if (!old->owners.empty() &&
        std::find(old->owners.begin(), old->owners.end(), node) == old->owners.end()) {
      tell(StoreEvent::Kind::slots_moved, node->name, "has slots now");
    }
  }
  for (const auto& node : gone) {
    tell(StoreEvent::Kind::slots_moved, node->name, "has no slot any more");
    let_go(node);
  }
}

// Of slots that the answer does not deal out the owner we know is left: it says itself that nobody has them.
std::shared_ptr<ClusterMap> ClusterTopology::merged(const Answer& answer,
                                                    std::span<const NodePointer> owners) {
  auto fresh = std::make_shared<ClusterMap>();
  news_.begin_answer(answer.asked, nodes_.size());
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const auto& range = (*answer.ranges)[i];
    for (std::uint32_t slot = range.first; slot <= range.last; ++slot) {
      const bool as_known = map_->is_owner(slot, owners[i]);
      if (news_.believes(slot, as_known, range.epoch)) fresh->give(slot, owners[i]);
    }
  }
  news_.end_answer();
  for (std::uint32_t slot = 0; slot < redis::kSlots; ++slot) {
    if (fresh->of_slot[slot] != ClusterMap::kNobody) continue;
    if (const auto owner = map_->owner(slot)) fresh->give(slot, owner);
  }
  return fresh;
}

// Those that are not named any more go: what they were asked last is asked of the owners.
void ClusterTopology::learn_replicas(ClusterMap& map, const Answer& answer,
                                     std::span<const NodePointer> owners) {
  if (!url_.reads_replicas) return;
  std::vector<NodePointer> named;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    auto& some = map.replicas[map.index_of(owners[i])];
    some.clear();  // An owner has as many ranges as it has holes between its slots.
    for (const auto& server : (*answer.ranges)[i].replicas) some.push_back(replica_at(server));
    named.insert(named.end(), some.begin(), some.end());
  }
  std::vector<NodePointer> gone;
  {
    const std::lock_guard guard{mutex_};
    std::erase_if(replicas_, [&](const auto& one) {
      if (std::find(named.begin(), named.end(), one.second) != named.end()) return false;
      gone.push_back(one.second);
      return true;
    });
  }
  for (const auto& node : gone) node->evict("it is no replica of a slot any more");
}

// One that answers still tells its callers where to go. Of one that does not, nobody should wait for an answer: what was not
// sent is asked of the heirs.
void ClusterTopology::let_go(const NodePointer& node) {
  const char* const why = "it has no slot of the cluster any more";
  const auto stats = node->client.stats();
  if (!stats.connected || stats.oldest_unanswered > kAnswersOfOneWithoutSlots) {
    return node->evict(why);
  }
  node->client.call_after(kAnswersOfOneWithoutSlots, [hook = weak_from_this(), why,
                                                      late = std::weak_ptr(node)] {
    const auto self = hook.lock();
    const auto still = late.lock();
    if (!self || !still || still->client.stats().oldest_unanswered < kAnswersOfOneWithoutSlots) {
      return;
    }
    const auto now = self->map()->owners;
    if (std::find(now.begin(), now.end(), still) == now.end()) still->evict(why);
  });
}

void ClusterTopology::ask_again_in(base::Millis time) {
  NodePointer any;
  {
    const std::lock_guard guard{mutex_};
    if (closed_ || timer_armed_ || nodes_.empty()) return;
    timer_armed_ = true;
    any = nodes_.begin()->second;
  }
  any->client.call_after(time, [hook = weak_from_this()] {
    const auto self = hook.lock();
    if (!self) return;
    {
      const std::lock_guard guard{self->mutex_};
      self->timer_armed_ = false;
    }
    self->refresh();
  });
}

void ClusterTopology::tell(StoreEvent::Kind kind, const std::string& server,
                           std::string detail) const {
  if (options_.on_event)
    options_.on_event({kind, server, url_.shown + ": " + server + " " + detail});
}

}  // namespace larder::store
