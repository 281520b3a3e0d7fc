#include "server/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "node/durability.hpp"
#include "resp/reply_reader.hpp"
#include "server/call.hpp"
#include "server/settings.hpp"

namespace larder::server {

namespace limits = base::limits;
using net::Transfer;

void Scratch::end_turn(std::size_t bytes_made) noexcept {
  output.clear();
  if (bytes_made > kOutputKeptBytes) large_lately = true;
  if (output.capacity() > kOutputSpareBytes) output.release();
}

void Scratch::take_back(base::Buffer& sent) noexcept {
  if (sent.capacity() > output.capacity() && sent.capacity() <= kOutputSpareBytes) {
    std::swap(output, sent);
  }
  sent.release();
}

void Scratch::tidy() {
  if (!std::exchange(large_lately, false)) output.shrink(kOutputKeptBytes);
}

Connection::Connection(std::unique_ptr<net::Stream> stream, Context& context, Scratch& scratch,
                       Addresses addresses)
    : stream_(std::move(stream)),
      context_(&context),
      scratch_(&scratch),
      session_(context, std::move(addresses)) {}

bool Connection::wants_read() const noexcept {
  if (lingers()) return true;
  return !ended_ && !paused_ && !held_ && !session_.client().closing &&
         output_.size() < limits::kOutputPauseBytes;
}

void Connection::resume() noexcept { paused_ = std::exchange(held_, false); }

Connection::Next Connection::turn(bool readable, bool writable, base::Instant now) {
  if (lingers()) return discard();
  if (writable && wants_write() && !flush(output_)) return Next::close;
  const std::uint64_t before = input_.size();
  readable = readable || stream_->has_unread();
  if (readable && wants_read() && !read(now)) return Next::close;
  const bool fresh = !scratch_->input.empty() || input_.size() != before;
  if ((fresh || paused_) && output_.size() < limits::kOutputPauseBytes && !deliver(now)) {
    return Next::close;
  }
  return end_turn(now);
}

Connection::Next Connection::end_turn(base::Instant now) {
  note_output(now);
  if (session_.client().overflowed || Settings::is_too_much_output(output_.size(), limit())) {
    context_->counters.cut.add();
    return Next::close;
  }
  if (output_.empty() && session_.client().closing) return close_or_linger(now);
  if (output_.empty() && ((ended_ && !paused_ && !held_))) {
    return Next::close;
  }
  return has_work() ? Next::again : Next::wait;
}

/// Of those who listen, messages are most of what they are sent.
const OutputLimit& Connection::limit() const noexcept {
  return context_->settings.output(session_.client().is_subscribed() ? ClientClass::pubsub
                                                                     : ClientClass::normal);
}

/// Without any readiness: requests that wait for a turn, or bytes that only the stream knows of.
bool Connection::has_work() const noexcept {
  return (paused_ && output_.size() < limits::kOutputPauseBytes) ||
         (stream_->has_unread() && wants_read());
}

/// All was sent. Who may be sending still gets time to find the error.
Connection::Next Connection::close_or_linger(base::Instant now) {
  if (!session_.client().lingers || ended_) return Next::close;
  stream_->finish_writing();
  linger_until_ = now + limits::kLingerTime;
  linger_bytes_ = limits::kLingerBytesMax;
  input_.release();
  return Next::wait;
}

/// One read that nobody looks at.
Connection::Next Connection::discard() {
  char* room = scratch_->input.prepare(Scratch::kReadBytes);
  const Transfer got = stream_->read({room, Scratch::kReadBytes});
  if (got.status == Transfer::Status::blocked) return Next::wait;
  if (got.status != Transfer::Status::done || got.bytes >= linger_bytes_) return Next::close;
  linger_bytes_ -= got.bytes;
  return stream_->has_unread() ? Next::again : Next::wait;
}

Connection::Next Connection::finish(base::Instant now) {
  if (lingers()) return Next::close;
  const Next next = turn(true, true, now);
  ended_ = true;
  if (next != Next::wait) return next;
  return output_.empty() ? Next::close : Next::wait;
}

/// Writes as much as the socket takes. False: it is gone.
bool Connection::flush(base::Buffer& buffer) {
  while (!buffer.empty()) {
    const Transfer sent = stream_->write(buffer.view());
    if (sent.status == Transfer::Status::broken) return false;
    context_->counters.bytes_out.add(sent.bytes);
    bytes_sent_ += sent.bytes;
    buffer.consume(sent.bytes);
    if (sent.status == Transfer::Status::blocked) break;
  }
  if (buffer.empty() && &buffer == &output_) scratch_->take_back(output_);
  return true;
}

/// One read. Into the thread's buffer, so that an idle or slow connection holds no more than it
/// sent; a large value goes straight behind its beginning, in portions that grow with what has
/// arrived. False: the connection is gone.
bool Connection::read(base::Instant now) {
  const bool large = session_.bytes_missing() > Scratch::kReadBytes && !input_.empty();
  base::Buffer& into = large ? input_ : scratch_->input;
  const std::size_t room =
      large ? std::clamp(input_.size(), Scratch::kReadBytes, session_.bytes_missing())
            : Scratch::kReadBytes;
  const Transfer got = stream_->read({into.prepare(room), room});
  switch (got.status) {
    case Transfer::Status::broken:
      return false;
    case Transfer::Status::blocked:
      return true;
    case Transfer::Status::ended:
      ended_ = true;
      return true;
    case Transfer::Status::done:
      break;
  }
  into.commit(got.bytes);
  context_->counters.bytes_in.add(got.bytes);
  session_.client().last_active = now;
  if (!large && !input_.empty()) {
    input_.append(into.view());
    into.clear();
  }
  return true;
}

/// Lets the session work on what was read, and sends what it says. False: the connection is gone.
bool Connection::deliver(base::Instant now) {
  base::Buffer& in = input_.empty() ? scratch_->input : input_;
  // Replies go behind those that wait already; only if none do, straight from the thread's buffer.
  base::Buffer& out = output_.empty() ? scratch_->output : output_;
  node::Durability* const durability = context_->options.durability;
  const std::uint64_t mark = durability ? durability->mark() : 0;
  const std::size_t before = out.size();
  const Session::Turn turn = session_.run(in.view(), out);
  in.consume(turn.consumed);
  keep_input(in, turn, now);
  session_.release();
  const std::size_t bytes_made = out.size();
  if (durability && bytes_made > before && durability->must_flush(mark)) {
    hold_back(out, before, mark);
  }
  const bool alive = awaits_log_ || flush(out);
  if (&out == &scratch_->output) {
    if (alive) keep_output(out);
    scratch_->end_turn(bytes_made);
  }
  return alive;
}

/// What was made behind `before` waits; what waits already for its reader is safe, and waits with it.
void Connection::hold_back(base::Buffer& made, std::size_t before, std::uint64_t mark) {
  if (!awaits_log_) unsafe_from_ = &made == &output_ ? before : output_.size();
  awaits_log_ = true;
  wrote_ = wrote_ || context_->options.durability->wrote_since(mark);
}

Connection::Next Connection::settle(bool safe, base::Instant now) {
  if (!safe && wrote_) replace_replies();
  awaits_log_ = false;
  wrote_ = false;
  if (!flush(output_)) return Next::close;
  if (session_.has_messages()) return pass_messages(now);
  return end_turn(now);
}

Connection::Next Connection::pass_messages(base::Instant now) {
  const bool ends = lingers() || session_.client().closing;
  if (!ends && !awaits_log_ && !take_messages()) return Next::close;
  return ends ? Next::wait : end_turn(now);
}

/// Behind what waits already, which the socket will ask for; else straight from the thread's buffer. False: the
/// connection is gone.
bool Connection::take_messages() {
  if (!output_.empty()) {
    session_.take_messages(output_);
    return true;
  }
  base::Buffer& out = scratch_->output;
  session_.take_messages(out);
  const std::size_t bytes = out.size();
  const bool alive = flush(out);
  if (alive) keep_output(out);
  scratch_->end_turn(bytes);
  return alive;
}

/// Each reply by an error: their order is how a client tells them apart. A push is none, and stays.
void Connection::replace_replies() {
  std::string_view made = output_.view().substr(unsafe_from_);
  base::Buffer instead;
  resp::Writer reply(instead);
  resp::ReplyReader reader;
  const std::string words = log_trouble(*context_->options.durability);
  while (reader.next(made) == resp::ReplyReader::Status::reply) {
    if (reader.value().type() == resp::Type::push) {
      instead.append(made.substr(0, reader.consumed()));
    } else {
      reply.error(words);
    }
    made.remove_prefix(reader.consumed());
  }
  output_.truncate(unsafe_from_);
  output_.append(instead.view());
}

/// What the socket did not take. A large rest comes with its memory, unless little of that is still needed; a small one is
/// copied.
void Connection::keep_output(base::Buffer& rest) {
  if (rest.size() > Scratch::kOutputKeptBytes && rest.size() >= rest.capacity() / 4) {
    output_ = std::move(rest);
  } else {
    output_.append(rest.view());
  }
}

void Connection::keep_input(base::Buffer& in, const Session::Turn& turn, base::Instant now) {
  if (turn.state == Session::State::closing) in.clear();
  held_ = turn.state == Session::State::held;
  paused_ = turn.state == Session::State::paused && !in.empty();
  // The clock of an unfinished request starts when the one before it is done.
  if (in.empty() || paused_ || held_) {
    request_began_ = {};
  } else if (turn.consumed > 0 || request_began_ == base::Instant{}) {
    request_began_ = now;
  }
  if (&in == &scratch_->input) {
    input_.append(in.view());
    in.clear();
  } else if (in.empty()) {
    in.release();
  }
}

void Connection::note_output(base::Instant now) noexcept {
  Client& client = session_.client();
  client.input_bytes = input_.capacity();
  client.output_bytes = output_.size();
  client.memory_bytes = memory_bytes();
  client.is_held = held_;
  if (client.subscriber != nullptr) client.subscriber->mailbox.note_unsent(output_.size());
  const std::size_t soft = limit().soft_bytes;
  if (soft == 0 || output_.size() <= soft) {
    output_high_since_ = {};
  } else if (output_high_since_ == base::Instant{}) {
    output_high_since_ = now;
  }
  if (output_.empty() || awaits_log_) {
    stuck_since_ = {};
  } else if (stuck_since_ == base::Instant{} || bytes_sent_ != bytes_noted_) {
    stuck_since_ = now;
  }
  bytes_noted_ = bytes_sent_;
}

bool Connection::overdue(base::Instant now) const noexcept {
  const auto longer = [now](base::Instant since, base::Nanos at_most) {
    return since != base::Instant{} && now - since > at_most;
  };
  if (lingers()) return now >= linger_until_;
  if (longer(request_began_, limits::kRequestTime)) return true;
  const Settings& settings = context_->settings;
  if (!stream_->is_established() &&
      longer(session_.client().connected, context_->options.tls_handshake_at_most)) {
    return true;
  }
  if (longer(output_high_since_, std::chrono::seconds(limit().soft_seconds))) return true;
  // Who wants no bound in time has said so with the soft limit.
  if (limit().soft_bytes != 0 && longer(stuck_since_, limits::kOutputStuckTime)) return true;
  const std::int64_t idle = settings.idle_seconds_max;
  const bool busy = held_ || !output_.empty() || session_.client().is_subscribed();
  if (idle > 0 && !busy && longer(session_.client().last_active, std::chrono::seconds(idle))) {
    return true;
  }
  return !session_.client().authenticated && settings.password.is_set() &&
         now - session_.client().connected > limits::kRequestTime;
}

}  // namespace larder::server
