#include "server/pub_sub.hpp"

#include <algorithm>
#include <initializer_list>

#include "base/glob.hpp"
#include "base/limits.hpp"
#include "resp/writer.hpp"
#include "server/settings.hpp"

namespace larder::server {
namespace {

namespace limits = base::limits;

/// What a subscription takes beside its name: places in two tables and a list.
constexpr std::size_t kSubscriptionBytes = 256;

constexpr std::size_t kFrameKeptBytes = 64 * limits::kKiB;

void write_frame(base::Buffer& frame, std::initializer_list<std::string_view> words) {
  if (frame.capacity() > kFrameKeptBytes) frame.release();
  frame.clear();
  resp::Writer writer(frame);
  writer.array(words.size());
  for (const std::string_view word : words) writer.bulk(word);
}

}  // namespace

Subscriber::~Subscriber() { pub_sub_.unsubscribe_all(*this); }

PubSub::PubSub(const OutputLimit& limit, base::HashKey hash_key)
    : limit_(limit),
      topics_{Topics(0, Hash{hash_key}), Topics(0, Hash{hash_key}), Topics(0, Hash{hash_key})} {}

PubSub::Outcome PubSub::subscribe(Subscriber& who, TopicKind kind, std::string_view name) {
  const bool is_pattern = kind == TopicKind::pattern;
  if (name.size() > (is_pattern ? limits::kPatternBytesMax : limits::kChannelBytesMax)) {
    return Outcome::name_too_long;
  }
  const std::lock_guard lock(mutex_);
  Topics& topics = topics_of_kind(kind);
  const auto found = topics.find(name);
  const auto i = static_cast<std::size_t>(kind);
  auto& own = who.topics_[i];
  if (found != topics.end() && own.contains(&found->second)) return Outcome::done;
  const std::size_t bytes = kSubscriptionBytes + name.size();
  if (who.bytes_ + bytes > limits::kSubscribedBytesMax) return Outcome::too_many;
  const auto at = found != topics.end() ? found : topics.emplace(std::string(name), Topic{}).first;
  Topic& topic = at->second;
  topic.name = at->first;
  const auto place = own.emplace(&topic, Subscription{&who, topic.subscriptions.size()}).first;
  topic.subscriptions.push_back(&place->second);
  who.bytes_ = who.bytes_ + bytes;
  who.counts_[i] = who.counts_[i] + 1;
  subscriptions_.fetch_add(1, std::memory_order_relaxed);
  return Outcome::done;
}

bool PubSub::unsubscribe(Subscriber& who, TopicKind kind, std::string_view name) {
  const std::lock_guard lock(mutex_);
  Topics& topics = topics_of_kind(kind);
  const auto found = topics.find(name);
  if (found == topics.end()) return false;
  auto& own = who.topics_[static_cast<std::size_t>(kind)];
  const auto place = own.find(&found->second);
  if (place == own.end()) return false;
  leave(who, kind, found->second);
  return true;
}

/// The last of the list takes the place that gets free.
void PubSub::leave(Subscriber& who, TopicKind kind, Topic& topic) {
  const auto i = static_cast<std::size_t>(kind);
  const auto own = who.topics_[i].find(&topic);
  const std::size_t place = own->second.place;
  topic.subscriptions[place] = topic.subscriptions.back();
  topic.subscriptions[place]->place = place;
  topic.subscriptions.pop_back();
  who.topics_[i].erase(own);
  who.bytes_ = who.bytes_ - kSubscriptionBytes - topic.name.size();
  who.counts_[i] = who.counts_[i] - 1;
  subscriptions_.fetch_sub(1, std::memory_order_relaxed);
  Topics& topics = topics_of_kind(kind);
  if (topic.subscriptions.empty()) topics.erase(topics.find(topic.name));
}

std::vector<std::string> PubSub::topics_of(const Subscriber& who, TopicKind kind) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [topic, place] : who.topics_[static_cast<std::size_t>(kind)])
    names.emplace_back(topic->name);
  std::sort(names.begin(), names.end());
  return names;
}

void PubSub::unsubscribe_all(Subscriber& who) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kTopicKinds; ++i) {
    while (!who.topics_[i].empty())
      leave(who, static_cast<TopicKind>(i), *who.topics_[i].begin()->first);
  }
}

std::size_t PubSub::publish(std::string_view channel, std::string_view message) {
  if (nobody_listens()) return 0;
  const std::lock_guard lock(mutex_);
  std::size_t sent = 0;
  const Topics& channels = topics_of_kind(TopicKind::channel);
  if (const auto found = channels.find(channel); found != channels.end()) {
    write_frame(frame_, {"message", channel, message});
    sent += send(found->second);
  }
  for (const auto& [pattern, topic] : topics_of_kind(TopicKind::pattern)) {
    if (!base::glob_match(pattern, channel)) continue;
    write_frame(frame_, {"pmessage", pattern, channel, message});
    sent += send(topic);
  }
  return sent;
}

std::size_t PubSub::publish_sharded(std::string_view channel, std::string_view message) {
  if (nobody_listens()) return 0;
  const std::lock_guard lock(mutex_);
  const Topics& channels = topics_of_kind(TopicKind::shard);
  const auto found = channels.find(channel);
  if (found == channels.end()) return 0;
  write_frame(frame_, {"smessage", channel, message});
  return send(found->second);
}

/// frame_ to all of the topic.
std::size_t PubSub::send(const Topic& topic) {
  const std::size_t hard = limit_.hard_bytes;
  const std::size_t most = hard != 0 ? hard : limits::kOutputLastBytesMax;
  const std::string_view frame = frame_.view().substr(1);
  for (const Subscription* subscription : topic.subscriptions)
    subscription->who->mailbox.put(frame, most);
  return topic.subscriptions.size();
}

std::size_t PubSub::topics(TopicKind kind) const {
  const std::lock_guard lock(mutex_);
  return topics_of_kind(kind).size();
}

std::size_t PubSub::subscribers(TopicKind kind, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const Topics& topics = topics_of_kind(kind);
  const auto found = topics.find(name);
  return found == topics.end() ? 0 : found->second.subscriptions.size();
}

std::vector<std::string> PubSub::names(TopicKind kind, std::string_view pattern) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& [name, topic] : topics_of_kind(kind)) {
    if (base::glob_match(pattern, name)) found.push_back(name);
  }
  return found;
}

}  // namespace larder::server
