// Link as it comes to a connection: names, sockets, TLS, the handshake; and the bytes that go over it.
#include <algorithm>

#include <boost/asio/connect.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/text.hpp"
#include "net/socket.hpp"
#include "net/tls.hpp"
#include "redis/link.hpp"

namespace larder::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

void set_tcp_options(int descriptor) {
  net::Socket borrowed{descriptor};
  net::set_no_delay(borrowed);
  net::set_keepalive(borrowed, {});
  borrowed.release();
}

/// A stream over a descriptor that stays the socket's.
class BorrowedStream final : public net::Stream {
 public:
  explicit BorrowedStream(int descriptor) : stream_(net::Socket{descriptor}) {}
  ~BorrowedStream() override { stream_.release(); }
  BorrowedStream(const BorrowedStream&) = delete;
  BorrowedStream& operator=(const BorrowedStream&) = delete;

  net::Transfer read(std::span<char> into) noexcept override { return stream_.read(into); }
  net::Transfer write(std::string_view bytes) noexcept override { return stream_.write(bytes); }
  void finish_writing() noexcept override { stream_.finish_writing(); }
  int descriptor() const noexcept override { return stream_.descriptor(); }

 private:
  net::TcpStream stream_;
};

tcp::socket::wait_type readiness(unsigned needs) {
  return (needs & net::Ready::read) != 0 ? tcp::socket::wait_read : tcp::socket::wait_write;
}

}  // namespace

