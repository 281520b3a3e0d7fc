// RedisSubscription and what Redis has to do with it.
#include <larder/redis.hpp>

#include "store/async_answer.hpp"
#include "store/redis_subscriber.hpp"

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

/// One coroutine's wait for a message.
class Wait final : public store::Stoppable, public std::enable_shared_from_this<Wait> {
 public:
  explicit Wait(std::shared_ptr<store::Subscriber> at) : subscriber_(std::move(at)) {}

  void begin(std::shared_ptr<store::Pending<RedisMessage>> pending) {
    const auto self =
        shared_from_this();  // Once answered, the coroutine may go on, and let go of this.
    pending_ = pending.get();
    subscriber_->feed().next(pending);
    pending->on_cancel(self);
  }
  void stop() override { subscriber_->feed().cancel(pending_); }

 private:
  const std::shared_ptr<store::Subscriber> subscriber_;
  const store::Pending<RedisMessage>* pending_ = nullptr;  ///< To compare with only.
};

}  // namespace

Result<RedisSubscription> Redis::subscribe(const RedisTopics& topics,
                                           const SubscriptionOptions& options) const {
  auto subscriber = std::make_shared<store::Subscriber>(driver_, options);
  auto added = subscriber->add(topics_of(topics), options.deadline);
  if (!added) return added.error();
  return RedisSubscription{std::move(subscriber)};
}

Result<std::int64_t> Redis::publish(std::string_view channel, std::string_view payload,
                                    const RedisCall& call) const {
  const auto reply = command({"PUBLISH", channel, payload}, call);
  if (!reply) return reply.error();
  return reply->as_integer().value_or(0);
}

Result<std::int64_t> Redis::publish_sharded(std::string_view channel, std::string_view payload,
                                            const RedisCall& call) const {
  const auto reply = command({"SPUBLISH", channel, payload}, call);
  if (!reply) return reply.error();
  return reply->as_integer().value_or(0);
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

Task<Result<RedisMessage>> RedisSubscription::async_next() const {
  const auto wait = std::make_shared<Wait>(subscriber_);
  const auto begin = [&wait](std::shared_ptr<store::Pending<RedisMessage>> pending) {
    wait->begin(std::move(pending));
  };
  co_return co_await store::async_answer<RedisMessage>(std::cref(begin));
}

Result<void> RedisSubscription::listen(std::function<void(const RedisMessage&)> handler) {
  return subscriber_->listen(std::move(handler));
}

Result<void> RedisSubscription::add(const RedisTopics& topics, const CallOptions& call) const {
  return subscriber_->add(topics_of(topics), call.deadline);
}

void RedisSubscription::remove(const RedisTopics& topics) const {
  subscriber_->remove(topics_of(topics));
}

std::uint64_t RedisSubscription::dropped() const noexcept { return subscriber_->feed().dropped(); }

}  // namespace larder
