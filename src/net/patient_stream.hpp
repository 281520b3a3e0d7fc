// PatientStream: a socket as a thread that may wait for its bytes uses it.
#pragma once

#include <span>
#include <string_view>

#include "net/stream.hpp"

namespace larder::net {

class PatientStream {
 public:
  /// Reads block from now on.
  explicit PatientStream(Socket socket) noexcept;

  /// Waits for bytes, at most so long; `blocked`: none came. Cost: one system call, where `at_most` is as it was the last
  /// time, to the millisecond.
  Transfer read(std::span<char> into, base::Nanos at_most) noexcept;
  /// Never waits: writes a prefix of `bytes`.
  Transfer write(std::string_view bytes) noexcept;
  /// From any thread: who waits is told that the peer is gone.
  void interrupt() noexcept;
  /// Gives the descriptor away.
  int release() noexcept { return socket_.release(); }

 private:
  Socket socket_;
  base::Millis patience_{0};  ///< As the kernel knows it.
};

}  // namespace larder::net
