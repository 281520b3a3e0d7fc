// How a coroutine waits for an answer that comes through a Pending.
#pragma once

#include <larder/store.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/pending.hpp"

namespace larder::store {

/// A coroutine that waits: hands the answer to its executor and keeps that executor's context from
/// running dry.
template <class Answer, class Handler>
class Waiter : public Pending<Answer> {
 public:
  explicit Waiter(Handler handler)
      : executor_(boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                      boost::asio::execution::outstanding_work.tracked)),
        handler_(std::move(handler)) {}

  void answered(Result<Answer> answer) noexcept final {
    // Posted, never called in place: a driver may answer with its own work half done.
    auto executor = std::exchange(executor_, {});
    boost::asio::post(executor,
                      [handler = std::move(handler_), answer = std::move(answer)]() mutable {
                        std::move(handler)(std::move(answer));
                      });
  }

 private:
  boost::asio::any_io_executor executor_;
  Handler handler_;
};

/// Before the start: once started, the coroutine may already run on, on another thread.
template <class Slot, class Waits>
void leave_when_cancelled(Slot& slot, const std::shared_ptr<Waits>& waiter) {
  if (!slot.is_connected()) return;
  slot.assign([hook = std::weak_ptr(waiter)](boost::asio::cancellation_type) {
    if (auto waiting = hook.lock()) waiting->cancel();
  });
}

/// Calls `start` with a Pending for the answer, and waits for that. Cancelling the coroutine cancels the Pending.
template <class Answer, class Start>
Task<Result<Answer>> async_answer(Start start) {
  namespace asio = boost::asio;
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<Answer>)>(
      [start = std::move(start)](auto handler) mutable {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto waiter = std::make_shared<Waiter<Answer, decltype(handler)>>(std::move(handler));
        leave_when_cancelled(slot, waiter);
        start(std::shared_ptr<Pending<Answer>>(std::move(waiter)));
      },
      asio::use_awaitable);
}

}  // namespace larder::store
