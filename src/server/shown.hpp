// Shown: a small value that one thread writes and others may look at, without a lock.
#pragma once

#include <atomic>

namespace larder::server {

/// Threads  Written by its owner, read by any. As cheap as the plain value.
template <class T>
class Shown {
 public:
  Shown(T value = {}) noexcept : value_(value) {}  // NOLINT: implicit on purpose, it stands for it
  T get() const noexcept { return value_.load(std::memory_order_relaxed); }
  operator T() const noexcept { return get(); }  // NOLINT
  T operator=(T value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return value;
  }

 private:
  std::atomic<T> value_;
  static_assert(std::atomic<T>::is_always_lock_free);
};

}  // namespace larder::server
