// One operation on its way to a Redis server and back; asked again where a reply or a lost
// connection calls for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "redis/client.hpp"
#include "store/pending.hpp"
#include "store/redis_step_wire.hpp"
#include "store/redis_wire.hpp"

namespace larder::store {

/// What blocking callers and coroutines share: the row, its replies, and whether there must be
/// another round.
template <class Op>
class Exchange : public redis::Call {
 public:
  using Answer = typename Op::Answer;

  Exchange(const Op& op, redis::Client& client, Ways& ways, base::Instant deadline)
      : wire_(op), client_(client), ways_(ways), deadline_(deadline) {}

  void received(const resp::Value& reply) final { wire_.read(index_++, reply, ways_); }

 protected:
  /// The request of the next round; answers how many replies it will have, 0 if the answer is known
  /// without.
  std::uint32_t write(base::Buffer& out) {
    index_ = 0;
    return wire_.write(out, ways_);
  }

  /// After a round: must there be another? A lost connection allows it where asking twice does no
  /// harm.
  bool again(const std::optional<Error>& failure) {
    if (!failure) return wire_.again();
    return Wire<Op>::kRepeatable && failure->code == Errc::disconnected &&
           client_.clock().now() < deadline_;
  }

  /// After the last round.
  Result<Answer> take(std::optional<Error> failure) {
    if (failure) return *std::move(failure);
    if (auto& refusal = wire_.failure()) {
      refusal->detail.insert(0, client_.name() + ": ");
      return *std::move(refusal);
    }
    if constexpr (std::is_void_v<Answer>) {
      return {};
    } else {
      return wire_.take();
    }
  }

  Wire<Op> wire_;
  redis::Client& client_;
  Ways& ways_;
  const base::Instant deadline_;
  std::uint32_t index_ = 0;
};

/// A thread that waits. Lives on its stack.
template <class Op>
class BlockingExchange final : public Exchange<Op> {
 public:
  using Exchange<Op>::Exchange;

  Result<typename Op::Answer> run(base::Buffer& request) {
    do {
      request.clear();
      const auto replies = this->write(request);
      if (replies == 0) break;
      const auto ticket =
          this->client_.send(request.view(), replies, *this, this->deadline_, false);
      if (!ticket) return ticket.error();
      if (auto late = wait(*ticket)) return *std::move(late);
    } while (this->again(failure_));
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
    const auto left = this->deadline_ - this->client_.clock().now();
    if (!changed_.wait_for(lock, left, [this] { return done_; })) {
      lock.unlock();
      if (auto late = this->client_.leave(ticket, Errc::timeout)) return late;
      // Its replies are being read this very moment.
      lock.lock();
      changed_.wait(lock, [this] { return done_; });
    }
    done_ = false;
    return std::nullopt;
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

  AsyncExchange(const Op& op, redis::Client& client, Ways& ways, base::Instant deadline,
                std::shared_ptr<Pending<Answer>> pending)
      : Exchange<Op>(op, client, ways, deadline), pending_(std::move(pending)) {}

  void begin() {
    const auto self = this->shared_from_this();
    round();
    pending_->on_cancel([hook = this->weak_from_this()] {
      if (const auto exchange = hook.lock()) exchange->cancel();
    });
  }

  void completed(std::optional<Error> failure) noexcept override {
    const auto self = std::exchange(self_, nullptr);
    if (this->again(failure)) return round();
    pending_->answered(this->take(std::move(failure)));
  }

 private:
  void round() {
    base::Buffer request;
    const auto replies = this->write(request);
    if (replies == 0) return pending_->answered(this->take(std::nullopt));
    self_ = this->shared_from_this();
    const auto ticket = this->client_.send(request.view(), replies, *this, this->deadline_, true);
    if (ticket) {
      ticket_ = *ticket;
    } else {
      self_ = nullptr;
      pending_->answered(ticket.error());
    }
  }

  void cancel() {
    auto left = this->client_.leave(ticket_, Errc::cancelled);
    if (!left) return;
    const auto self = std::exchange(self_, nullptr);
    pending_->answered(*std::move(left));
  }

  std::shared_ptr<Pending<Answer>> pending_;
  std::shared_ptr<AsyncExchange> self_;
  std::atomic<redis::Ticket> ticket_{0};
};

}  // namespace larder::store
