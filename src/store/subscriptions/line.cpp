#include "store/subscriptions/line.hpp"

#include "store/subscriptions/subscriber.hpp"

namespace larder::store {
namespace {

using Heard = redis::Subscriptions::Heard;

// Between two PINGs; what came late by the second is taken for gone.
constexpr base::Millis kBeat{2'000};
constexpr base::Millis kSilenceMax{4'000};
// A PING has no deadline of its own: the connection's silence ends it.
constexpr base::Millis kLong{std::chrono::hours{24 * 365}};

RedisMessage message_of(const Heard& heard) {
  RedisMessage out;
  out.channel = heard.channel;
  if (heard.topic_kind == redis::TopicKind::pattern) out.pattern = heard.topic;
  out.payload = heard.payload;
  return out;
}

}  // namespace

/// Takes in what the connection says, under its lock; what there is to do about it is done after that.
class RedisLine::Ear final : public redis::Listener {
 public:
  Ear(RedisFeed::Line number, std::shared_ptr<RedisFeed> feed)
      : number_(number), feed_(std::move(feed)) {}

  struct Refusal {
    redis::Topic topic;
    std::string words;
  };

  bool hears(const resp::Value& value) override {
    const Heard heard = subscriptions.hear(value);
    const auto topic = [&heard] {
      return redis::Topic{heard.topic_kind, std::string(heard.topic)};
    };
    switch (heard.kind) {
      case Heard::Kind::reply:
        return false;
      case Heard::Kind::nothing:
        break;
      case Heard::Kind::message:
        overflowed |= !feed_->push(message_of(heard));
        break;
      case Heard::Kind::confirmed:
        feed_->confirmed(topic(), number_);
        break;
      case Heard::Kind::refused:
        refusals.push_back({topic(), std::string(heard.payload)});
        break;
      case Heard::Kind::invalidated:
        tell_invalidated(value[1]);
        break;
      case Heard::Kind::withdrawn:
        feed_->withdrawn(topic(), number_);
        withdrawn = true;
        break;
    }
    return true;
  }
  void heard() override {
    if (refusals.empty() && !withdrawn && !overflowed) return;
    if (const auto line = owner.lock()) line->heard();
  }

  redis::Subscriptions subscriptions;
  std::vector<Refusal> refusals;
  bool withdrawn = false;
  bool overflowed = false;
  std::weak_ptr<RedisLine> owner;

 private:
  void tell_invalidated(const resp::Value& keys) {
    RedisMessage message;
    message.kind = RedisMessage::Kind::all_invalidated;
    if (!keys.is_aggregate()) overflowed |= !feed_->push(message);
    message.kind = RedisMessage::Kind::invalidated;
    for (const resp::Value key : keys) {
      message.channel = key.text();
      overflowed |= !feed_->push(message);
    }
  }

  const RedisFeed::Line number_;
  const std::shared_ptr<RedisFeed> feed_;
};

RedisLine::RedisLine(std::weak_ptr<Subscriber> owner, NodePointer node, RedisFeed::Line number,
                     std::shared_ptr<RedisFeed> feed, const base::Clock& clock)
    : owner_(std::move(owner)),
      node_(std::move(node)),
      number_(number),
      feed_(std::move(feed)),
      clock_(clock),
      ear_(std::make_shared<Ear>(number, feed_)) {}

RedisLine::~RedisLine() {
  for (const auto& errand : errands_) errand->abandon();
}

void RedisLine::open() {
  redis::ClientOptions options = node_->options;
  options.asks = {};
  options.listener = ear_;
  options.silence_max = kSilenceMax;
  ear_->owner = weak_from_this();
  options.on_change = [hook = weak_from_this()](const std::optional<Error>& failure) {
    if (const auto line = hook.lock()) line->changed(failure);
  };
  client_.emplace(options, clock_);
  // On the strand, where nothing else of this may run before it: the connection may stand already.
  client_->call_after(base::Nanos::zero(), [hook = weak_from_this()] {
    if (const auto line = hook.lock()) line->begin();
  });
}

void RedisLine::want(redis::Topics topics) {
  client_->call_after(base::Nanos::zero(), [hook = weak_from_this(), topics = std::move(topics)] {
    const auto line = hook.lock();
    if (!line) return;
    line->wanted_ = topics;
    line->sync(false);
  });
}

void RedisLine::begin() {
  begun_ = true;
  sync(true);
  beat();
}

void RedisLine::changed(const std::optional<Error>& failure) {
  connected_ = !failure;
  ear_->subscriptions.reset();
  if (connected_) return sync(true);
  // What was not sent yet belongs to the connection that is gone.
  for (const auto& errand : std::exchange(errands_, {})) errand->abandon();
  feed_->lost(number_, failure->detail);
  if (const auto owner = owner_.lock()) owner->line_failed(*this);
}

void RedisLine::heard() {
  const auto owner = owner_.lock();
  if (!owner) return;
  if (ear_->overflowed) return owner->hang_up();
  for (const auto& refusal : std::exchange(ear_->refusals, {}))
    owner->refused(*this, refusal.topic, refusal.words);
  if (std::exchange(ear_->withdrawn, false)) owner->settle();
}

void RedisLine::sync(bool in_any_case) {
  if (!connected_ || !begun_) return;
  if (!client_->can_push()) refuse_prefixes();
  base::Buffer request;
  if (!ear_->subscriptions.write(wanted_, in_any_case, request)) return;
  while (!errands_.empty() && errands_.front()->is_over()) errands_.pop_front();
  errands_.push_back(redis::Errand::send(
      *client_, request.view(), 1, clock_.now() + kLong, [](const resp::Value&) {},
      [](const std::optional<Error>&) {}));
}

// RESP2 would take the command, and send nothing.
void RedisLine::refuse_prefixes() {
  std::erase_if(wanted_, [this](const redis::Topic& topic) {
    if (topic.kind != redis::TopicKind::prefix) return false;
    feed_->refused(topic, {Errc::unsupported, Effect::refused,
                           client_->name() + ": it speaks RESP2 only, which tells of no changes"});
    return true;
  });
}

void RedisLine::beat() {
  sync(true);
  if (const auto owner = owner_.lock()) owner->settle();
  client_->call_after(kBeat, [hook = weak_from_this()] {
    if (const auto line = hook.lock()) line->beat();
  });
}

}  // namespace larder::store
