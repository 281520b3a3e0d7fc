// RedisFeed: the queue between connections that hear and whoever reads, and the account of what is subscribed to: where it
// should be, where it is, and whether something may be missed. Knows no connection: a server is a name, its line a number.
#pragma once

#include <larder/redis_subscription.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "base/clock.hpp"
#include "redis/subscriptions.hpp"
#include "store/pending.hpp"

namespace larder::store {

/// Threads  Safe from any. Calls nobody with its lock held.
class RedisFeed {
 public:
  using Line = std::uint64_t;

  RedisFeed(std::string name, const SubscriptionOptions& options)
      : name_(std::move(name)), options_(options) {}

  // From the connections.
  /// False: it is closed, perhaps by this one.
  bool push(RedisMessage message);
  void confirmed(const redis::Topic& topic, Line line);
  void refused(const redis::Topic& topic, Error why);
  void withdrawn(const redis::Topic& topic, Line line);
  /// Its connection is gone.
  void lost(Line line, const std::string& why);

  // From whoever decides on them.
  /// Where it should be from now on. None: nowhere now, for there is no server for it.
  void expect(const redis::Topic& topic, std::set<Line> lines);
  void forget(const redis::Topic& topic);
  void close(Error why);

  // From whoever reads.
  /// Until all of them are subscribed to, or one is refused.
  Result<void> wait_for(const redis::Topics& topics, base::Nanos at_most);
  void wait_for(redis::Topics topics, std::shared_ptr<Pending<void>> pending);
  /// Who waits that way is told so, unless it was answered.
  void give_up(const Pending<void>* whose, Errc why);
  Result<std::optional<RedisMessage>> next(base::Nanos at_most);
  /// Answers with the next one, now or later. Errors: `bad_argument`: another one waits that way.
  void next(std::shared_ptr<Pending<RedisMessage>> pending);
  /// Who waits that way is told so, unless it was answered.
  void cancel(const Pending<RedisMessage>* whose);
  std::uint64_t dropped() const;

 private:
  struct State {
    std::set<Line> expected;
    std::set<Line> confirmed;
    std::optional<Error> refusal;
    bool was_whole = false;
    bool missing = false;
    bool is_whole() const { return !expected.empty() && confirmed == expected; }
  };
  using Lock = std::unique_lock<std::mutex>;

  // All require the lock.
  void put(RedisMessage message);
  void drop_oldest();
  RedisMessage take();
  void now_missing(State& state, const std::string& channel, const std::string& why);
  void end_gap();
  std::optional<Result<void>> settled(const redis::Topics& topics) const;
  Error unsettled(Errc why) const;
  /// Lets go of the lock.
  void tell(Lock& lock);

  const std::string name_;
  const SubscriptionOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<RedisMessage> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::map<redis::Topic, State> topics_;
  bool in_gap_ = false;
  std::string last_loss_;  ///< Why the last line was lost, until something is confirmed.
  std::optional<Error> closed_;
  std::shared_ptr<Pending<RedisMessage>> pending_;
  struct Settling {
    redis::Topics topics;
    std::shared_ptr<Pending<void>> pending;
  };
  std::vector<Settling> settling_;
};

}  // namespace larder::store
