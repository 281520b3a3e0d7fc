// Counters: what one I/O thread counts. One thread writes, anyone reads; sums over threads are made
// by the reader.
#pragma once

#include <array>
#include <cstddef>

#include "server/count.hpp"
#include "server/error_kinds.hpp"
#include "server/timings.hpp"

namespace larder::server {

/// Room for every row of the command table; its size is checked where the table stands.
inline constexpr std::size_t kCommandsMax = 128;

struct Counters {
  Count accepted;
  Count rejected;  ///< Over clients_max.
  Count cut;       ///< Closed by a limit.
  Count evicted;   ///< Of them, because all together held too much.
  Count moved;     ///< Given to another thread.
  Count closed;    ///< All that ended, for whatever reason.
  Count commands;
  Count errors;  ///< Commands answered with an error.
  Count bytes_in;
  Count bytes_out;
  Count auth_failed;
  Count handshakes_failed;
  Count tls;   ///< Now: connections that came to the TLS port.
  Count held;  ///< Now: connections that wait for the end of a pause.
  ErrorKinds error_kinds;
  // By the command's place in the table.
  std::array<Count, kCommandsMax> calls;
  std::array<Count, kCommandsMax> refused;  ///< Not even begun: arity, login, memory.
  std::array<Count, kCommandsMax> failed;   ///< Begun, and answered with an error.
  std::array<Timing, kCommandsMax> timings;

  /// CONFIG RESETSTAT. On the thread that counts.
  void clear() noexcept {
    for (Count* count : {&accepted, &rejected, &cut, &evicted, &moved, &closed, &commands, &errors,
                         &bytes_in, &bytes_out, &auth_failed, &handshakes_failed}) {
      count->clear();
    }
    for (auto* counts : {&calls, &refused, &failed}) {
      for (Count& count : *counts) count.clear();
    }
    for (Timing& timing : timings) timing.clear();
    error_kinds.clear();
  }
};

}  // namespace larder::server
