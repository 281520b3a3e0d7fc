// One operation on its way to a Redis server and back; asked again, there or elsewhere, where a reply or a lost connection
// calls for it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "redis/redirect.hpp"
#include "store/pending.hpp"
#include "store/redis_step_wire.hpp"
#include "store/redis_topology.hpp"
#include "store/redis_uses.hpp"
#include "store/redis_wire.hpp"

namespace larder::store {

/// Where an operation begins, and who knows where else it may go.
struct Route {
  Topology& topology;
  Place place;
  std::string_view key;  ///< Empty: of this server, whatever happens.
  base::Instant deadline;
};

/// What blocking callers and coroutines share: the row, its replies, and whether there must be another round.
template <class Op>
class Exchange : public redis::Call {
 public:
  using Answer = typename Op::Answer;

  Exchange(const Op& op, Route route) : wire_(op), route_(std::move(route)) {}

  void received(const resp::Value& reply) final {
    const std::uint32_t arrived = arrived_++;
    if (askings_ > 0 && (asking_once_ ? arrived == 0 : arrived % 2 == 0)) [[unlikely]]
      return;
    const std::uint32_t index = index_++;
    if (reply.is_error()) [[unlikely]] {
      if (redis::is_redirect(reply.text())) {
        if (!refusal_) refusal_.emplace(reply.text());
        return;
      }
      // It only repeats that something before it was refused.
      if (refusal_ && reply.text().starts_with("EXECABORT")) return;
    }
    wire_.read(index, reply, node().ways);
  }

 protected:
  /// The request of the next round; answers how many replies it will have, 0 if the answer is known without.
  std::uint32_t write(base::Buffer& out) {
    index_ = arrived_ = askings_ = 0;
    const std::uint32_t replies = wire_.write(out, node().ways);
    if (!route_.place.asking || replies == 0) [[likely]]
      return replies;
    std::string with_asking;
    askings_ = redis::append_asking(with_asking, out.view(), replies);
    asking_once_ = askings_ == 1;
    out.clear();
    out.append(with_asking);
    return replies + askings_;
  }

  /// After a round: must there be another? Answers after how long; the place is the new one then.
  std::optional<Millis> again(const std::optional<Error>& failure) {
    if (!failure && !refusal_) [[likely]]
      return wire_.again() ? std::optional(Millis{0}) : std::nullopt;
    const auto detour = failure ? after_loss(*failure) : after_refusal();
    if (!detour) return std::nullopt;
    ++tries_;
    refusal_.reset();
    route_.place = detour->place;
    return detour->after;
  }

  /// After the last round.
  Result<Answer> take(std::optional<Error> failure) {
    if (failure) return *std::move(failure);
    if (refusal_ && !wire_.failure()) wire_.failure() = redis::error_from(*refusal_);
    if (auto& refusal = wire_.failure()) {
      refusal->detail.insert(0, node().client.name() + ": ");
      return *std::move(refusal);
    }
    if constexpr (std::is_void_v<Answer>) {
      return {};
    } else {
      return wire_.take();
    }
  }

  RedisNode& node() const noexcept { return *route_.place.node; }
  NodePointer node_pointer() const { return route_.place.node; }
  redis::Client& client() const noexcept { return node().client; }
  base::Instant deadline() const noexcept { return route_.deadline; }

 private:
  std::optional<Detour> after_loss(const Error& failure) {
    const bool harmless = Wire<Op>::kRepeatable || failure.effect == Effect::not_sent;
    if (failure.code != Errc::disconnected || !harmless) return std::nullopt;
    if (client().clock().now() >= route_.deadline) return std::nullopt;
    return route_.topology.after_loss(route_.place, route_.key, kUse<Op>, tries_);
  }

  std::optional<Detour> after_refusal() {
    if (wire_.failure()) return std::nullopt;
    auto detour = route_.topology.after_refusal(route_.place, route_.key, *refusal_, tries_);
    if (detour && client().clock().now() + detour->after >= route_.deadline) return std::nullopt;
    return detour;
  }

  Wire<Op> wire_;
  Route route_;
  std::optional<std::string> refusal_;
  unsigned tries_ = 0;
  std::uint32_t index_ = 0;    ///< Of the next reply to the row.
  std::uint32_t arrived_ = 0;  ///< Replies of this round, those to ASKING among them.
  std::uint32_t askings_ = 0;
  bool asking_once_ = false;
};

/// A thread that waits. Lives on its stack.
template <class Op>
class BlockingExchange final : public Exchange<Op> {
 public:
  using Exchange<Op>::Exchange;

