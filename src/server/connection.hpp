// Connection: a Session on a Stream. Reads, lets the session work, writes; holds back those who do
// not read.
//
// Input lands in a buffer of the thread and is parsed there; only an unfinished request is kept by
// the connection. Output is gathered in a buffer of the thread and leaves in one write; only what
// the socket did not take is kept. So an idle connection holds no buffer at all, and a pipeline
// costs one read and one write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/buffer.hpp"
#include "base/clock.hpp"
#include "net/stream.hpp"
#include "server/session.hpp"

namespace larder::server {

struct OutputLimit;

/// Buffers that all connections of a thread use in turn. Between turns they are empty.
struct Scratch {
  base::Buffer input;
  base::Buffer output;
  bool large_lately = false;  ///< Since the last tidy() a reply needed more than what is kept.

  /// One read. 64 KiB hold 1,400 GETs; more would only make a turn longer.
  static constexpr std::size_t kReadBytes = 64 * 1024;
  /// What `output` keeps for good.
  static constexpr std::size_t kOutputKeptBytes = 1024 * 1024;
  /// What it keeps from one large reply to the next: fresh pages cost three times the reply itself.
  static constexpr std::size_t kOutputSpareBytes = 32 * 1024 * 1024;

  /// Clears `output` after a turn that made so many bytes of replies.
  void end_turn(std::size_t bytes_made) noexcept;
  /// Takes back the memory of a reply that is sent. Empties `sent`.
  void take_back(base::Buffer& sent) noexcept;
  /// To be called now and then: gives back what no large reply needed lately.
  void tidy();
};

class Connection {
 public:
  Connection(std::unique_ptr<net::Stream> stream, Context& context, Scratch& scratch,
             Addresses addresses);

  enum class Next : std::uint8_t {
    wait,   ///< For readiness of what wants_read() and wants_write() say.
    again,  ///< There is work left from this turn; come back after the others.
    close,  ///< It is over.
  };

  /// One turn: sends what waits, reads once, executes within the turn's limits, sends the replies.
  Next turn(bool readable, bool writable, base::Instant now);
  /// The server stops: nothing more is read. `close` at once when nothing waits to be sent.
  Next finish(base::Instant now);
  /// Replies wait until what they tell of is safe: settle() is to be called when it is, or is known not to be.
  bool awaits_log() const noexcept { return awaits_log_; }
  /// Sends what waited. `safe` false: replies of turns that wrote become as many errors, for nobody may believe them.
  Next settle(bool safe, base::Instant now);
  /// Something was published to it that was not sent yet.
  bool has_messages() const noexcept { return session_.has_messages(); }
  /// Sends that, unless replies wait for the log: settle() does it then.
  Next pass_messages(base::Instant now);
  /// Looked at now and then. True: a limit of time or size was passed, and the connection is to be
  /// cut.
  bool overdue(base::Instant now) const noexcept;

  /// A pause is in the way of its next command: it does nothing until resume() and another turn.
  bool is_held() const noexcept { return held_; }
  void resume() noexcept;

  /// It has nothing to send, is not about to end, and waits for nothing but its client.
  bool may_move() const noexcept {
    return output_.empty() && !paused_ && !held_ && !ended_ && !lingers() &&
           !session_.client().closing && stream_->is_established() && !stream_->has_unread();
  }
  /// Between two turns: from the next on it is another thread's.
  void give_to(Context& context, Scratch& scratch) noexcept {
    context_ = &context;
    scratch_ = &scratch;
    session_.give_to(context);
  }

  bool wants_read() const noexcept;
  bool wants_write() const noexcept { return !output_.empty() && !awaits_log_; }
  /// The readiness to wait for, as bits of net::Ready.
  unsigned interest() const noexcept {
    return (wants_read() ? stream_->read_needs() : 0U) |
           (wants_write() ? stream_->write_needs() : 0U);
  }
  /// The turn that such readiness is for.
  Next ready(unsigned events, base::Instant now) {
    return turn((events & stream_->read_needs()) != 0, (events & stream_->write_needs()) != 0, now);
  }
  /// Bytes of replies that wait for their reader.
  std::size_t output_bytes() const noexcept { return output_.size(); }
  /// Memory held in buffers.
  std::size_t memory_bytes() const noexcept {
    return input_.capacity() + output_.capacity() + session_.memory_bytes() +
           stream_->memory_bytes();
  }
  net::Stream& stream() noexcept { return *stream_; }
  Session& session() noexcept { return session_; }

 private:
  bool has_work() const noexcept;
  bool lingers() const noexcept { return linger_until_ != base::Instant{}; }
  bool flush(base::Buffer& buffer);
  bool read(base::Instant now);
  bool deliver(base::Instant now);
  void hold_back(base::Buffer& made, std::size_t before, std::uint64_t mark);
  void replace_replies();
  Next end_turn(base::Instant now);
  Next close_or_linger(base::Instant now);
  Next discard();
  void keep_input(base::Buffer& in, const Session::Turn& turn, base::Instant now);
  void keep_output(base::Buffer& rest);
  void note_output(base::Instant now) noexcept;
  bool take_messages();
  const OutputLimit& limit() const noexcept;

  std::unique_ptr<net::Stream> stream_;
  Context* context_;
  Scratch* scratch_;
  Session session_;
  base::Buffer input_;             // The beginning of a request, or what a turn left over.
  base::Buffer output_;            // What the socket did not take yet.
  base::Instant request_began_{};  // Of the unfinished request; the epoch: there is none.
  base::Instant
      output_high_since_{};  // Since when output_ is above the soft limit; the epoch: it is not.
  base::Instant
      stuck_since_{};  // Since when the socket took nothing of output_; the epoch: there is nothing.
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_noted_ = 0;  // Of bytes_sent_, when stuck_since_ was looked at.
  base::Instant linger_until_{};   // What comes is dropped until then; the epoch: it is not.
  std::size_t linger_bytes_ = 0;   // How much may be.
  std::size_t unsafe_from_ = 0;    // Of output_: what is behind waits for the log.
  bool awaits_log_ = false;
  bool wrote_ = false;   // Some of what waits may tell of writes.
  bool ended_ = false;   // The peer sends no more.
  bool paused_ = false;  // input_ may hold complete requests.
  bool held_ = false;    // input_ begins with a request that has to wait.
};

}  // namespace larder::server
