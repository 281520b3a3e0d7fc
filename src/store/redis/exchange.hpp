// One operation on its way to a Redis server and back; asked again, there or elsewhere, where a reply or a lost connection
// calls for it. Of the operation itself only its row is known here.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "redis/redirect.hpp"
#include "redis/waiter.hpp"
#include "store/pending.hpp"
#include "store/redis/uses.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

/// Where an operation begins, and who knows where else it may go.
struct Route {
  Topology* topology = nullptr;
  Place place;
  std::string_view key = {};  ///< Empty: of this server, whatever happens.
  base::Instant deadline{};
};

/// What must be known of an operation to ask it again.
struct Nature {
  bool repeatable;
  Use use;
};
template <class Op>
inline constexpr Nature kNature{kRepeatable<Op>, kUse<Op>};

/// What blocking callers and coroutines share: the row, its replies, and whether there must be another round.
class Exchange : public redis::Call {
 public:
  /// The row may come to life after its exchange, and outlives it but for that.
  Exchange(AnyRow& row, Nature nature) : row_(row), nature_(nature) {}

  void received(const resp::Value& reply) final;

 protected:
  void set_out(Route route) { route_ = std::move(route); }
  /// The request of the next round; answers how many replies it will have, 0 if the answer is known without.
  std::uint32_t write(base::Buffer& out);
  /// After a round: must there be another? Answers after how long; the place is the new one then.
  std::optional<Millis> again(const std::optional<Error>& failure);
  /// After the last round: what the caller is told instead of the row's answer.
  std::optional<Error> end(std::optional<Error> failure);
  /// The caller left: what was sent may still come to pass.
  void leaves();

  RedisNode& node() const noexcept { return *route_.place.node; }
  NodePointer node_pointer() const { return route_.place.node; }
  redis::Client& client() const noexcept { return side_ ? *side_ : node().client; }
  /// None: the usual connection.
  const std::shared_ptr<redis::Client>& side() const noexcept { return side_; }
  base::Instant deadline() const noexcept { return route_.deadline; }

 private:
  std::optional<Detour> after_loss(const Error& failure);
  std::optional<Detour> after_refusal();
  void choose_line(std::size_t bytes);
  void note_size(const resp::Value& reply) noexcept;

  AnyRow& row_;
  const Nature nature_;
  Route route_;
  std::shared_ptr<redis::Client>
      side_;  ///< Of this round, where it goes by the line for large values.
  SideLine::Mark mark_ = 0;
  bool is_large_ = false;
  std::optional<std::string> refusal_;
  unsigned tries_ = 0;
  std::uint32_t index_ = 0;    ///< Of the next reply to the row.
  std::uint32_t arrived_ = 0;  ///< Replies of this round, those to ASKING among them.
  std::uint32_t askings_ = 0;
  bool asking_once_ = false;
};

/// A thread that waits. Lives on its stack.
class BlockingExchange final : public Exchange {
 public:
  using Exchange::Exchange;

  /// None: the row has the answer.
  std::optional<Error> run(Route route);
  void completed(std::optional<Error> failure) noexcept override {
    waiter_.finish(std::move(failure));
  }
  redis::Waiter* waiter() noexcept override { return &waiter_; }

 private:
  redis::Waiter waiter_;
};

/// A coroutine that waits. Owns itself while the client has it.
class AsyncExchange : public Exchange,
                      public Stoppable,
                      public std::enable_shared_from_this<AsyncExchange> {
 public:
  void begin(Route route);
  void completed(std::optional<Error> failure) noexcept final;
  /// The one who waits wants to leave.
  void stop() final;
  /// To the one who waits: the error, or else the row's answer.
  virtual void tell(std::optional<Error> failure) noexcept = 0;

 protected:
  AsyncExchange(AnyRow& row, Nature nature, CancelHook& hook)
      : Exchange(row, nature), hook_(hook) {}

 private:
  /// What was sent, and to whom: a ticket means nothing to another client.
  struct Sent {
    NodePointer node;
    std::shared_ptr<redis::Client> side;
    redis::Ticket ticket = 0;
  };

  void round();

  CancelHook& hook_;
  std::shared_ptr<AsyncExchange> self_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  Sent sent_;  ///< Guarded by mutex_.
};

template <class Op>
class AsyncCall final : public AsyncExchange {
 public:
  using Answer = typename Op::Answer;

  AsyncCall(const Op& op, Nature nature, std::shared_ptr<Pending<Answer>> pending)
      : AsyncExchange(row_, nature, *pending), row_(op), pending_(std::move(pending)) {}

  void tell(std::optional<Error> failure) noexcept override {
    if (failure) return pending_->answered(*std::move(failure));
    if constexpr (std::is_void_v<Answer>) {
      pending_->answered({});
    } else {
      pending_->answered(row_.take());
    }
  }

 private:
  Wire<Op> row_;
  std::shared_ptr<Pending<Answer>> pending_;
};

}  // namespace larder::store