  Result<typename Op::Answer> run(base::Buffer& request) {
    std::optional<Millis> next{0};
    do {
      if (*next > Millis::zero()) rest(*next);
      request.clear();
      const auto replies = this->write(request);
      if (replies == 0) break;
      const auto ticket =
          this->client().send(request.view(), replies, *this, this->deadline(), false);
      if (!ticket) return ticket.error();
      if (auto late = wait(*ticket)) return *std::move(late);
    } while ((next = this->again(failure_)));
    return this->take(std::move(failure_));
  }

  void completed(std::optional<Error> failure) noexcept override {
    // Notified under the lock: the waiter may be gone the moment it is released.
    const std::lock_guard guard{mutex_};
    failure_ = std::move(failure);
    done_ = true;
    changed_.notify_one();
  }

 private:
  /// Until it is complete, or the deadline: then the error to tell.
  std::optional<Error> wait(redis::Ticket ticket) {
    std::unique_lock lock{mutex_};
    const auto left = this->deadline() - this->client().clock().now();
    if (!changed_.wait_for(lock, left, [this] { return done_; })) {
      lock.unlock();
      if (auto late = this->client().leave(ticket, Errc::timeout)) return late;
      // Its replies are being read this very moment.
      lock.lock();
      changed_.wait(lock, [this] { return done_; });
    }
    done_ = false;
    return std::nullopt;
  }

  void rest(Millis time) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, time, [] { return false; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::optional<Error> failure_;
};

/// A coroutine that waits. Owns itself while the client has it.
template <class Op>
class AsyncExchange final : public Exchange<Op>,
                            public std::enable_shared_from_this<AsyncExchange<Op>> {
 public:
  using Answer = typename Op::Answer;

  AsyncExchange(const Op& op, Route route, std::shared_ptr<Pending<Answer>> pending)
      : Exchange<Op>(op, std::move(route)), pending_(std::move(pending)) {}

  void begin() {
    const auto self = this->shared_from_this();
    round();
    pending_->on_cancel([hook = this->weak_from_this()] {
      if (const auto exchange = hook.lock()) exchange->cancel();
    });
  }

  void completed(std::optional<Error> failure) noexcept override {
    const auto self = std::exchange(self_, nullptr);
    const auto next = this->again(failure);
    if (!next) return pending_->answered(this->take(std::move(failure)));
    if (*next == Millis::zero()) return round();
    this->client().call_after(*next, [self] { self->round(); });
  }

 private:
  /// What was sent, and to whom: a ticket means nothing to another client.
  struct Sent {
    NodePointer node;
    redis::Ticket ticket = 0;
  };

  void round() {
    if (cancelled()) {
      return pending_->answered(
          Error{Errc::cancelled, Effect::refused, this->client().name() + ": the caller left"});
    }
    base::Buffer request;
    const auto replies = this->write(request);
    if (replies == 0) return pending_->answered(this->take(std::nullopt));
    self_ = this->shared_from_this();
    // Once sent, the answer may begin another round on another thread.
    const NodePointer node = this->node_pointer();
    const auto ticket = node->client.send(request.view(), replies, *this, this->deadline(), true);
    if (!ticket) {
      self_ = nullptr;
      return pending_->answered(ticket.error());
    }
    const std::lock_guard guard{mutex_};
    sent_ = {node, *ticket};
  }

  void cancel() {
    Sent sent;
    {
      const std::lock_guard guard{mutex_};
      cancelled_ = true;
      sent = sent_;
    }
    if (!sent.node) return;
    auto left = sent.node->client.leave(sent.ticket, Errc::cancelled);
    if (!left) return;
    const auto self = std::exchange(self_, nullptr);
    pending_->answered(*std::move(left));
  }

  bool cancelled() {
    const std::lock_guard guard{mutex_};
    return cancelled_;
  }

  std::shared_ptr<Pending<Answer>> pending_;
  std::shared_ptr<AsyncExchange> self_;
  std::mutex mutex_;
  // Guarded by mutex_:
  Sent sent_;
  bool cancelled_ = false;
};

}  // namespace larder::store
