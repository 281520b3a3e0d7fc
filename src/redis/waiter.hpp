// Waiter: a thread that waits for its call, and may be asked to do the connection's reading meanwhile.
//
// One word that the thread sleeps on, instead of a mutex and a condition: who is woken finds nothing locked, and
// so is not put to sleep again by the one who woke it.
#pragma once

#include <larder/error.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/futex.hpp"

namespace larder::redis {

class Waiter {
 public:
  enum class Wake : std::uint8_t {
    done,   ///< The call is complete.
    lead,   ///< It is this thread's turn to read, see turns.hpp.
    early,  ///< Neither yet: look at the clock, and wait again.
    late,   ///< Neither, and no time was left.
  };

  Wake wait(base::Nanos at_most) noexcept {
    const bool is_last_look = at_most <= base::Nanos::zero();
    if (const auto found = look(); found || is_last_look) return found.value_or(Wake::late);
    sleep(at_most);
    return look().value_or(Wake::early);
  }
  bool is_done() const noexcept { return (word_.load(std::memory_order_acquire) & kDone) != 0; }
  void wait_until_done() noexcept {
    while (!is_done()) sleep(std::chrono::seconds{1});
  }
  // After either the waiter may be gone, and its word's place be another's: waking nobody, or one who looks and
  // sleeps on, does no harm.
  void finish(std::optional<Error> failure) noexcept {
    failure_ = std::move(failure);
    set(kDone);
  }
  void lead() noexcept { set(kLead); }
  /// Of a call that is complete; ready for the next one then.
  std::optional<Error> take() noexcept {
    word_.store(0, std::memory_order_relaxed);
    return std::exchange(failure_, std::nullopt);
  }

 private:
  static constexpr std::uint32_t kDone = 1;
  static constexpr std::uint32_t kLead = 2;
  static constexpr std::uint32_t kSleeps = 4;

  std::optional<Wake> look() noexcept {
    const std::uint32_t now = word_.load(std::memory_order_acquire);
    if ((now & kLead) != 0) {
      word_.fetch_and(~kLead, std::memory_order_relaxed);
      return Wake::lead;
    }
    return (now & kDone) != 0 ? std::optional(Wake::done) : std::nullopt;
  }
  void set(std::uint32_t bit) noexcept {
    const std::uint32_t before = word_.fetch_or(bit, std::memory_order_release);
    if ((before & kSleeps) != 0) base::wake_one(word_);
  }
  /// Until something is set, or for so long; perhaps less.
  void sleep(base::Nanos at_most) noexcept {
    const std::uint32_t before = word_.fetch_or(kSleeps, std::memory_order_acquire);
    if ((before & (kDone | kLead)) == 0) base::sleep_while(word_, before | kSleeps, at_most);
    word_.fetch_and(~kSleeps, std::memory_order_relaxed);
  }

  std::atomic<std::uint32_t> word_{0};
  std::optional<Error> failure_;  ///< Written before kDone is set, read after it was seen.
};

}  // namespace larder::redis