// No coroutine: GCC 12 destroys twice what a lambda inside a co_await has captured.
Client::Link::Awaitable<Result<net::Endpoint>> Client::Link::ask_locator() {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<net::Endpoint>)>(
      [self = shared_from_this()](auto handler) {
        auto resume = std::make_shared<decltype(handler)>(std::move(handler));
        self->options_.locator->locate([self, resume](Result<net::Endpoint> answer) {
          asio::post(self->strand_, [resume, answer = std::move(answer)]() mutable {
            std::move (*resume)(std::move(answer));
          });
        });
      },
      asio::use_awaitable);
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::locate() {
  closed_because_.clear();
  at_ = {options_.host, options_.port};
  if (!options_.locator) co_return std::nullopt;
  auto found = co_await ask_locator();
  if (!found) co_return error(found.error().code, Effect::not_sent, found.error().detail);
  at_ = *std::move(found);
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::find_endpoints(
    std::vector<Endpoint>& into) {
  if (!options_.socket_path.empty()) {
    into.emplace_back(asio::local::stream_protocol::endpoint{options_.socket_path});
    co_return std::nullopt;
  }
  error_code failed;
  const auto address = asio::ip::make_address(at_.host, failed);
  if (!failed) {
    into.emplace_back(tcp::endpoint{address, at_.port});
    co_return std::nullopt;
  }
  const auto found = co_await resolver_.async_resolve(
      at_.host, std::to_string(at_.port), asio::redirect_error(asio::use_awaitable, failed));
  if (failed)
    co_return error(Errc::unreachable, Effect::not_sent, "name lookup: " + failed.message());
  for (const auto& entry : found) into.emplace_back(entry.endpoint());
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::open_socket() {
  std::vector<Endpoint> endpoints;
  if (auto failure = co_await find_endpoints(endpoints)) co_return failure;
  if (!closed_because_.empty() || stopping_)
    co_return error(Errc::unreachable, Effect::not_sent, "stopped");
  error_code failed;
  co_await asio::async_connect(socket_, endpoints,
                               asio::redirect_error(asio::use_awaitable, failed));
  if (failed) {
    const std::string where = options_.locator ? net::to_string(at_) + ": " : "";
    co_return error(Errc::unreachable, Effect::not_sent, where + failed.message());
  }
  if (options_.socket_path.empty()) set_tcp_options(socket_.native_handle());
  if (!options_.tls) co_return std::nullopt;
  socket_.native_non_blocking(true, failed);
  const std::string& name = options_.tls_name.empty() ? at_.host : options_.tls_name;
  tls_ = options_.tls->connect(std::make_unique<BorrowedStream>(socket_.native_handle()), name);
  if (!tls_) co_return error(Errc::unreachable, Effect::not_sent, "no TLS for that name");
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
    can_push_ = handshake.version() == resp::Version::resp3;
    co_return std::nullopt;
  }
  co_return error(handshake.failure().code, Effect::not_sent, handshake.failure().detail);
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::write_all(const base::Buffer& bytes) {
  if (tls_) co_return co_await write_all_tls(bytes.view());
  error_code failed;
  co_await asio::async_write(socket_, asio::buffer(bytes.view().data(), bytes.size()),
                             asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return error(Errc::unreachable, Effect::not_sent, failed.message());
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::read_some() {
  const std::size_t wanted = std::clamp(reader_.bytes_missing(), kReadBytes, kReadBytesMax);
  char* const into = input_.prepare(wanted);
  if (options_.tls) co_return co_await read_some_tls({into, input_.room()});
  error_code failed;
  const std::size_t bytes = co_await socket_.async_read_some(
      asio::buffer(into, input_.room()), asio::redirect_error(asio::use_awaitable, failed));
  if (!failed) {
    input_.commit(bytes);
    co_return std::nullopt;
  }
  if (direct_ && failed == asio::error::operation_aborted) co_return std::nullopt;
  const bool ended = failed == asio::error::eof;
  co_return error(Errc::disconnected, Effect::maybe_executed,
                  ended ? "the server closed the connection" : failed.message());
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::write_all_tls(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!tls_) co_return tls_failure(net::Transfer::Status::broken);
    const auto moved = tls_->write(bytes);
    if (moved.status == net::Transfer::Status::done) {
      bytes.remove_prefix(moved.bytes);
      continue;
    }
    if (moved.status != net::Transfer::Status::blocked) co_return tls_failure(moved.status);
    error_code failed;
    co_await socket_.async_wait(readiness(tls_->write_needs()),
                                asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return error(Errc::unreachable, Effect::not_sent, failed.message());
  }
  co_return std::nullopt;
}

Client::Link::Awaitable<Client::Link::Outcome> Client::Link::read_some_tls(std::span<char> into) {
  for (;;) {
    if (!tls_) co_return tls_failure(net::Transfer::Status::broken);
    const auto moved = tls_->read(into);
    if (moved.status == net::Transfer::Status::done) {
      input_.commit(moved.bytes);
      co_return std::nullopt;
    }
    if (moved.status != net::Transfer::Status::blocked) co_return tls_failure(moved.status);
    error_code failed;
    co_await socket_.async_wait(readiness(tls_->read_needs()),
                                asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return error(Errc::disconnected, Effect::maybe_executed, failed.message());
  }
}

void Client::Link::write_tls(std::size_t written) {
  using Status = net::Transfer::Status;
  Status status = tls_ ? Status::done : Status::broken;
  while (status == Status::done && written < writing_.size()) {
    const auto moved = tls_->write(writing_.view().substr(written));
    status = moved.status;
    written += moved.bytes;
  }
  if (status == Status::blocked) {
    socket_.async_wait(readiness(tls_->write_needs()),
                       [self = shared_from_this(), written](error_code failed) {
                         if (failed) return self->wrote(failed, written);
                         self->write_tls(written);
                       });
    return;
  }
  error_code failed;
  if (status != Status::done) failed = asio::error::broken_pipe;
  // Posted: wrote() begins the next write, and a busy link must not climb its own stack.
  asio::post(strand_,
             [self = shared_from_this(), failed, written] { self->wrote(failed, written); });
}

Client::Link::Outcome Client::Link::tls_failure(net::Transfer::Status status) const {
  if (tls_ && !tls_->is_established()) {
    const std::string why = tls_->failure();
    return error(Errc::protocol, Effect::not_sent,
                 "no TLS: " + (why.empty() ? "the server closed the connection" : why));
  }
  const bool ended = status == net::Transfer::Status::ended;
  return error(Errc::disconnected, Effect::maybe_executed,
               ended ? "the server closed the connection" : "the connection broke");
}

}  // namespace larder::redis
