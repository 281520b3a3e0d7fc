// Wakes: who waits in this process for a name to be given back, and is told when it is.
//
// Nothing is remembered of names that nobody waits for: to give one back then costs one relaxed load. A wake is a hint to
// ask again, never a grant; who is woken may find that somebody else was quicker.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>

#include "base/clock.hpp"

namespace larder::base {

/// Threads  Safe from any. A Waiter is one thread's, or one coroutine's.
class Wakes {
 public:
  class Waiter;
  virtual ~Wakes() = default;

  enum class Whom : bool {
    first,  ///< Who has waited longest and is not on his way already.
    all     ///< What was given back may be enough for several.
  };
  /// `name` was given back. Call it after the step that did so.
  void ring(std::string_view name, Whom whom) noexcept {
    // Who waits has said so before he last asked in vain, and that was before this release: both were under the same lock.
    if (waiting_.load(std::memory_order_relaxed) != 0) ring_slowly(name, whom);
  }
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
  /// Whether who waits for `name` is told of its release, whoever gives it back; if not, he has to ask now and then.
  virtual bool tells(std::string_view) const { return true; }

 protected:
  // One who waits for `name` is there, or has gone. Called without a lock.
  virtual void came(std::string_view) noexcept {}
  virtual void left(std::string_view) noexcept {}

 private:
  void ring_slowly(std::string_view name, Whom whom) noexcept;

  std::atomic<std::size_t> waiting_{0};
  std::mutex mutex_;
  // Guarded by mutex_; who came first stands first:
  std::multimap<std::string_view, Waiter*> waiters_;
};

/// One who waits, from its construction on: a release after that is not missed.
///
/// Lifetime  `name` and the Wakes outlive it. What it leaves unused when it goes is passed on to the next who waits.
class Wakes::Waiter {
 public:
  Waiter(Wakes& wakes, std::string_view name);
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  /// Forgets that it was woken. Call it before asking, not after.
  void arm() noexcept;
  bool woken() const noexcept;
  /// Returns when it is woken, or `time` is over.
  void wait_for(Millis time);
  /// Wakes it, from any thread, for another reason than a release.
  void rouse() noexcept;
  /// It has what it waited for: nothing to pass on.
  void served() noexcept { served_ = true; }

  /// Calls `begin(bool woken)` once, and `call` whenever it is woken from then on, both under a lock: they must not wait.
  /// An empty `call` ends that.
  void call_when_woken(std::function<void()> call, const std::function<void(bool)>& begin);

 private:
  friend class Wakes;
  void wake() noexcept;

  Wakes& wakes_;
  std::string_view name_;
  bool served_ = false;
  // Guarded by wakes_.mutex_:
  bool woken_ = false;
  std::function<void()> call_;
  std::condition_variable changed_;
  std::multimap<std::string_view, Waiter*>::iterator place_;
};

}  // namespace larder::base
