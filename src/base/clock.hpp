// Time, handed in. Nothing outside base and net asks the operating system what time it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace larder::base {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;
using Nanos = std::chrono::nanoseconds;

/// The monotonic time line of this process. Deadlines in memory live on it: a wall-clock jump cannot move them.
struct Monotonic {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Nanos;
  using time_point = std::chrono::time_point<Monotonic, Nanos>;
  static constexpr bool is_steady = true;
};
using Instant = Monotonic::time_point;

/// Wall-clock time since the Unix epoch; only the wire and the disk speak it (EXPIREAT, log records).
using WallTime = std::chrono::sys_time<Millis>;

/// How far Clock::coarse() may lie behind: ticks come every few milliseconds, and a processor that was
/// halted for longer has one before its next instruction.
inline constexpr Millis kCoarse{1'000};

/// Both clocks. Threads: safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;
  /// Never later than now(), and earlier by less than kCoarse: for a quick look at what is far off.
  /// Cost: a fifth of now()'s.
  virtual Instant coarse() const noexcept { return now(); }
  virtual WallTime wall() const noexcept = 0;
  /// wall() as of the last tick: never later, and a few milliseconds earlier at most.
  virtual WallTime coarse_wall() const noexcept { return wall(); }
};

/// The operating system's clocks.
class SystemClock final : public Clock {
 public:
  Instant now() const noexcept override;
  Instant coarse() const noexcept override;
  WallTime wall() const noexcept override;
  WallTime coarse_wall() const noexcept override;
  /// The one instance everybody may share.
  static SystemClock& instance() noexcept;
};

/// Moves only when told to: time in tests. `advance` moves both clocks, `jump_wall` only the wall.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime{Millis{1'700'000'000'000}})
      : wall_ms_(wall.time_since_epoch().count()) {}
  Instant now() const noexcept override { return Instant{Nanos{now_ns_.load()}}; }
  WallTime wall() const noexcept override {
    return WallTime{Millis{wall_ms_.load() + now_ns_.load() / 1'000'000}};
  }
  void advance(Nanos by) noexcept { now_ns_ += by.count(); }
  void jump_wall(Millis by) noexcept { wall_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ns_{1'000'000'000};
  std::atomic<std::int64_t> wall_ms_;
};

}  // namespace larder::base
