// Mailbox: messages on their way from those who publish, on any thread, to one subscriber's connection.
//
// What is published is written here as the subscriber will be sent it. Its own thread is woken when the first message
// comes, and takes all that came until it looks: a message costs a copy, and a crowd of messages one wake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/buffer.hpp"
#include "server/client_keeper.hpp"
#include "server/shown.hpp"

namespace larder::server {

/// Threads  put() from any, the rest from the subscriber's own.
class Mailbox {
 public:
  /// `keeper`: null in tests without threads.
  Mailbox(std::uint64_t client, ClientKeeper* keeper, std::uint8_t protocol) noexcept
      : client_(client), keeper_(keeper), protocol_(protocol) {}

  /// `frame`: a message in RESP without its first byte, which is all that the protocols differ in. Who has more than
  /// `bytes_max` waiting is to be cut, and gets no more.
  void put(std::string_view frame, std::size_t bytes_max);

  /// Appends what came since the last time. False: too much did, and the connection is to be cut.
  bool take(base::Buffer& out);
  /// There is something to take, or the end to be learnt of.
  bool has_mail() const noexcept { return bytes_waiting_ != 0 || overflowed_; }
  /// What the connection still has of earlier messages and replies: they count for the limit too.
  void note_unsent(std::size_t bytes) noexcept { bytes_unsent_ = bytes; }
  void speak(std::uint8_t protocol);
  /// The subscriber has another thread now, which looks into the mailbox next.
  void move_to(ClientKeeper* keeper);
  /// Memory that waiting messages take, about.
  std::size_t memory_bytes() const noexcept { return bytes_waiting_; }

 private:
  const std::uint64_t client_;
  Shown<std::size_t> bytes_waiting_ = 0U;  // Written under the lock, as the next one.
  Shown<bool> overflowed_ = false;
  Shown<std::size_t> bytes_unsent_ = 0U;
  std::mutex mutex_;
  // Guarded by mutex_:
  ClientKeeper* keeper_;
  std::uint8_t protocol_;
  base::Buffer messages_;
};

}  // namespace larder::server
