// Subscriber: a subscription over the servers of a store. Decides which server each topic is heard from, and has a line to
// each of these.
//
//     one server, sentinel   everything from it
//     ring                   a channel from where a key of its name lives; patterns from all
//     cluster                channels and patterns from one server, any; sharded channels from the owner of their slot
//
// Prefixes of keys are asked of all.
//
// It decides anew every two seconds, and at once when a server refuses a topic, takes one away, or is lost.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "store/driver.hpp"
#include "store/redis/access.hpp"
#include "store/subscriptions/line.hpp"

namespace larder::store {

class Subscriber final : public std::enable_shared_from_this<Subscriber> {
 public:
  /// `linger`: how long a connection stays that nothing is heard from.
  Subscriber(std::shared_ptr<StoreDriver> driver, const SubscriptionOptions& options,
             base::Millis linger = base::Millis{0});
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// Answers which of them are new. What comes of it the feed knows.
  redis::Topics add(const redis::Topics& topics);
  void remove(const redis::Topics& topics);
  Result<void> listen(std::function<void(const RedisMessage&)> handler);
  void close() noexcept;
  RedisFeed& feed() noexcept { return *feed_; }
  const RedisAccess& access() const noexcept { return access_; }

  // From the lines, on their connections' threads.
  /// Where should everything be? Sees to it.
  void settle();
  void refused(const RedisLine& line, const redis::Topic& topic, const std::string& words);
  void line_failed(const RedisLine& line);
  /// No more connections; what was heard can still be read.
  void hang_up();

 private:
  struct Line {
    std::shared_ptr<RedisLine> line;
    base::Instant used;  ///< When it last had something to be subscribed to.
  };

  // Require mutex_.
  std::vector<NodePointer> homes_of(const redis::Topic& topic);
  NodePointer anchor();
  RedisLine& line_to(const NodePointer& node);

  const std::shared_ptr<StoreDriver> driver_;  ///< Goes last: its thread serves the lines.
  const RedisAccess& access_;
  const std::shared_ptr<RedisFeed> feed_;
  const base::Millis linger_;

  std::mutex mutex_;
  // Guarded by mutex_:
  std::map<redis::Topic, std::vector<NodePointer>> wanted_;  ///< And where each is heard from.
  std::map<const RedisNode*, Line> lines_;
  RedisFeed::Line last_number_ = 0;
  NodePointer anchor_;  ///< Of a cluster: who tells what is published to channels.
  bool closed_ = false;
  std::thread reader_;
};

}  // namespace larder::store
