#include "node/lock.hpp"

namespace larder::node {
namespace {

// A visit takes a tenth of a microsecond: most who wait have their turn before they could be asleep.
constexpr int kSpins = 100;

void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void Lock::wait() noexcept {
  for (int i = 0; i < kSpins; ++i) {
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    pause();
  }
  // Who has waited once leaves the mark that somebody may still do so.
  while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
    state_.wait(kAwaited, std::memory_order_relaxed);
  }
}

}  // namespace larder::node
