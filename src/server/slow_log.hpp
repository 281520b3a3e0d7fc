// SlowLog: the last commands that took long, of all threads. Secrets never get in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "server/command.hpp"
#include "server/shown.hpp"

namespace larder::server {

/// Threads  Safe from any. Only commands over the threshold take its lock.
class SlowLog {
 public:
  using Micros = std::chrono::microseconds;

  struct Entry {
    std::int64_t id = 0;
    std::int64_t unix_seconds = 0;
    Micros took{};
    std::vector<std::string> args;  ///< Shortened, without secrets.
    std::string address;
    std::string name;
  };

  // As in Redis: what is kept of one command.
  static constexpr std::size_t kArgsMax = 32;
  static constexpr std::size_t kArgBytesMax = 128;
  /// Of `set_length_max`: at about 4 KiB for the largest entry, 64 MiB.
  static constexpr std::int64_t kLengthLimit = 16'384;

  /// Commands that took at least so long are kept; below zero: none.
  std::int64_t threshold_micros() const noexcept { return threshold_; }
  void set_threshold(std::int64_t micros) noexcept { threshold_ = micros; }
  std::size_t length_max() const;
  /// What is too much goes with the next that comes.
  void set_length_max(std::size_t length_max);

  bool is_slow(base::Nanos took) const noexcept {
    const std::int64_t threshold = threshold_;
    return threshold >= 0 && std::chrono::floor<Micros>(took).count() >= threshold;
  }
  void add(std::span<const std::string_view> args, const Command& row, Entry entry);

  std::size_t length() const;
  void clear();
  /// The newest first.
  std::vector<Entry> newest(std::size_t count) const;

 private:
  Shown<std::int64_t> threshold_ = std::int64_t{10'000};
  mutable std::mutex mutex_;
  std::size_t length_max_ = 128;
  std::int64_t next_id_ = 0;
  std::deque<Entry> entries_;  // The newest first.
};

}  // namespace larder::server
