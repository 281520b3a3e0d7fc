// Session: the server's side of one conversation as a state machine. Bytes in, bytes out; no
// socket, no thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "resp/request_reader.hpp"
#include "resp/writer.hpp"
#include "server/client.hpp"
#include "server/context.hpp"

namespace larder::server {

/// What one turn of a session may do before others get theirs.
struct TurnLimits {
  std::size_t commands = 1'024;
  std::size_t arguments =
      16 * 1'024;  ///< Of all its commands together: an MSET of 8,000 pairs is a turn by itself.
  std::size_t output_bytes =
      base::limits::kOutputPauseBytes;  ///< Replies that wait, those of before included.
};

/// The two ends of a connection: "127.0.0.1:50312".
struct Addresses {
  std::string peer;
  std::string local;
  int descriptor = -1;
};

class Session {
 public:
  Session(Context& context, Addresses addresses);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// What a turn came to.
  enum class State : std::uint8_t {
    waiting,  ///< All complete requests were answered.
    paused,   ///< A limit of the turn was reached; more requests may wait in the rest of the input.
    held,     ///< A CLIENT PAUSE is in the way of what comes first in the rest of the input.
    closing,  ///< Send what is in the output, then close.
  };
  struct Turn {
    State state;
    std::size_t consumed;  ///< Bytes to drop from the front of the input; the rest must come again,
                           ///< with more behind.
  };

  /// Executes requests from `input` and appends their replies to `out`.
  Turn run(std::string_view input, base::Buffer& out, const TurnLimits& limits = {});

  /// Bytes still missing from a request that has begun, as far as is known; 0 between requests.
  std::size_t bytes_missing() const noexcept {
    return reader_.in_request() ? reader_.bytes_missing() : 0;
  }
  /// Something was published to it that it was not sent yet.
  bool has_messages() const noexcept {
    return client_.subscriber != nullptr && client_.subscriber->mailbox.has_mail();
  }
  /// Appends that. Where too much came the client is marked as overflowed.
  void take_messages(base::Buffer& out) {
    if (!client_.subscriber->mailbox.take(out)) client_.overflowed = true;
  }
  /// Memory held for this client, connection buffers aside.
  std::size_t memory_bytes() const noexcept;
  /// Gives back memory that only large requests needed.
  void release();

  /// Between two turns: from the next on it is another thread's.
  void give_to(Context& context) noexcept { context_ = &context; }

  Client& client() noexcept { return client_; }
  const Client& client() const noexcept { return client_; }

 private:
  struct Progress;

  Turn refuse_tls(base::Buffer& out);
  void take(std::span<const std::string_view> args, std::size_t begin, Progress& progress);
  bool finish_run(Progress& progress);
  bool may_join_neighbours() const;
  bool log_refuses() const;
  bool must_wait(std::span<const std::string_view> args) const;
  void execute_aloud(std::span<const std::string_view> args, base::Buffer& out);
  void execute(std::span<const std::string_view> args, base::Buffer& out);
  bool may_run(std::span<const std::string_view> args, const Command& row, resp::Writer& reply);
  void run_command(std::span<const std::string_view> args, const Command& row, std::size_t place,
                   resp::Writer& reply);
  void refuse(resp::Writer& reply, std::string_view words);
  void refuse_exec(resp::Writer& reply, std::string_view words);
  void queue(std::span<const std::string_view> args, const Command& row, resp::Writer& reply);
  void refuse_unknown(std::span<const std::string_view> args, resp::Writer& reply);
  void apply_request_limits();
  bool every_command_is_timed() const;
  void note_if_slow(std::span<const std::string_view> args, const Command& row, base::Nanos took);

  Context* context_;
  Client client_;
  resp::RequestReader reader_;
  bool heard_ = false;  ///< Past the first bytes, which may be TLS.
};

}  // namespace larder::server
