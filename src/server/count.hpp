// Count: what one thread counts and others may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::server {

/// A count with one writer: a plain addition, no locked instruction, yet safe to read from
/// elsewhere.
class Count {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void take() noexcept { add(~std::uint64_t{0}); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }
  void clear() noexcept { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace larder::server
