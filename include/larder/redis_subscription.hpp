// RedisSubscription: what is published to channels, on a connection of its own to each server concerned, as long as it lives.
//
//     auto news = larder::Redis::over(store).value().subscribe({.channels = {"news"}}).value();
//     while (auto message = news.next(1s).value()) std::puts(message->payload.c_str());
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace larder {

namespace store {
class Subscriber;
}

struct RedisTopics {
  std::vector<std::string> channels = {};
  std::vector<std::string> patterns = {};  ///< Channels whose names match: `news.*`.
  /// Channels of a cluster that live on one server, where a key of that name would, and cost the others nothing (Redis 7).
  /// What is published to them by SPUBLISH comes from no other kind of channel.
  std::vector<std::string> shard_channels = {};
  /// Keys that begin so ("": all of them): who writes, erases or expires one is not told, but that it happened, by
  /// `invalidated`. Redis 6 with RESP3 (CLIENT TRACKING BCAST). None may begin like another, and they stay until the
  /// subscription is closed.
  std::vector<std::string> key_prefixes = {};
};

/// A message, or that some may be missing.
struct RedisMessage {
  enum class Kind : std::uint8_t {
    message,
    /// A connection was lost, or a channel left its server: from here on messages may be missed. `channel` names the one,
    /// or is empty: all of a server; `payload` says why.
    gap_begins,
    gap_ends,         ///< All that was subscribed to is again: from here on none is missed.
    invalidated,      ///< The key `channel` has changed: what was read of it before may be old.
    all_invalidated,  ///< All keys of a server have: it was flushed.
  };
  Kind kind = Kind::message;
  std::string channel = {};
  std::string pattern = {};  ///< That matched it; empty: subscribed to by its name.
  std::string payload = {};
  std::uint64_t dropped =
      0;  ///< So many were dropped here, between the one before and this one: the queue was full.
};

struct SubscriptionOptions {
  std::size_t queue_max = 65'536;                  ///< Messages that wait to be read,
  std::size_t queue_bytes_max = 64 * 1024 * 1024;  ///< and their bytes.
  enum class WhenFull : std::uint8_t {
    drop_oldest,  ///< And tell how many: RedisMessage::dropped.
    close,        ///< What waits can still be read; then `next` answers `overloaded`.
  };
  WhenFull when_full = WhenFull::drop_oldest;
  Millis deadline{0};  ///< Of subscribing. Zero: the Store's default.
};

/// Made by Redis::subscribe. Ends when it goes away.
///
/// A lost connection is made anew and everything subscribed to again: at the primary that sentinels name now, at the
/// server that a channel's slot moved to. What was published meanwhile is missed, as Redis keeps nothing: `gap_begins` and
/// `gap_ends` stand around the messages where that may be.
///
/// In a ring a channel lives where a key of its name would, as it does for Redis::publish, and patterns are subscribed
/// to on all servers. In a cluster all servers pass on what is published to any; one of them is listened to.
///
/// Threads  Safe from any thread. Messages come in the order of each server.
/// Cost     A connection to each server concerned, with a PING every two seconds. A message is copied once.
class RedisSubscription {
 public:
  /// None: good for nothing but to assign one to.
  explicit RedisSubscription(std::shared_ptr<store::Subscriber> subscriber = nullptr) noexcept;
  RedisSubscription(RedisSubscription&&) noexcept;
  RedisSubscription& operator=(RedisSubscription&&) noexcept;
  ~RedisSubscription();

  /// Waits for the next one. None: nothing came in time.
  /// Errors: `overloaded`, `cancelled`: it was closed, by a full queue or by close(). `would_deadlock`: on an I/O thread.
  Result<std::optional<RedisMessage>> next(Millis at_most) const;
  /// The same for a coroutine: resumes on its executor, and waits until it is cancelled. One waits at a time; another one is
  /// refused with `bad_argument`.
  Task<Result<RedisMessage>> async_next() const;
  /// Calls `handler` for each, on a thread of this subscription's own, until it is closed. The handler may take its time
  /// (the queue fills meanwhile), call the store and this object; what it throws ends the program.
  /// Errors: `bad_argument`: it has one.
  Result<void> listen(std::function<void(const RedisMessage& message)> handler);

  /// Subscribes to more; answers when the servers have confirmed it. Errors: as Redis::subscribe; then to none of them.
  Result<void> add(const RedisTopics& topics, const CallOptions& call = {}) const;
  Task<Result<void>> async_add(const RedisTopics& topics, const CallOptions& call = {}) const;
  /// Does not wait: a message that is under way may still come.
  void remove(const RedisTopics& topics) const;

  /// How many messages were dropped since it began.
  std::uint64_t dropped() const noexcept;
  /// Wakes whoever waits in next(). Waits for a handler that runs, unless called by it.
  void close() noexcept;

 private:
  std::shared_ptr<store::Subscriber> subscriber_;
};

}  // namespace larder
