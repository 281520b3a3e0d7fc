// Pending: the meeting point of a coroutine that waits and a driver that will answer.
#pragma once

#include <larder/error.hpp>

#include <functional>
#include <mutex>
#include <utility>

namespace larder::store {

/// Carries a wish to stop from the waiter to the driver, whichever of the two comes first.
class CancelHook {
 public:
  /// Driver's side, at most once: what to do when the waiter wants to leave. Runs at once if it
  /// already does.
  void on_cancel(std::function<void()> stop) {
    {
      const std::lock_guard guard{mutex_};
      if (!cancelled_) {
        stop_ = std::move(stop);
        return;
      }
    }
    stop();
  }

  /// Waiter's side, from any thread. After the answer it does nothing.
  void cancel() {
    std::function<void()> stop;
    {
      const std::lock_guard guard{mutex_};
      cancelled_ = true;
      stop = std::exchange(stop_, nullptr);
    }
    if (stop) stop();
  }

 protected:
  ~CancelHook() = default;

 private:
  std::mutex mutex_;
  bool cancelled_ = false;
  std::function<void()> stop_;
};

/// Where the answer of one asynchronous operation goes: exactly once, from any thread.
template <class Answer>
class Pending : public CancelHook {
 public:
  virtual ~Pending() = default;
  virtual void answered(Result<Answer> answer) noexcept = 0;
};

}  // namespace larder::store
