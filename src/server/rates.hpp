// Rates: how fast counters grow, over about the last second and a half: what `redis-cli --stat` shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/clock.hpp"

namespace larder::server {

/// Threads  Safe from any.
class Rates {
 public:
  static constexpr std::size_t kSamples = 16;
  static constexpr base::Millis kEvery{100};

  struct Totals {
    std::uint64_t commands = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  struct PerSecond {
    double commands = 0;
    double bytes_in = 0;
    double bytes_out = 0;
  };

  /// To be called every 100 ms.
  void sample(base::Instant now, const Totals& totals) {
    const std::lock_guard lock(mutex_);
    samples_.push_back({now, totals});
    if (samples_.size() > kSamples) samples_.pop_front();
  }
  PerSecond now() const {
    const std::lock_guard lock(mutex_);
    if (samples_.size() < 2) return {};
    const auto& [from, before] = samples_.front();
    const auto& [to, after] = samples_.back();
    const double seconds = std::chrono::duration<double>(to - from).count();
    // After a CONFIG RESETSTAT totals are smaller than before, for one round of samples.
    const auto rate = [seconds](std::uint64_t a, std::uint64_t b) {
      return b < a || seconds <= 0 ? 0.0 : static_cast<double>(b - a) / seconds;
    };
    return {rate(before.commands, after.commands), rate(before.bytes_in, after.bytes_in),
            rate(before.bytes_out, after.bytes_out)};
  }

 private:
  struct Sample {
    base::Instant at;
    Totals totals;
  };
  mutable std::mutex mutex_;
  std::deque<Sample> samples_;
};

}  // namespace larder::server
