// PubSub: who is subscribed to what, and who gets what is published. Knows no socket.
//
// One lock orders everything. Who publishes writes the message into the mailbox of each subscriber while holding it, so
// all of them see the messages of all channels in one order, as Redis' single thread has it. A subscriber's own thread
// takes them from there (server/mailbox). While nobody is subscribed to anything, publishing is a look at one number.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/buffer.hpp"
#include "base/hash.hpp"
#include "server/mailbox.hpp"
#include "server/shown.hpp"

namespace larder::server {

class PubSub;
class Subscriber;
struct OutputLimit;

/// What one can subscribe to. Sharded channels are names of their own: here one server has all of them.
enum class TopicKind : std::uint8_t { channel, pattern, shard };
inline constexpr std::size_t kTopicKinds = 3;

struct Subscription;

/// A channel or pattern that somebody is subscribed to.
struct Topic {
  std::string_view name;  // The key of its place in the table.
  std::vector<Subscription*> subscriptions;
};

/// One subscriber's place in one topic.
struct Subscription {
  Subscriber* who;
  std::size_t place;  // In the topic's list.
};

/// What a connection has subscribed to, and its mailbox. Made by its first SUBSCRIBE.
///
/// Threads   Of its connection; others read the counts, and PubSub reaches the mailbox.
/// Lifetime  Ends before the PubSub, and ends all its subscriptions.
class Subscriber {
 public:
  Subscriber(PubSub& pub_sub, std::uint64_t client, ClientKeeper* keeper, std::uint8_t protocol)
      : mailbox(client, keeper, protocol), pub_sub_(pub_sub) {}
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  std::size_t count(TopicKind kind) const noexcept { return counts_[static_cast<int>(kind)]; }
  bool is_subscribed() const noexcept {
    return count(TopicKind::channel) + count(TopicKind::pattern) + count(TopicKind::shard) > 0;
  }
  /// Memory for subscriptions and messages.
  std::size_t memory_bytes() const noexcept {
    return sizeof *this + bytes_ + mailbox.memory_bytes();
  }

  Mailbox mailbox;

 private:
  friend class PubSub;

  PubSub& pub_sub_;
  std::array<Shown<std::uint32_t>, kTopicKinds> counts_{};
  Shown<std::size_t> bytes_ = 0U;
  // Guarded by the PubSub's lock; places in it stay where they are.
  std::array<std::unordered_map<Topic*, Subscription>, kTopicKinds> topics_;
};

/// Threads  Safe from any. May be called under shards' locks, and takes none of them.
class PubSub {
 public:
  /// `limit`: of subscribers, client-output-buffer-limit. Outlives this.
  explicit PubSub(const OutputLimit& limit, base::HashKey hash_key);

  /// What became of a wish to subscribe.
  enum class Outcome : std::uint8_t { done, name_too_long, too_many };
  /// Twice is once.
  Outcome subscribe(Subscriber& who, TopicKind kind, std::string_view name);
  /// False: it was not subscribed to that.
  bool unsubscribe(Subscriber& who, TopicKind kind, std::string_view name);
  /// The names of one's topics of a kind, in their order.
  std::vector<std::string> topics_of(const Subscriber& who, TopicKind kind) const;
  void unsubscribe_all(Subscriber& who);

  /// To anything: publishing would be in vain.
  bool nobody_listens() const noexcept {
    return subscriptions_.load(std::memory_order_relaxed) == 0;
  }
  /// Sends to all who are subscribed to the channel, and to patterns that match it. Returns how often it was sent.
  /// Cost: one relaxed load while nobody is subscribed to anything; else a lock, a lookup, a match for each pattern and
  /// a copy for each who gets it.
  std::size_t publish(std::string_view channel, std::string_view message);
  /// The same of a sharded channel, which no pattern matches.
  std::size_t publish_sharded(std::string_view channel, std::string_view message);

  /// How many topics of a kind somebody is subscribed to.
  std::size_t topics(TopicKind kind) const;
  /// How many are subscribed to it by its name.
  std::size_t subscribers(TopicKind kind, std::string_view name) const;
  /// The names that match, in no order.
  std::vector<std::string> names(TopicKind kind, std::string_view pattern) const;

 private:
  struct Hash {
    using is_transparent = void;
    base::HashKey key;
    std::size_t operator()(std::string_view name) const noexcept {
      return base::keyed_hash(name, key);
    }
  };
  using Topics = std::unordered_map<std::string, Topic, Hash, std::equal_to<>>;

  Topics& topics_of_kind(TopicKind kind) { return topics_[static_cast<std::size_t>(kind)]; }
  const Topics& topics_of_kind(TopicKind kind) const {
    return topics_[static_cast<std::size_t>(kind)];
  }
  void leave(Subscriber& who, TopicKind kind, Topic& topic);
  std::size_t send(const Topic& topic);

  const OutputLimit& limit_;
  std::atomic<std::size_t> subscriptions_{0};
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::array<Topics, kTopicKinds> topics_;
  base::Buffer frame_;  // The message that is being sent.
};

}  // namespace larder::server
