#include "redis/link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/socket.hpp"
#include "redis/listener.hpp"

namespace larder::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::string name_of(const ClientOptions& options) {
  if (!options.shown.empty()) return options.shown;
  if (!options.socket_path.empty()) return "unix://" + options.socket_path;
  return (options.tls ? "rediss://" : "redis://") + net::to_string({options.host, options.port});
}

asio::const_buffer bytes_of(const base::Buffer& buffer) {
  return {buffer.view().data(), buffer.size()};
}

}  // namespace

Client::Link::Link(const ClientOptions& options, asio::io_context& context,
                   const base::Clock& clock)
    : options_(options),
      name_(name_of(options)),
      clock_(clock),
      context_(context),
      strand_(asio::make_strand(context)),
      socket_(strand_),
      resolver_(strand_),
      retry_timer_(strand_),
      attempt_timer_(strand_),
      deadline_timer_(strand_),
      watch_timer_(strand_),
      write_done_(strand_),
      direct_timer_(strand_),
      backoff_(base::Random{base::system_entropy()}),
      pipeline_(options.limits) {}

void Client::Link::start() {
  asio::co_spawn(
      strand_, [self = shared_from_this()]() -> Awaitable<void> { co_await self->live(); },
      asio::detached);
}

void Client::Link::stop() {
  asio::post(strand_, [self = shared_from_this()] {
    self->stopping_ = true;
    self->close("the store was closed");
    self->resolver_.cancel();
    self->retry_timer_.cancel();
    self->deadline_timer_.cancel();
    self->watch_timer_.cancel();
    self->take_back();
  });
}

Client::Link::Awaitable<void> Client::Link::live() {
  while (!stopping_) {
    Outcome failure = co_await locate();
    if (!failure) failure = co_await connect();
    if (failure) {
      not_connected(*failure);
      changed(failure);
    } else {
      connected();
      changed(std::nullopt);
      failure = co_await serve();
      co_await wait_for_write();
      lost(*failure);
      changed(failure);
    }
    if (!stopping_) co_await pause(backoff_.next());
  }
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::connect() {
  reader_.reset();
  input_.clear();
  connecting_ = true;
  attempt_timer_.expires_after(options_.connect_timeout);
  attempt_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled || !self->connecting_) return;
    const bool mute = self->tls_ && !self->tls_->is_established();
    self->close("no connection in " + std::to_string(self->options_.connect_timeout.count()) +
                (mute ? " ms; it took the connection and does not speak TLS" : " ms"));
    self->resolver_.cancel();
  });
  Outcome failure = co_await open_socket();
  if (!failure) failure = co_await shake_hands();
  // A timer that has fired but not run yet must not close what we just opened.
  connecting_ = false;
  attempt_timer_.cancel();
  // The timer closes from outside; then the cause is its own, not the error of the cut-off step.
  if (!closed_because_.empty())
    failure = error(Errc::unreachable, Effect::not_sent, closed_because_);
  if (failure) drop_socket();
  co_return failure;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::serve() {
  flush();
  for (;;) {
    Outcome failure = deliver();
    if (!failure) failure = co_await read_some();
    if (direct_ && !failure) failure = deliver();
    if (direct_) {
      if (failure) take_back();
      Outcome found = co_await serve_direct();
      if (!failure) failure = std::move(found);
    }
    if (!failure) continue;
    if (!closed_because_.empty()) failure->detail = name_ + ": " + closed_because_;
    drop_socket();
    co_return failure;
  }
}

Client::Link::Outcome Client::Link::deliver() {
  Outcome failure;
  {
    const std::lock_guard guard{mutex_};
    failure = read_replies();
  }
  for (Call* call : finished_) call->completed(std::nullopt);
  finished_.clear();
  if (options_.listener) options_.listener->heard();
  if (input_.empty() && input_.capacity() > kIdleBufferBytes) input_.release();
  return failure;
}

