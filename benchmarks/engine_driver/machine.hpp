// The machine under the benchmark: cores, clocks, resident memory.
#pragma once

#include <time.h>

#include <cstdint>
#include <string>

namespace larder::bench {

/// Binds the calling thread to one core.
void pin_to(unsigned core);

/// A thread's own processor time: what others take from its core does not count. A system call.
inline std::uint64_t thread_cpu_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t wall_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void sleep_ms(unsigned ms) noexcept;

/// Resident bytes of a process, counted page by page: the short form in /proc/PID/statm lags behind
/// by up to 64 pages a core.
std::uint64_t resident_bytes(const std::string& process = "self");

}  // namespace larder::bench
