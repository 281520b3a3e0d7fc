// Waiter: a thread that waits for its call, and may be asked to do the connection's reading meanwhile.
#pragma once

#include <larder/error.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace larder::redis {

class Waiter {
 public:
  enum class Wake : std::uint8_t {
    done,  ///< The call is complete.
    lead,  ///< It is this thread's turn to read, see turns.hpp.
    late,  ///< Neither, in time.
  };

  Wake wait(base::Nanos at_most) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, at_most, [this] { return done_ || leads_; })) return Wake::late;
    return std::exchange(leads_, false) ? Wake::lead : Wake::done;
  }
  bool is_done() const {
    const std::lock_guard guard{mutex_};
    return done_;
  }
  void wait_until_done() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return done_; });
  }
  // Both notify under the lock: the waiter may be gone the moment it is released.
  void finish(std::optional<Error> failure) {
    const std::lock_guard guard{mutex_};
    failure_ = std::move(failure);
    done_ = true;
    changed_.notify_one();
  }
  void lead() {
    const std::lock_guard guard{mutex_};
    leads_ = true;
    changed_.notify_one();
  }
  /// Of a call that is complete; ready for the next one then.
  std::optional<Error> take() {
    const std::lock_guard guard{mutex_};
    done_ = leads_ = false;
    return std::exchange(failure_, std::nullopt);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool done_ = false;
  bool leads_ = false;
  std::optional<Error> failure_;
};

}  // namespace larder::redis
