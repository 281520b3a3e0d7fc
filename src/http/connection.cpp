#include "http/connection.hpp"

#include <array>
#include <exception>
#include <mutex>
#include <utility>

#include "http/response_text.hpp"

namespace larder::http {

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
/// Pipelined requests of one turn: others come in between.
constexpr int kStepsPerTurn = 64;
/// For a client to find our refusal: closing at once would reset the connection under it.
constexpr base::Millis kLinger{1'000};
constexpr std::size_t kLingerBytesMax = base::limits::kMiB;

}  // namespace

/// Where a reply, given on any thread, meets the connection that waits for it.
class ReplySlot {
 public:
  ReplySlot(std::weak_ptr<net::EventLoop> loop, std::weak_ptr<Connection> connection)
      : loop_(std::move(loop)), connection_(std::move(connection)) {}

  static void give(const std::shared_ptr<ReplySlot>& slot, Response response) {
    {
      const std::lock_guard lock(slot->mutex_);
      if (slot->response_) return;
      slot->response_ = std::move(response);
      if (!slot->waited_for_) return;  // Given while the handler ran: it is looked for afterwards.
    }
    if (const auto loop = slot->loop_.lock()) {
      loop->post([slot] {
        if (const auto connection = slot->connection_.lock()) connection->replied(*slot);
      });
    }
  }

  /// None: not yet; it will be told.
  std::optional<Response> take() {
    const std::lock_guard lock(mutex_);
    waited_for_ = true;
    // A second reply finds the first one's place taken.
    return response_ ? std::optional(std::exchange(*response_, {})) : std::nullopt;
  }

 private:
  // Weak: a reply that comes after the server must not keep its connections alive, nor find them gone.
  const std::weak_ptr<net::EventLoop> loop_;
  const std::weak_ptr<Connection> connection_;
  std::mutex mutex_;
  bool waited_for_ = false;           // guarded by mutex_
  std::optional<Response> response_;  // guarded by mutex_
};

Connection::Connection(const ConnectionContext& context, std::unique_ptr<net::Stream> stream)
    : context_(context), stream_(std::move(stream)) {}

Connection::~Connection() {
  if (timer_) context_.loop->cancel(*timer_);
  if (watched_) context_.loop->unwatch(stream_->descriptor(), *this);
}

void Connection::start() {
  interest_ = stream_->read_needs();
  watched_ = context_.loop->watch(stream_->descriptor(), interest_, *this).has_value();
  if (!watched_) return close();
  expire_after(context_.options.deadline);
}

void Connection::ready(unsigned events) {
  const auto self = shared_from_this();
  if (events != 0 && interest_ == 0)
    return close();  // Nothing was asked for: it hung up both ways.
  readable_ = true;
  advance();
}

void Connection::advance() {
  int steps = 0;
  while (state_ != State::closed && step()) {
    if (++steps < kStepsPerTurn) continue;
    context_.loop->post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->advance();
    });
    break;
  }
  if (state_ != State::closed) update_interest();
}

/// False: nothing can be done before something happens.
bool Connection::step() {
  if (!write()) {
    close();
    return false;
  }
  if (!out_.empty()) return false;
  switch (state_) {
    case State::reading:
      read_request();
      return state_ != State::reading || !out_.empty();
    case State::closing:
      begin_closing();
      return false;
    case State::lingering:
      discard();
      return false;
    default:
      return false;
  }
}

/// Until a request is whole, or there is nothing more to read for now.
void Connection::read_request() {
  if (!reader_)
    reader_.emplace(ReadBounds{context_.options.header_bytes_max, context_.options.body_bytes_max});
  for (;;) {
    switch (reader_->feed(in_)) {
      case RequestReader::Status::done:
        return handle();
      case RequestReader::Status::fault:
        faulty_ = true;
        version_ = 11;
        head_ = false;
        return respond(reader_->fault(), false);
      case RequestReader::Status::expects:
        out_ = "HTTP/1.1 100 Continue\r\n\r\n";
        return;
      case RequestReader::Status::more:
        break;
    }
    switch (read()) {
      case Input::some:
        continue;
      case Input::none:
        return;
      case Input::over:
        return close();
    }
  }
}

