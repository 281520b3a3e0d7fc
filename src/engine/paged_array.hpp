// PagedArray: elements side by side that never move, in memory that goes back when the end recedes.
//
// A vector doubles and copies; this one grows in place, in address space that was reserved for the
// most it may become. Memory above the end is given back 16 KiB at a time, and only when that much
// is left over besides: so it really shrinks, and an end that swings to and fro asks for nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>

#include "base/pages.hpp"

namespace larder::engine {

/// Threads  One at a time; beside it others may ask for size() and read elements that were there once.
/// Lifetime References stay good until their element is popped; the memory stays readable for as long
///          as the array lives.
template <class T>
class PagedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Reserves address space for `bytes_max`, or what the system grants of it.
  /// Errors   throws std::bad_alloc where it grants next to nothing.
  explicit PagedArray(std::size_t bytes_max) : pages_(bytes_max) {}

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::size_t bytes() const noexcept { return size() * sizeof(T); }
  /// Memory that the operating system may hold for it: bytes() and a little above.
  std::size_t bytes_held() const noexcept { return held_; }
  T& operator[](std::size_t i) const noexcept { return reinterpret_cast<T*>(pages_.data())[i]; }

  /// Whether `count` more elements can be pushed; they then surely can.
  bool reserve(std::size_t count) noexcept { return pages_.grow_to((size() + count) * sizeof(T)); }
  /// Requires reserve(1) since the last push.
  void push(const T& element) noexcept {
    (*this)[size()] = element;
    size_.store(size() + 1, std::memory_order_relaxed);
    while (held_ < bytes()) held_ += kStep;
  }
  /// See base::Pages.
  char* take_huge() noexcept { return pages_.take_huge(bytes()); }
  void pop() noexcept {
    size_.store(size() - 1, std::memory_order_relaxed);
    if (held_ < bytes() + 2 * kStep) return;
    held_ -= kStep;
    pages_.give_back(held_, kStep);
  }

 private:
  static constexpr std::size_t kStep = std::size_t{16} << 10;
  static_assert(sizeof(T) <= kStep);

  base::Pages pages_;
  std::atomic<std::size_t> size_{0};
  std::size_t held_ =
      0;  ///< Bytes from the beginning that were written since they were given back.
};

}  // namespace larder::engine
