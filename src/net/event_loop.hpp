// EventLoop: one thread's epoll. Descriptors that got ready, timers that came due, functions posted
// by other threads.
//
// Readiness is level-triggered. Whoever reads until a short read needs no further recv to learn
// that there is nothing more, and no epoll_ctl per request; whatever it leaves unread is reported
// again next turn, which makes fairness (bounded work per connection and turn) a matter of simply
// returning. Edge-triggered needs the extra recv for EAGAIN.
#pragma once

#include <larder/error.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "net/ready.hpp"
#include "net/socket.hpp"
#include "net/timer_queue.hpp"

namespace larder::net {

/// Told when a descriptor is ready. May unwatch and destroy itself, or others, from inside.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void ready(unsigned events) = 0;
};

/// Threads   run() on one thread; watch, rewatch, unwatch, after and cancel on it too (or before it
/// runs).
///           post() and stop() from any.
class EventLoop {
 public:
  /// Throws std::system_error when the system has no descriptors left.
  explicit EventLoop(const base::Clock& clock = base::SystemClock::instance());
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Serves until stop().
  void run();
  /// One turn: waits at most so long for something to happen, then serves it. Timers that are due
  /// run in any case.
  void run_once(base::Nanos wait_at_most);
  /// Makes run() return after its present turn.
  void stop();
  /// Runs `work` on the loop's thread, soon. Posted before run(), it runs first. Kept work is
  /// dropped with the loop.
  void post(std::function<void()> work);

  /// `interest`: bits of Ready; 0 reports only errors and hang-ups. The watcher stays the caller's.
  Result<void> watch(int fd, unsigned interest, Watcher& watcher);
  void rewatch(int fd, unsigned interest, Watcher& watcher) noexcept;
  /// Before the descriptor is closed. No event of it is delivered afterwards, not even one already
  /// fetched.
  void unwatch(int fd, const Watcher& watcher) noexcept;

  TimerId after(base::Nanos delay, std::function<void()> work);
  /// False: it ran already, or was cancelled.
  bool cancel(TimerId timer);

  /// The time at which the present turn began: one clock read for all that happened at once.
  base::Instant now() const noexcept { return now_; }

 private:
  void wait(base::Nanos at_most);
  void serve_events();
  void serve_posted();
  void wake() noexcept;

  static constexpr int kEventsMax = 256;
  struct Events;

  const base::Clock& clock_;
  base::Instant now_;
  Socket epoll_;
  Socket wake_;
  std::unique_ptr<Events> events_;
  TimerQueue timers_;
  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // Guarded by posted_mutex_.
  std::vector<std::function<void()>> running_;
};

}  // namespace larder::net
