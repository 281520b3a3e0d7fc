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
    if ((word_.load(std::memory_order_relaxed) & kStates) == 0 && try_lock()) return;
    pause();
  }
  // Who has waited once leaves the mark that somebody may still do so.
  for (;;) {
    const std::uint32_t before = word_.fetch_or(kAwaited, std::memory_order_acquire);
    if ((before & kStates) == 0) return;
    word_.wait(before | kAwaited, std::memory_order_relaxed);
  }
}

}  // namespace larder::node