Connection::Input Connection::read() {
  if (!readable_) return Input::none;
  std::array<char, kReadBytes> room;
  const auto got = stream_->read(room);
  // Fewer bytes than room: nothing more waits. If it does, the loop says so again.
  readable_ = got.bytes == room.size() || stream_->has_unread();
  switch (got.status) {
    case net::Transfer::Status::done:
      in_.append(room.data(), got.bytes);
      return Input::some;
    case net::Transfer::Status::blocked:
      return Input::none;
    default:
      return Input::over;
  }
}

bool Connection::write() {
  std::size_t sent = 0;
  while (sent < out_.size()) {
    const auto moved = stream_->write(std::string_view(out_).substr(sent));
    if (moved.status == net::Transfer::Status::blocked) break;
    if (moved.status != net::Transfer::Status::done) return false;
    sent += moved.bytes;
  }
  out_.erase(0, sent);
  return true;
}

void Connection::handle() {
  version_ = reader_->version();
  keep_alive_ = reader_->keep_alive();
  Request request = std::move(reader_->request());
  reader_.reset();
  request.loopback_only = context_.loopback_only;
  head_ = request.method == "HEAD";
  state_ = State::waiting;
  const auto slot = slot_ = std::make_shared<ReplySlot>(context_.loop, weak_from_this());
  const auto reply = [slot](Response response) { ReplySlot::give(slot, std::move(response)); };
  try {
    context_.handler(std::move(request), reply);
  } catch (const std::exception& e) {
    reply({.status = 500, .body = std::string{"this failed: "} + e.what() + "\n"});
  }
  if (const auto response = slot->take()) return respond(*response, keep_alive_);
  expire_after(context_.options.reply_deadline);
}

void Connection::replied(const ReplySlot& slot) {
  if (state_ != State::waiting || slot_.get() != &slot) return;  // It comes after its time.
  const auto self = shared_from_this();
  if (const auto response = slot_->take()) respond(*response, keep_alive_);
  advance();
}

void Connection::respond(const Response& response, bool keep_alive) {
  slot_.reset();
  keep_alive = keep_alive && !response.close;
  append_response(out_, response, {version_, keep_alive, head_});
  state_ = keep_alive ? State::reading : State::closing;
  expire_after(context_.options.deadline);
}

void Connection::begin_closing() {
  stream_->finish_writing();
  if (!faulty_) return close();
  state_ = State::lingering;
  linger_bytes_ = kLingerBytesMax;
  expire_after(kLinger);
  discard();
}

void Connection::discard() {
  for (;;) {
    in_.clear();
    const auto got = read();
    if (got == Input::none) return;
    if (got == Input::over || in_.size() >= linger_bytes_) return close();
    linger_bytes_ -= in_.size();
  }
}

void Connection::update_interest() {
  const bool reads = out_.empty() && (state_ == State::reading || state_ == State::lingering);
  const unsigned wanted =
      (reads ? stream_->read_needs() : 0) | (out_.empty() ? 0 : stream_->write_needs());
  if (wanted != interest_) context_.loop->rewatch(stream_->descriptor(), wanted, *this);
  interest_ = wanted;
}

void Connection::expire_after(base::Nanos time) {
  deadline_ = context_.loop->now() + time;
  if (timer_ && timer_at_ <= deadline_) return;  // It looks again when it comes.
  if (timer_) context_.loop->cancel(*timer_);
  timer_at_ = deadline_;
  timer_ = context_.loop->after(time, [this] {
    const auto self = shared_from_this();
    timer_.reset();
    expired();
  });
}

void Connection::expired() {
  if (const auto left = deadline_ - context_.loop->now(); left > base::Nanos{0})
    return expire_after(left);
  if (state_ != State::waiting) return close();
  respond({.status = 504, .body = "no answer in time\n"}, keep_alive_);
  advance();
}

void Connection::close() {
  if (std::exchange(state_, State::closed) == State::closed) return;
  if (watched_) context_.loop->unwatch(stream_->descriptor(), *this);
  watched_ = false;
  context_.gone(this);
}

}  // namespace larder::http
