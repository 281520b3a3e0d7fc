// Pipeline: which reply belongs to whom. Requests queue up here, leave as one write, and their
// replies are matched in order; nothing here knows a socket, a thread or a clock.
//
// A slot stays until its replies have come, even when its caller left: the late reply is swallowed
// by its own slot and can reach nobody else. What was not handed to a write when the caller leaves
// is never sent.
//
//     submit ──> unsent ──take()──> sent ──next_reply()──> gone
//                  │                  │
//                leave(): not_sent  leave(): maybe_executed, the slot waits on without its caller
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "base/limits.hpp"

namespace larder::redis {

class Call;

/// Names a submitted request; never reused on one pipeline.
using Ticket = std::uint64_t;

struct PipelineLimits {
  std::size_t requests_max = base::limits::kPipelineRequestsMax;
  std::size_t unsent_bytes_max = 2 * base::limits::kRequestBytesMax;
};

/// Threads  None of its own: the owner locks around it.
class Pipeline {
 public:
  explicit Pipeline(const PipelineLimits& limits = {}) noexcept : limits_(limits) {}

  /// Queues `bytes`, which hold as many commands as there will be replies. Errors: `overloaded`.
  Result<Ticket> submit(std::string_view bytes, std::uint32_t replies, Call& call);

  /// Moves all unsent bytes into the (empty) buffer of the next write. False: there is nothing to
  /// send.
  bool take(base::Buffer& out, base::Instant now);

  /// Where the next reply belongs. Nothing is waiting: the peer spoke out of turn, which breaks the
  /// connection.
  struct Place {
    Call* call;  ///< Null: the caller left; read the reply and forget it.
    bool last;   ///< The call is complete with it.
  };
  std::optional<Place> next_reply();

  /// The caller no longer waits. None: too late, its call is complete or was cut.
  struct Left {
    Call* call;
    Effect effect;
  };
  std::optional<Left> leave(Ticket ticket);

  /// The connection is gone; of the write in progress the first `written` bytes had left. Calls
  /// that may have run are returned and forgotten; all others stay queued, `writing` in front, for
  /// the next connection.
  std::vector<Call*> cut(const base::Buffer& writing, std::size_t written);
  /// Everybody who waits, sent or not; the pipeline is empty afterwards.
  std::vector<Call*> drain();

  /// When the oldest request that still waits for a reply was handed to a write.
  std::optional<base::Instant> oldest_sent() const;
  std::size_t size() const noexcept { return slots_.size(); }
  std::size_t in_flight() const noexcept {
    return static_cast<std::size_t>(first_unsent_ - first_);
  }
  bool has_unsent() const noexcept { return !unsent_.empty(); }
  /// The call of the oldest request whose caller still waits; null: nobody does.
  Call* first_waiting() const noexcept;
  /// Tickets below it are done with.
  Ticket first() const noexcept { return first_; }

 private:
  struct Slot {
    Call* call;
    std::uint32_t replies;  ///< 0: left before it was sent.
    std::uint32_t bytes;
    std::size_t begin;  ///< Where its bytes begin in the buffer they are in.
    base::Instant sent{};
  };
  Slot& at(Ticket ticket) { return slots_[static_cast<std::size_t>(ticket - first_)]; }
  void drop_front();
  void trim();
  void compact();

  PipelineLimits limits_;
  std::deque<Slot> slots_;
  Ticket first_ = 1;  ///< Of slots_.front().
  Ticket first_unsent_ = 1;
  base::Buffer unsent_;
  std::size_t dead_bytes_ = 0;  ///< In unsent_, of those who left.
};

}  // namespace larder::redis
