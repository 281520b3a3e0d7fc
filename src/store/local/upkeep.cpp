#include "store/local/upkeep.hpp"

#include <system_error>

namespace larder::store {
namespace {

// Ten slices a second keep the dead to a few percent of the living, as in Redis.
constexpr std::chrono::milliseconds kPeriod{100};

}  // namespace

Upkeep::~Upkeep() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Upkeep::rouse() noexcept {
  const std::lock_guard guard{mutex_};
  if (stopping_ || awake_.load()) return;
  awake_ = true;
  changed_.notify_all();
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread{[this] { live(); }};
  } catch (const std::system_error&) {
    // No thread to be had: expiry on access still holds, and the next deadline tries again.
    awake_ = false;
  }
}

void Upkeep::live() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || awake_.load(); });
    // Sleeps only after two looks in a row, a period apart and with the flag down, found no
    // deadline: one that is being set during the first look is seen by the second, or has raised
    // the flag.
    int idle_looks = 0;
    while (!stopping_ && idle_looks < 2) {
      changed_.wait_for(lock, kPeriod, [this] { return stopping_; });
      if (stopping_) return;
      awake_ = idle_looks == 0;
      lock.unlock();
      sweep_all();
      lock.lock();
      idle_looks = node_.stats().entries_with_deadline == 0 ? idle_looks + 1 : 0;
    }
  }
}

void Upkeep::sweep_all() {
  while (node_.sweep() > 0) {
    const std::lock_guard guard{mutex_};
    if (stopping_) return;
  }
}

}  // namespace larder::store
