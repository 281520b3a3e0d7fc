#include "store/servers/sentinel_topology.hpp"

#include <atomic>
#include <mutex>

#include "redis/redirect.hpp"
#include "store/redis/client_options.hpp"

namespace larder::store {
namespace {

// How often the sentinels are asked while all is well: a primary that hangs breaks no connection, so only they tell; and
// what they told on their own may have been missed.
constexpr Millis kAskEvery{500};
constexpr Millis kSentinelAnswerTime{500};

}  // namespace

/// Answers the client's own questions, and asks again while it is connected: what the sentinels name then and what it was
/// told differ after a failover.
class SentinelTopology::Watch final : public redis::Locator,
                                      public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::shared_ptr<redis::SentinelLocator> sentinels, std::string name,
        std::function<void(const StoreEvent&)> on_event)
      : sentinels_(std::move(sentinels)), name_(std::move(name)), on_event_(std::move(on_event)) {}

  void locate(std::function<void(Result<net::Endpoint>)> found) override {
    sentinels_->locate(
        [hook = weak_from_this(), found = std::move(found)](Result<net::Endpoint> answer) {
          const auto watch = hook.lock();
          if (watch && answer) watch->told(*answer);
          found(std::move(answer));
        });
  }

  void begin(const NodePointer& node, const NodePointer& replica) {
    node_ = node;
    replica_ = replica;
    again();
  }

  /// Is the primary another? Asks at once.
  void look(void (*then)(Watch& watch) = [](Watch&) {}) {
    sentinels_->locate([hook = weak_from_this(), then](const Result<net::Endpoint>& answer) {
      const auto watch = hook.lock();
      if (!watch) return;
      const auto node = watch->node_.lock();
      if (node && answer && watch->is_news(*answer)) {
        node->reconnect("the sentinels name another primary, " + net::to_string(*answer));
      }
      then(*watch);
    });
  }

 private:
  void again() {
    const auto node = node_.lock();
    if (!node) return;
    node->client.call_after(kAskEvery, [hook = weak_from_this()] {
      if (const auto watch = hook.lock()) watch->ask();
    });
  }

  void ask() {
    if (const auto replica = replica_.lock()) leave_if_it_hangs(*replica);
    look([](Watch& watch) { watch.again(); });
  }

  bool is_news(const net::Endpoint& primary) {
    const std::lock_guard guard{mutex_};
    return !last_.empty() && last_ != net::to_string(primary);
  }

  void told(const net::Endpoint& primary) {
    const std::string now = net::to_string(primary);
    {
      const std::lock_guard guard{mutex_};
      if (last_ == now) return;
      const bool first = last_.empty();
      last_ = now;
      if (first) return;
    }
    // It may be the primary now, or be about to follow another.
    if (const auto replica = replica_.lock()) replica->reconnect("the primary is another");
    if (on_event_)
      on_event_({StoreEvent::Kind::primary_changed, now, name_ + ": the primary is " + now});
  }

  const std::shared_ptr<redis::SentinelLocator> sentinels_;
  const std::string name_;
  const std::function<void(const StoreEvent&)> on_event_;
  std::weak_ptr<RedisNode> node_, replica_;
  std::mutex mutex_;
  std::string last_;  ///< Guarded by mutex_: the primary that the client was told.
};

/// Where a replica is.
class SentinelTopology::Replicas final : public redis::Locator {
 public:
  explicit Replicas(std::shared_ptr<redis::SentinelLocator> sentinels)
      : sentinels_(std::move(sentinels)) {}
  void locate(std::function<void(Result<net::Endpoint>)> found) override {
    sentinels_->locate_replica(std::move(found));
  }

 private:
  const std::shared_ptr<redis::SentinelLocator> sentinels_;
};

Result<std::unique_ptr<SentinelTopology>> SentinelTopology::make(const ServersUrl& url,
                                                                 const StoreOptions& options,
                                                                 const base::Clock& clock) {
  std::vector<redis::ClientOptions> sentinels;
  for (RedisUrl sentinel : url.servers) {
    sentinel.user = url.sentinel_user;
    sentinel.password = url.sentinel_password;
    sentinel.database = 0;
    StoreOptions plain = options;
    plain.user.clear();
    plain.password.clear();
    auto client = client_options(sentinel, plain);
    if (!client) return client.error();
    client->asks = {};
    sentinels.push_back(*std::move(client));
  }
  auto primary = client_options(url.servers.front(), options);
  if (!primary) return primary.error();
  const auto locator =
      std::make_shared<redis::SentinelLocator>(sentinels, url.primary, kSentinelAnswerTime, clock);
  const auto watch = std::make_shared<Watch>(locator, url.shown, options.on_event);
  NodePointer replica;
  if (url.reads_replicas) {
    redis::ClientOptions to_replica = *primary;
    to_replica.locator = std::make_shared<Replicas>(locator);
    to_replica.shown = url.shown + " (a replica)";
    to_replica.identity.wants_replica = true;
    replica = std::make_shared<RedisNode>("replica", 0, to_replica, clock);
  }
  primary->locator = watch;
  primary->shown = url.shown;
  primary->identity.wants_primary = true;
  const auto node = std::make_shared<RedisNode>(url.primary, 0, *primary, clock);
  watch->begin(node, replica);
  // Each tells when it has heard itself, so that in the end most of them name the new one.
  const auto look = [hook = std::weak_ptr(watch)] {
    if (const auto still = hook.lock()) still->look();
  };
  auto news = redis::SentinelNews::listen(sentinels, url.primary, look, clock);
  return std::unique_ptr<SentinelTopology>{
      new SentinelTopology{node, replica, locator, watch, std::move(news)}};
}

SentinelTopology::~SentinelTopology() { sentinels_->close(); }

std::vector<ServerHealth> SentinelTopology::health() const {
  std::vector<ServerHealth> out{node_->health()};
  if (replica_) out.push_back(replica_->health());
  for (auto& [address, health] : sentinels_->health()) {
    ServerHealth one{"sentinel", std::move(address)};
    one.state = health.connected ? ServerHealth::State::up : ServerHealth::State::connecting;
    one.last_failure = health.last_failure;
    out.push_back(std::move(one));
  }
  return out;
}

Result<Place> SentinelTopology::place(std::string_view, Use use) {
  if (use == Use::glance && replica_ && replica_->client.is_well(kHesitates))
    return Place{replica_};
  return Place{node_};
}

std::vector<NodePointer> SentinelTopology::replicas() const {
  if (replica_) return {replica_};
  return {};
}

std::optional<Detour> SentinelTopology::after_refusal(const Place& from, std::string_view,
                                                      std::string_view words, unsigned tries) {
  using Kind = redis::Redirect::Kind;
  const auto redirect = redis::redirect_from(words);
  if (!redirect) return std::nullopt;
  const bool passes = redirect->kind == Kind::loading || redirect->kind == Kind::read_only ||
                      redirect->kind == Kind::primary_down;
  if (!passes) return std::nullopt;
  if (from.node->is_replica) return Detour{{node_}};
  return Detour{from, pause_before(tries)};
}

std::optional<Detour> SentinelTopology::after_loss(const Place&, std::string_view, Use,
                                                   unsigned tries) {
  return Detour{{node_}, tries == 0 ? Millis{0} : pause_before(tries)};
}

}  // namespace larder::store
