// Subscriptions: what one connection is subscribed to. Wishes in, commands out; what comes back is told apart: messages,
// confirmations, refusals, and the replies to PING, which are those of calls. Knows no socket, thread or clock.
//
// Each topic is a command of its own, so each has one answer; a PING ends what is written at once, so that a server that
// is gone is noticed:
//
//     SUBSCRIBE a, SSUBSCRIBE b, PING ──>    <── [subscribe a 1], -MOVED …, PONG
//
// RESP3 pushes its confirmations, RESP2 sends arrays, and PONG as one too. The order is the same, so the first of what is still
// awaited says whose an error is, or an OK.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "resp/reply.hpp"

namespace larder::redis {

enum class TopicKind : std::uint8_t {
  channel,  ///< SUBSCRIBE
  pattern,  ///< PSUBSCRIBE
  shard,    ///< SSUBSCRIBE: a channel that lives where a key of that name would.
  prefix,  ///< CLIENT TRACKING ON BCAST: keys that begin so are told of when they change. Stays as long as the connection.
};

struct Topic {
  TopicKind kind = TopicKind::channel;
  std::string name;
  friend auto operator<=>(const Topic&, const Topic&) = default;
};

using Topics = std::set<Topic>;

class Subscriptions {
 public:
  /// The connection is another: nothing was asked on it.
  void reset();

  /// Appends what leads from what was asked to `wanted`, and a PING behind it. With `in_any_case`, the PING alone where
  /// nothing differs. False: nothing was appended.
  bool write(const Topics& wanted, bool in_any_case, base::Buffer& out);

  /// What came. Its views are those of the value.
  struct Heard {
    enum class Kind : std::uint8_t {
      reply,    ///< To a call: a PONG.
      nothing,  ///< To be passed over.
      message,  ///< `payload` on `channel`; of a pattern, `topic` is that, else the same as `channel`.
      confirmed,    ///< `topic` is subscribed to.
      refused,      ///< It is not; `payload` says why.
      withdrawn,    ///< It was, and is no longer, by the server's own decision: its slot has moved.
      invalidated,  ///< Keys have changed: they are the second element of the value; null: all have.
    };
    Kind kind = Kind::nothing;
    TopicKind topic_kind = TopicKind::channel;
    std::string_view topic = {};
    std::string_view channel = {};
    std::string_view payload = {};
  };
  Heard hear(const resp::Value& value);

  std::size_t awaited() const noexcept { return awaited_.size(); }

 private:
  /// The answer to a command, or to a PING.
  struct Awaited {
    std::optional<Topic> topic;  ///< None: a PING.
    bool on = true;
  };

  Heard hear_error(std::string_view words);
  Heard hear_news(const resp::Value& value);
  Heard hear_change(TopicKind kind, bool on, std::string_view name);
  bool awaits(const Topic& topic) const;
  Heard reply();
  Heard answered(Heard::Kind kind, std::string_view words);

  Topics asked_;
  std::deque<Awaited> awaited_;
  std::string named_;  ///< What the view of a topic looks at where the reply does not name it.
};

}  // namespace larder::redis
