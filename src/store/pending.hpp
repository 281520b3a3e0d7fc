// Pending: the meeting point of a coroutine that waits and a driver that will answer.
#pragma once

#include <larder/error.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace larder::store {

/// An operation under way that can be asked to end.
class Stoppable {
 public:
  virtual void stop() = 0;

 protected:
  ~Stoppable() = default;
};

/// Carries a wish to stop from the waiter to the driver, whichever of the two comes first.
class CancelHook {
 public:
  /// Driver's side, at most once: what to stop when the waiter wants to leave. At once if it already does.
  void on_cancel(std::weak_ptr<Stoppable> work) {
    {
      const std::lock_guard guard{mutex_};
      work_ = std::move(work);
      if (!cancelled_) return;
    }
    if (const auto under_way = work_.lock()) under_way->stop();
  }

  /// Waiter's side, from any thread. After the answer it does nothing.
  void cancel() {
    std::shared_ptr<Stoppable> under_way;
    {
      const std::lock_guard guard{mutex_};
      if (std::exchange(cancelled_, true)) return;
      under_way = work_.lock();
    }
    if (under_way) under_way->stop();
  }

 protected:
  ~CancelHook() = default;

 private:
  std::mutex mutex_;
  bool cancelled_ = false;
  std::weak_ptr<Stoppable> work_;
};

/// Where the answer of one asynchronous operation goes: exactly once, from any thread.
template <class Answer>
class Pending : public CancelHook {
 public:
  virtual ~Pending() = default;
  virtual void answered(Result<Answer> answer) noexcept = 0;
};

}  // namespace larder::store
