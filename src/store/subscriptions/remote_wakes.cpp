#include "store/subscriptions/remote_wakes.hpp"

#include <atomic>
#include <vector>

#include "base/side_key.hpp"

namespace larder::store {
namespace {

constexpr base::Millis kLinger{60'000};
// Who is not told of one of so many asks half a second later.
constexpr std::size_t kQueueMax = 1024;

redis::Topics topic_of(std::string_view name) {
  return {{redis::TopicKind::shard, base::side_key(name, base::kReleasedTag)}};
}

}  // namespace

/// Takes one message after the other from the feed, on the connections' threads.
class RemoteWakes::Ear final : public Pending<RedisMessage>,
                               public std::enable_shared_from_this<Ear> {
 public:
  Ear(std::weak_ptr<RemoteWakes> owner, std::weak_ptr<Subscriber> from)
      : owner_(std::move(owner)), from_(std::move(from)) {}

  // The next one may be answered within the call that asks for it, or on another thread before that returns: whoever finds
  // somebody asking leaves it to him, so that no stack grows.
  void ask() {
    if (turns_.fetch_add(1) != 0) return;
    do {
      const auto from = from_.lock();
      if (!from) return;
      from->feed().next(shared_from_this());
    } while (turns_.fetch_sub(1) != 1);
  }
  void answered(Result<RedisMessage> message) noexcept override {
    const auto owner = owner_.lock();
    if (!message || !owner) return;
    owner->heard(*message);
    ask();
  }

 private:
  const std::weak_ptr<RemoteWakes> owner_;
  const std::weak_ptr<Subscriber> from_;
  std::atomic<int> turns_{0};
};

/// That a name's channel is subscribed to.
class RemoteWakes::Confirmation final : public Pending<void> {
 public:
  Confirmation(std::weak_ptr<RemoteWakes> owner, std::string name)
      : owner_(std::move(owner)), name_(std::move(name)) {}
  void answered(Result<void> result) noexcept override {
    const auto owner = owner_.lock();
    if (result && owner) owner->confirmed(name_);
  }

 private:
  const std::weak_ptr<RemoteWakes> owner_;
  const std::string name_;
};

// Without memory for it everybody asks.
void RemoteWakes::came(std::string_view name) noexcept {
  try {
    const std::lock_guard changing{changing_};
    begin(name);
  } catch (const std::bad_alloc&) {
  }
}

void RemoteWakes::left(std::string_view name) noexcept {
  try {
    const std::lock_guard changing{changing_};
    end(name);
  } catch (const std::bad_alloc&) {
  }
}

void RemoteWakes::begin(std::string_view name) {
  const auto from = subscriber();
  if (!from) return;
  const redis::Topics topic = topic_of(name);
  std::shared_ptr<Confirmation> asked;
  {
    const std::lock_guard guard{mutex_};
    Name& entry = names_[std::string(name)];
    if (entry.waiting++ != 0) return;
    asked = entry.asked = std::make_shared<Confirmation>(weak_from_this(), std::string(name));
    names_by_channel_.emplace(topic.begin()->name, name);
  }
  from->add(topic);
  from->feed().wait_for(topic, asked);
}

void RemoteWakes::end(std::string_view name) {
  std::shared_ptr<Confirmation> asked;
  const redis::Topics topic = topic_of(name);
  {
    const std::lock_guard guard{mutex_};
    const auto found = names_.find(name);
    if (found == names_.end() || --found->second.waiting != 0) return;
    asked = std::move(found->second.asked);
    names_.erase(found);
    names_by_channel_.erase(topic.begin()->name);
  }
  if (!subscriber_) return;
  subscriber_->remove(topic);
  subscriber_->feed().give_up(asked.get(), Errc::cancelled);
}

std::shared_ptr<Subscriber> RemoteWakes::subscriber() {
  if (subscriber_ || closed_) return subscriber_;
  auto driver = driver_.lock();
  if (!driver) return nullptr;
  subscriber_ = std::make_shared<Subscriber>(std::move(driver),
                                             SubscriptionOptions{.queue_max = kQueueMax}, kLinger);
  std::make_shared<Ear>(weak_from_this(), subscriber_)->ask();
  return subscriber_;
}

void RemoteWakes::close() noexcept {
  std::shared_ptr<Subscriber> gone;
  {
    const std::lock_guard changing{changing_};
    closed_ = true;
    gone.swap(subscriber_);
  }
  if (gone) gone->close();
}

bool RemoteWakes::tells(std::string_view name) const {
  const std::lock_guard guard{mutex_};
  const auto found = names_.find(name);
  return found != names_.end() && found->second.heard && !in_gap_;
}

// What was given back before that may not have been heard.
void RemoteWakes::confirmed(const std::string& name) {
  {
    const std::lock_guard guard{mutex_};
    const auto found = names_.find(name);
    if (found == names_.end()) return;
    found->second.heard = true;
  }
  ring(name, Whom::all);
}

void RemoteWakes::heard(const RedisMessage& message) {
  using Kind = RedisMessage::Kind;
  std::string name;
  {
    const std::lock_guard guard{mutex_};
    if (message.kind == Kind::gap_begins) in_gap_ = true;
    if (message.kind == Kind::gap_ends) in_gap_ = false;
    const auto found = names_by_channel_.find(message.channel);
    if (found != names_by_channel_.end()) name = found->second;
  }
  if (message.kind != Kind::message || message.dropped != 0) ring_all();
  if (message.kind == Kind::message && !name.empty())
    ring(name, message.payload == "one" ? Whom::first : Whom::all);
}

void RemoteWakes::ring_all() {
  std::vector<std::string> names;
  {
    const std::lock_guard guard{mutex_};
    for (const auto& [name, entry] : names_) names.push_back(name);
  }
  for (const auto& name : names) ring(name, Whom::all);
}

}  // namespace larder::store
