// This process, as the operating system sees it: the signals that ask it to stop, its terminal, its
// pulse.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"

namespace larder::base {

/// SIGTERM and SIGINT turned from sudden death into a request; SIGHUP, where it is asked for, into a call.
///
/// Lifetime Construct before the first thread starts: threads inherit that the signals are held
///          back. One per process.
class StopSignals {
 public:
  explicit StopSignals(bool with_hangup = false) noexcept;
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Sleeps until one arrives and returns its name: "SIGTERM". From then on, the next one ends the
  /// process at once. Meanwhile each SIGHUP is `on_hangup`, on this thread.
  std::string wait(const std::function<void()>& on_hangup = {});
  /// As if somebody had sent SIGTERM. From any thread.
  static void request() noexcept;

 private:
  void release() noexcept;
  const bool with_hangup_;
  bool held_ = true;
};

/// A write to a pipe or socket whose reader has gone, or to a file that may not grow, shall fail rather than kill the
/// process.
void ignore_broken_pipes() noexcept;

/// Memory in large pieces goes back to the system when it is freed, and grows by moving pages rather than bytes. The C
/// library's own way is to keep such pieces once the first was freed: a crowd of slow readers then costs their buffers
/// for good. For programs; a library leaves its host's memory alone.
void give_back_large_memory() noexcept;

enum class Standard : std::uint8_t { input = 0, output = 1, error = 2 };
/// Whether a person sits at that end.
bool is_terminal(Standard stream) noexcept;

int process_id() noexcept;
/// The value of an environment variable, or "".
std::string environment(const char* name);

/// What /proc and getrusage say of this process. Zero where the system does not tell.
struct Usage {
  std::uint64_t memory_bytes = 0;  ///< Resident.
  double cpu_seconds = 0;          ///< User and system.
  double cpu_system_seconds = 0;   ///< Of it, system.
  std::uint64_t descriptors_open = 0;
  std::uint64_t descriptors_max = 0;
};
Usage process_usage();

}  // namespace larder::base
