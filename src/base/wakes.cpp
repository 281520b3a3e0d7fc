#include "base/wakes.hpp"

#include <utility>

namespace larder::base {

void Wakes::ring_slowly(std::string_view name, Whom whom) noexcept {
  const std::lock_guard guard{mutex_};
  const auto [begin, end] = waiters_.equal_range(name);
  for (auto at = begin; at != end; ++at) {
    Waiter& waiter = *at->second;
    if (waiter.woken_) continue;  // On his way; so may be another who is quicker.
    waiter.wake();
    if (whom == Whom::first) return;
  }
}

Wakes::Waiter::Waiter(Wakes& wakes, std::string_view name) : wakes_(wakes), name_(name) {
  {
    const std::lock_guard guard{wakes_.mutex_};
    place_ = wakes_.waiters_.emplace(name_, this);
    wakes_.waiting_.fetch_add(1, std::memory_order_relaxed);
  }
  wakes_.came(name_);
}

Wakes::Waiter::~Waiter() {
  {
    const std::lock_guard guard{wakes_.mutex_};
    wakes_.waiters_.erase(place_);
    wakes_.waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  // Whether it was woken and then asked in vain, or not at all, is not worth telling apart: one who asks too often.
  if (!served_) wakes_.ring(name_, Whom::first);
  wakes_.left(name_);
}

void Wakes::Waiter::wake() noexcept {
  woken_ = true;
  if (call_) call_();
  changed_.notify_one();
}

void Wakes::Waiter::rouse() noexcept {
  const std::lock_guard guard{wakes_.mutex_};
  wake();
}

void Wakes::Waiter::arm() noexcept {
  const std::lock_guard guard{wakes_.mutex_};
  woken_ = false;
}

bool Wakes::Waiter::woken() const noexcept {
  const std::lock_guard guard{wakes_.mutex_};
  return woken_;
}

void Wakes::Waiter::wait_for(Millis time) {
  std::unique_lock lock{wakes_.mutex_};
  changed_.wait_for(lock, time, [this] { return woken_; });
}

void Wakes::Waiter::call_when_woken(std::function<void()> call,
                                    const std::function<void(bool)>& begin) {
  const std::lock_guard guard{wakes_.mutex_};
  call_ = std::move(call);
  if (begin) begin(woken_);
}

}  // namespace larder::base
