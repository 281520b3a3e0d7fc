// Counters: what one I/O thread counts. One thread writes, anyone reads; sums over threads are made
// by the reader.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
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

/// Room for every row of the command table; its size is checked where the table stands.
inline constexpr std::size_t kCommandsMax = 128;

struct Counters {
  Count accepted;
  Count rejected;  ///< Over clients_max.
  Count cut;       ///< Closed by a limit.
  Count closed;    ///< All that ended, for whatever reason.
  Count commands;
  Count errors;  ///< Commands answered with an error.
  Count bytes_in;
  Count bytes_out;
  Count auth_failed;
  Count held;                             ///< Now: connections that wait for the end of a pause.
  std::array<Count, kCommandsMax> calls;  ///< By the command's place in the table.

  /// CONFIG RESETSTAT. On the thread that counts.
  void clear() noexcept {
    for (Count* count : {&accepted, &rejected, &cut, &closed, &commands, &errors, &bytes_in,
                         &bytes_out, &auth_failed}) {
      count->clear();
    }
    for (Count& count : calls) count.clear();
  }
};

}  // namespace larder::server
