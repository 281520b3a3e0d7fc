// Turns: who reads a connection's replies. The io thread, or, where only threads call that wait for their answers, these
// threads themselves: one leads, which is to say it writes what has queued up and reads until its own call is complete; then
// it passes the lead to the one whose reply comes next. It saves the two hand-overs to the io thread and back, and
// callers who come while the leader reads share its next write.
//
//     with_io ──16 calls in a row, all by threads that wait──> entering ──entered()──> direct
//        ^                                                                              │ a call by a coroutine, a
//        └──────────────────────returned()────────────────── leaving <──────────────────┘ lost or idle connection
//
// While direct: whoever waits for a reply, somebody leads. While leaving the leader ends its round; then nobody leads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "redis/call.hpp"
#include "redis/pipeline.hpp"
#include "redis/waiter.hpp"

namespace larder::redis {

/// Threads  None of its own: the owner locks around it and the pipeline.
class Turns {
 public:
  bool is_direct() const noexcept { return state_ == State::direct; }
  const Waiter* leader() const noexcept { return leader_; }
  bool is_entering() const noexcept { return state_ == State::entering; }
  bool is_leaving() const noexcept { return state_ == State::leaving; }

  /// A thread submitted a call. True, while with the io thread: time to go direct, once.
  bool ask_to_enter() noexcept {
    if (state_ != State::with_io || ++streak_ < kStreak) return false;
    state_ = State::entering;
    return true;
  }
  /// It is of no use, or not possible now.
  void refuse_to_enter() noexcept {
    state_ = State::with_io;
    streak_ = 0;
  }
  void entered(const Pipeline& pipeline) {
    state_ = State::direct;
    pass_on(pipeline);
  }

  /// The connection is wanted back by the io thread. True: nobody leads, so it can have it now.
  bool want_back() noexcept {
    streak_ = 0;
    if (state_ == State::entering) state_ = State::with_io;
    if (state_ == State::direct) state_ = State::leaving;
    return is_leaving() && !leader_;
  }
  void returned() noexcept { refuse_to_enter(); }

  /// True: the waiter, whose call was submitted, leads from now on.
  bool try_to_lead(Waiter& waiter) noexcept {
    if (!is_direct() || leader_) return false;
    leader_ = &waiter;
    return true;
  }
  /// The leader read the replies of so many calls at once.
  void served(std::size_t calls) noexcept { served_ = calls; }
  /// The few who were served last time are likely to call again, and not all have yet: worth a moment, for with a write for
  /// all each needs no round trip of its own. Many are enough for a full write while another is under way.
  bool are_others_about_to_call(std::size_t queued) const noexcept {
    return served_ > 1 && served_ <= kFew && queued < served_;
  }

  /// The leader's call is over, or it cannot go on. True: the io thread must be told that it can have the connection.
  bool pass_on(const Pipeline& pipeline) {
    leader_ = nullptr;
    if (!is_direct()) return is_leaving();
    if (pipeline.size() == 0) return false;
    // Left over are replies that nobody waits for, or a call that no thread waits for.
    Call* const next = pipeline.first_waiting();
    leader_ = next ? next->waiter() : nullptr;
    if (!leader_) return want_back();
    leader_->lead();
    return false;
  }

 private:
  static constexpr unsigned kStreak = 16;
  static constexpr std::size_t kFew = 12;
  enum class State : std::uint8_t { with_io, entering, direct, leaving };
  State state_ = State::with_io;
  unsigned streak_ = 0;  ///< Calls in a row by threads that wait.
  Waiter* leader_ = nullptr;
  std::size_t served_ = 0;  ///< By the latest read.
};

}  // namespace larder::redis
