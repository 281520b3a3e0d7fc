// ClusterTopology as it looks: asks who has which slot, now and again, and believes of the answers what is newer than what it
// knows.
#include <algorithm>

#include "redis/reply_error.hpp"
#include "store/servers/cluster_topology.hpp"

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

}  // namespace larder::store
