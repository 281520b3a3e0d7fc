// RedisLine: one connection of a subscription, with what it is subscribed to.
#pragma once

#include <deque>
#include <memory>

#include "redis/errand.hpp"
#include "redis/listener.hpp"
#include "redis/subscriptions.hpp"
#include "store/servers/node.hpp"
#include "store/subscriptions/feed.hpp"

namespace larder::store {

class Subscriber;

class RedisLine final : public std::enable_shared_from_this<RedisLine> {
 public:
  /// `number`: what the feed knows it by.
  RedisLine(std::weak_ptr<Subscriber> owner, NodePointer node, RedisFeed::Line number,
            std::shared_ptr<RedisFeed> feed, const base::Clock& clock);
  ~RedisLine();
  RedisLine(const RedisLine&) = delete;
  RedisLine& operator=(const RedisLine&) = delete;

  /// Begins to connect, once.
  void open();
  /// From any thread, after open(): what it shall be subscribed to from now on.
  void want(redis::Topics topics);

  const NodePointer& node() const noexcept { return node_; }
  RedisFeed::Line number() const noexcept { return number_; }

 private:
  class Ear;

  // On the connection's strand:
  void begin();
  void changed(const std::optional<Error>& failure);
  void heard();
  void sync(bool in_any_case);
  void refuse_prefixes();
  void beat();

  const std::weak_ptr<Subscriber> owner_;
  const NodePointer node_;
  const RedisFeed::Line number_;
  const std::shared_ptr<RedisFeed> feed_;
  const base::Clock& clock_;
  const std::shared_ptr<Ear>
      ear_;  ///< What the connection keeps: it hears to the end, after this is gone.

  // On the strand only:
  bool begun_ = false;
  bool connected_ = false;
  redis::Topics wanted_;
  std::deque<std::shared_ptr<redis::Errand>> errands_;
  std::optional<redis::Client> client_;
};

}  // namespace larder::store