Client::Link::Outcome Client::Link::read_replies() {
  using Status = resp::ReplyReader::Status;
  Outcome failure;
  auto status = reader_.next(input_.view());
  if (status == Status::reply) note_rtt();
  for (; status == Status::reply; status = reader_.next(input_.view())) {
    const resp::Value reply = reader_.value();
    const bool heard = options_.listener && options_.listener->hears(reply);
    if (!heard && !reply.is_push()) {
      const auto place = pipeline_.next_reply();
      if (!place) {
        failure = error(Errc::protocol, Effect::maybe_executed, "a reply that nobody asked for");
        break;
      }
      if (place->call) place->call->received(reply);
      if (place->call && place->last) finished_.push_back(place->call);
      if (!place->call) ++stats_.late_replies;
      // The one who asked is asked again by Exchange; the connection is to a replica by now.
      if (options_.identity.wants_primary && reply.is_error() &&
          reply.text().starts_with("READONLY")) {
        failure = error(Errc::disconnected, Effect::maybe_executed, "it is no longer the primary");
      }
      backoff_.reset();
    }
    input_.consume(reader_.consumed());
  }
  if (status == Status::error)
    failure = error(Errc::protocol, Effect::maybe_executed, reader_.error());
  while (!deadlines_.empty() && deadlines_.top().ticket < pipeline_.first()) deadlines_.pop();
  return failure;
}

void Client::Link::flush() {
  {
    const std::lock_guard guard{mutex_};
    flush_posted_ = false;
    if (connected_ && !direct_ && !write_in_progress_ && pipeline_.take(writing_, clock_.now())) {
      write_in_progress_ = true;
      ++stats_.writes;
    } else {
      arm_deadlines();
      return;
    }
    arm_deadlines();
  }
  begin_write(0);
}

void Client::Link::begin_write(std::size_t from) {
  if (!watch_armed_) arm_watch(options_.silence_max);
  if (options_.tls) return write_tls(from);
  asio::async_write(socket_, bytes_of(writing_) + from,
                    [self = shared_from_this(), from](error_code failed, std::size_t bytes) {
                      self->wrote(failed, from + bytes);
                    });
}

void Client::Link::wrote(error_code failed, std::size_t bytes) {
  written_ = bytes;
  {
    const std::lock_guard guard{mutex_};
    write_in_progress_ = false;
    // What was not written stays in writing_ until lost() has counted it: no flush may come between.
    if (failed) connected_ = false;
  }
  if (failed) {
    close("while writing: " + failed.message());
    write_done_.cancel();
    return;
  }
  writing_.clear();
  if (writing_.capacity() > kIdleBufferBytes) writing_.release();
  write_done_.cancel();
  flush();
}

// After a loss, what of the last write went out decides who may have run: it is known when the
// write has ended.
Client::Link::Awaitable<void> Client::Link::wait_for_write() {
  const auto in_progress = [this] {
    const std::lock_guard guard{mutex_};
    connected_ = false;
    return write_in_progress_;
  };
  while (in_progress()) {
    error_code cancelled;
    write_done_.expires_at(asio::steady_timer::time_point::max());
    co_await write_done_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

Client::Link::Awaitable<void> Client::Link::pause(base::Millis time) {
  if (time == base::Millis::zero() || stopping_) co_return;
  error_code cancelled;
  retry_timer_.expires_after(time);
  co_await retry_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

void Client::Link::close(std::string why) {
  if (closed_because_.empty()) closed_because_ = std::move(why);
  if (direct_) {
    direct_->interrupt();
    return take_back();
  }
  drop_socket();
}

// In this order: TLS says its last word through the descriptor, whose number may be another's a moment later.
void Client::Link::drop_socket() {
  tls_.reset();
  error_code ignored;
  socket_.close(ignored);
}

void Client::Link::connected() {
  const std::lock_guard guard{mutex_};
  connected_ = first_attempt_over_ = true;
  ++stats_.connects;
  breaker_.worked();
  first_attempt_.notify_all();
}

void Client::Link::not_connected(const Error& why) {
  const std::lock_guard guard{mutex_};
  last_failure_ = why;
  first_attempt_over_ = true;
  first_attempt_.notify_all();
}

void Client::Link::lost(const Error& why) {
  std::vector<Call*> cut;
  {
    const std::lock_guard guard{mutex_};
    ++stats_.disconnects;
    last_failure_ = why;
    cut = pipeline_.cut(writing_, writing_.empty() ? 0 : written_);
    writing_.clear();
  }
  for (Call* call : cut)
    call->completed(error(why.code, Effect::maybe_executed,
                          std::string_view{why.detail}.substr(name_.size() + 2)));
}

}  // namespace larder::redis
