#include "redis/link.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/text.hpp"
#include "net/socket.hpp"

namespace larder::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// One read: a few hundred small replies. A large value says itself how much more it needs.
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kReadBytesMax = 1024 * 1024;
// What a connection keeps after a burst of large replies.
constexpr std::size_t kIdleBufferBytes = 256 * 1024;

std::string name_of(const ClientOptions& options) {
  return "redis://" + net::to_string({options.host, options.port});
}

void set_options(tcp::socket& socket) {
  net::Socket borrowed{socket.native_handle()};
  net::set_no_delay(borrowed);
  net::set_keepalive(borrowed, {});
  borrowed.release();
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
  });
}

Client::Link::Awaitable<void> Client::Link::live() {
  while (!stopping_) {
    Outcome failure = co_await connect();
    if (failure) {
      not_connected(*failure);
    } else {
      connected();
      failure = co_await serve();
      co_await wait_for_write();
      lost(*failure);
    }
    if (!stopping_) co_await pause(backoff_.next());
  }
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::connect() {
  reader_.reset();
  input_.clear();
  closed_because_.clear();
  connecting_ = true;
  attempt_timer_.expires_after(options_.connect_timeout);
  attempt_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled || !self->connecting_) return;
    self->close("no connection in " + std::to_string(self->options_.connect_timeout.count()) +
                " ms");
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
  error_code ignored;
  if (failure) socket_.close(ignored);
  co_return failure;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::open_socket() {
  error_code failed;
  std::vector<tcp::endpoint> endpoints;
  const auto address = asio::ip::make_address(options_.host, failed);
  if (!failed) {
    endpoints.emplace_back(address, options_.port);
  } else {
    const auto found =
        co_await resolver_.async_resolve(options_.host, std::to_string(options_.port),
                                         asio::redirect_error(asio::use_awaitable, failed));
    if (failed)
      co_return error(Errc::unreachable, Effect::not_sent, "name lookup: " + failed.message());
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  }
  if (!closed_because_.empty() || stopping_)
    co_return error(Errc::unreachable, Effect::not_sent, "stopped");
  co_await asio::async_connect(socket_, endpoints,
                               asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return error(Errc::unreachable, Effect::not_sent, failed.message());
  set_options(socket_);
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::shake_hands() {
  Handshake handshake{options_.identity, options_.asks};
  base::Buffer request;
  handshake.start(request);
  auto state = Handshake::State::waiting;
  while (state == Handshake::State::waiting) {
    if (!request.empty()) {
      if (auto failure = co_await write_all(request)) co_return failure;
      request.clear();
    }
    const auto status = reader_.next(input_.view());
    if (status == resp::ReplyReader::Status::error) {
      co_return error(Errc::protocol, Effect::not_sent,
                      "not a Redis server; it answered " + base::quoted(input_.view(), 40));
    }
    if (status == resp::ReplyReader::Status::need_more) {
      if (auto failure = co_await read_some()) co_return failure;
      continue;
    }
    if (!reader_.value().is_push()) state = handshake.received(reader_.value(), request);
    input_.consume(reader_.consumed());
  }
  if (state == Handshake::State::ready) {
    known_commands_ = handshake.known();
    co_return std::nullopt;
  }
  co_return error(handshake.failure().code, Effect::not_sent, handshake.failure().detail);
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::write_all(const base::Buffer& bytes) {
  error_code failed;
  co_await asio::async_write(socket_, bytes_of(bytes),
                             asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return error(Errc::unreachable, Effect::not_sent, failed.message());
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::read_some() {
  const std::size_t wanted = std::clamp(reader_.bytes_missing(), kReadBytes, kReadBytesMax);
  char* const into = input_.prepare(wanted);
  error_code failed;
  const std::size_t bytes = co_await socket_.async_read_some(
      asio::buffer(into, input_.room()), asio::redirect_error(asio::use_awaitable, failed));
  if (!failed) {
    input_.commit(bytes);
    co_return std::nullopt;
  }
  const bool ended = failed == asio::error::eof;
  co_return error(Errc::disconnected, Effect::maybe_executed,
                  ended ? "the server closed the connection" : failed.message());
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::serve() {
  flush();
  for (;;) {
    Outcome failure = deliver();
    if (!failure) failure = co_await read_some();
    if (!failure) continue;
    if (!closed_because_.empty()) failure->detail = name_ + ": " + closed_because_;
    error_code ignored;
    socket_.close(ignored);
    co_return failure;
  }
}

Client::Link::Outcome Client::Link::deliver() {
  using Status = resp::ReplyReader::Status;
  Outcome failure;
  {
    const std::lock_guard guard{mutex_};
    auto status = reader_.next(input_.view());
    for (; status == Status::reply; status = reader_.next(input_.view())) {
      const resp::Value reply = reader_.value();
      if (!reply.is_push()) {
        const auto place = pipeline_.next_reply();
        if (!place) {
          failure = error(Errc::protocol, Effect::maybe_executed, "a reply that nobody asked for");
          break;
        }
        if (place->call) place->call->received(reply);
        if (place->call && place->last) finished_.push_back(place->call);
        if (!place->call) ++stats_.late_replies;
        backoff_.reset();
      }
      input_.consume(reader_.consumed());
    }
    if (status == Status::error)
      failure = error(Errc::protocol, Effect::maybe_executed, reader_.error());
    while (!deadlines_.empty() && deadlines_.top().ticket < pipeline_.first()) deadlines_.pop();
  }
  for (Call* call : finished_) call->completed(std::nullopt);
  finished_.clear();
  if (input_.empty() && input_.capacity() > kIdleBufferBytes) input_.release();
  return failure;
}

void Client::Link::flush() {
  {
    const std::lock_guard guard{mutex_};
    flush_posted_ = false;
    if (connected_ && !write_in_progress_ && pipeline_.take(writing_, clock_.now())) {
      write_in_progress_ = true;
      ++stats_.writes;
    } else {
      arm_deadlines();
      return;
    }
    arm_deadlines();
  }
  if (!watch_armed_) arm_watch(options_.silence_max);
  asio::async_write(socket_, bytes_of(writing_),
                    [self = shared_from_this()](error_code failed, std::size_t bytes) {
                      self->wrote(failed, bytes);
                    });
}

void Client::Link::wrote(error_code failed, std::size_t bytes) {
  written_ = bytes;
  {
    const std::lock_guard guard{mutex_};
    write_in_progress_ = false;
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
  if (time == base::Millis::zero()) co_return;
  error_code cancelled;
  retry_timer_.expires_after(time);
  co_await retry_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

void Client::Link::close(std::string why) {
  if (closed_because_.empty()) closed_because_ = std::move(why);
  error_code ignored;
  socket_.close(ignored);
}

void Client::Link::connected() {
  const std::lock_guard guard{mutex_};
  connected_ = first_attempt_over_ = true;
  ++stats_.connects;
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
