// RedisSubscription and what Redis has to do with it.
#include <larder/redis.hpp>

#include <boost/asio/steady_timer.hpp>

#include "store/async_answer.hpp"
#include "store/subscriptions/subscriber.hpp"

namespace larder {
namespace {

redis::Topics topics_of(const RedisTopics& named) {
  redis::Topics out;
  for (const auto& name : named.channels) out.insert({redis::TopicKind::channel, name});
  for (const auto& name : named.patterns) out.insert({redis::TopicKind::pattern, name});
  for (const auto& name : named.shard_channels) out.insert({redis::TopicKind::shard, name});
  for (const auto& prefix : named.key_prefixes) out.insert({redis::TopicKind::prefix, prefix});
  return out;
}

/// One coroutine's wait: for a message, or for topics within a deadline.
class Wait final : public store::Stoppable, public std::enable_shared_from_this<Wait> {
 public:
  explicit Wait(store::RedisFeed& feed) : feed_(feed) {}

  void begin(const std::shared_ptr<store::Pending<RedisMessage>>& pending) {
    const auto self = shared_from_this();  // Once answered, the coroutine may go on without it.
    message_ = pending.get();
    feed_.next(pending);
    pending->on_cancel(self);
  }
  void begin(const std::shared_ptr<store::Pending<void>>& pending, redis::Topics topics,
             boost::asio::steady_timer& deadline) {
    const auto self = shared_from_this();
    topics_ = pending.get();
    deadline.async_wait([hook = weak_from_this()](boost::system::error_code over) {
      const auto wait = hook.lock();
      if (!over && wait) wait->feed_.give_up(wait->topics_, Errc::timeout);
    });
    feed_.wait_for(std::move(topics), pending);
    pending->on_cancel(self);
  }
  void stop() override {
    if (message_) feed_.cancel(message_);
    if (topics_) feed_.give_up(topics_, Errc::cancelled);
  }

 private:
  store::RedisFeed& feed_;
  // To compare with only.
  const store::Pending<RedisMessage>* message_ = nullptr;
  const store::Pending<void>* topics_ = nullptr;
};

Result<void> add_topics(store::Subscriber& to, const redis::Topics& topics, Millis deadline) {
  const auto& access = to.access();
  if (auto here = access.refuse_here()) return *std::move(here);
  const auto end = access.deadline_of(deadline);
  const auto added = to.add(topics);
  auto result = to.feed().wait_for(topics, end - access.clock.now());
  if (!result) to.remove(added);
  return result;
}

Task<Result<void>> async_add_topics(std::shared_ptr<store::Subscriber> to, redis::Topics topics,
                                    Millis deadline) {
  const auto& access = to->access();
  boost::asio::steady_timer timer(access.context,
                                  access.deadline_of(deadline) - access.clock.now());
  const auto added = to->add(topics);
  const auto wait = std::make_shared<Wait>(to->feed());
  const auto begin = [&](const std::shared_ptr<store::Pending<void>>& pending) {
    wait->begin(pending, topics, timer);
  };
  auto result = co_await store::async_answer<void>(std::cref(begin));
  if (!result) to->remove(added);
  co_return result;
}

Task<Result<RedisSubscription>> begin_subscription(std::shared_ptr<StoreDriver> driver,
                                                   redis::Topics topics,
                                                   SubscriptionOptions options) {
  auto subscriber = std::make_shared<store::Subscriber>(std::move(driver), options);
  // A variable of its own: GCC 12 destroys twice what is passed by value inside a co_await.
  auto adding = async_add_topics(subscriber, std::move(topics), options.deadline);
  const auto added = co_await std::move(adding);
  if (!added) co_return added.error();
  co_return RedisSubscription{std::move(subscriber)};
}

Task<Result<RedisMessage>> next_of(std::shared_ptr<store::Subscriber> subscriber) {
  const auto wait = std::make_shared<Wait>(subscriber->feed());
  const auto begin = [&wait](const std::shared_ptr<store::Pending<RedisMessage>>& pending) {
    wait->begin(pending);
  };
  co_return co_await store::async_answer<RedisMessage>(std::cref(begin));
}

}  // namespace

Result<RedisSubscription> Redis::subscribe(const RedisTopics& topics,
                                           const SubscriptionOptions& options) const {
  auto subscriber = std::make_shared<store::Subscriber>(driver_, options);
  auto added = add_topics(*subscriber, topics_of(topics), options.deadline);
  if (!added) return added.error();
  return RedisSubscription{std::move(subscriber)};
}

Task<Result<RedisSubscription>> Redis::async_subscribe(const RedisTopics& topics,
                                                       const SubscriptionOptions& options) const {
  return begin_subscription(driver_, topics_of(topics), options);
}

RedisSubscription::RedisSubscription(std::shared_ptr<store::Subscriber> subscriber) noexcept
    : subscriber_(std::move(subscriber)) {}
RedisSubscription::RedisSubscription(RedisSubscription&&) noexcept = default;

RedisSubscription& RedisSubscription::operator=(RedisSubscription&& other) noexcept {
  if (this == &other) return *this;
  close();
  subscriber_ = std::move(other.subscriber_);
  return *this;
}

RedisSubscription::~RedisSubscription() { close(); }

void RedisSubscription::close() noexcept {
  if (subscriber_) subscriber_->close();
}

Result<std::optional<RedisMessage>> RedisSubscription::next(Millis at_most) const {
  if (auto here = subscriber_->access().refuse_here()) return *std::move(here);
  return subscriber_->feed().next(at_most);
}

Task<Result<RedisMessage>> RedisSubscription::async_next() const { return next_of(subscriber_); }

Result<void> RedisSubscription::listen(std::function<void(const RedisMessage&)> handler) {
  return subscriber_->listen(std::move(handler));
}

Result<void> RedisSubscription::add(const RedisTopics& topics, const CallOptions& call) const {
  return add_topics(*subscriber_, topics_of(topics), call.deadline);
}

Task<Result<void>> RedisSubscription::async_add(const RedisTopics& topics,
                                                const CallOptions& call) const {
  return async_add_topics(subscriber_, topics_of(topics), call.deadline);
}

void RedisSubscription::remove(const RedisTopics& topics) const {
  subscriber_->remove(topics_of(topics));
}

std::uint64_t RedisSubscription::dropped() const noexcept { return subscriber_->feed().dropped(); }

}  // namespace larder
