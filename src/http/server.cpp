#include "http/server.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/socket.hpp"

namespace larder::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using Parser = beast_http::request_parser<beast_http::string_body>;
using Message = beast_http::request<beast_http::string_body>;

/// How the answer must look, whatever is in it.
struct Manner {
  unsigned version = 11;
  bool keep_alive = false;
  bool head = false;  ///< Length, but no body.
};

/// Head and body as one text: an answer is small, and is one write.
std::string response_text(const Response& response, const Manner& manner) {
  const auto reason = beast_http::obsolete_reason(static_cast<beast_http::status>(response.status));
  std::string text = manner.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  text.reserve(384 + response.body.size());
  text.append(std::to_string(response.status)).append(" ").append(reason.data(), reason.size());
  text.append("\r\nServer: larder\r\nContent-Type: ").append(response.content_type);
  text.append(
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n");
  for (const auto& [name, value] : response.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  if (!manner.keep_alive) {
    text.append("Connection: close\r\n");
  } else if (manner.version == 10) {
    text.append("Connection: keep-alive\r\n");
  }
  text.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n\r\n");
  if (!manner.head) text.append(response.body);
  return text;
}

/// Whether the peer sent something that is not a request of ours, rather than left or fell
/// silent.
bool is_request_fault(const boost::system::error_code& error) {
  static const auto& category =
      beast_http::make_error_code(beast_http::error::end_of_stream).category();
  return error.category() == category && error != beast_http::error::end_of_stream &&
         error != beast_http::error::partial_message;
}

Response fault_response(const boost::system::error_code& error) {
  unsigned status = 400;
  if (error == beast_http::error::header_limit) status = 431;
  if (error == beast_http::error::body_limit) status = 413;
  return {.status = status, .body = error.message() + "\n"};
}

Request request_of(Message&& message, bool loopback_only) {
  const auto text = [](auto view) { return std::string{view.data(), view.size()}; };
  return {.method = text(message.method_string()),
          .target = text(message.target()),
          .host = text(message[beast_http::field::host]),
          .host_count = message.count(beast_http::field::host),
          .content_type = text(message[beast_http::field::content_type]),
          .accept = text(message[beast_http::field::accept]),
          .origin = text(message[beast_http::field::origin]),
          .body = std::move(message.body()),
          .loopback_only = loopback_only};
}

/// Where a reply, given on any thread, meets the connection that waits for it.
class ReplySlot {
 public:
  explicit ReplySlot(std::weak_ptr<asio::io_context> io) : io_(std::move(io)) {}

  static void give(const std::shared_ptr<ReplySlot>& slot, Response response) {
    {
      const std::lock_guard lock(slot->mutex_);
      if (slot->response_) return;
      slot->response_ = std::move(response);
      if (!slot->waited_for_) return;  // Given while the handler ran: nobody sleeps yet.
    }
    if (const auto io = slot->io_.lock()) {
      asio::post(*io, [slot] {
        if (slot->timer_ != nullptr) slot->timer_->cancel();
      });
    }
  }

  /// On the server's thread. None: no reply in time.
  static asio::awaitable<std::optional<Response>> take(std::shared_ptr<ReplySlot> slot,
                                                       std::chrono::milliseconds at_most) {
    if (slot->must_wait()) {
      asio::steady_timer timer(co_await asio::this_coro::executor, at_most);
      slot->timer_ = &timer;
      boost::system::error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      slot->timer_ = nullptr;
    }
    const std::lock_guard lock(slot->mutex_);
    co_return std::move(slot->response_);
  }

 private:
  bool must_wait() {
    const std::lock_guard lock(mutex_);
    waited_for_ = true;
    return !response_;
  }

  // Weak: a reply that comes after the server must not keep its connections alive, nor find them gone.
  const std::weak_ptr<asio::io_context> io_;
  asio::steady_timer* timer_ = nullptr;  ///< Of the server's thread alone.
  std::mutex mutex_;
  bool waited_for_ = false;           // guarded by mutex_
  std::optional<Response> response_;  // guarded by mutex_
};

}  // namespace

class Server::Impl {
 public:
  Impl(const Options& options, Handler handler, net::Socket listener)
      : options_(options),
        handler_(std::move(handler)),
        io_(std::make_shared<asio::io_context>(1)),
        acceptor_(*io_),
        pause_(*io_) {
    // Asio uses the family to open sockets only, and this one is open, be it v4 or v6.
    acceptor_.assign(tcp::v4(), listener.fd());
    listener.release();
    where_ = acceptor_.local_endpoint();
    loopback_only_ = net::is_loopback(options_.bind) || where_.address().is_loopback();
    asio::co_spawn(*io_, accept(), asio::detached);
    thread_ = std::thread{[this] { io_->run(); }};
  }

  ~Impl() {
    io_->stop();
    thread_.join();
  }

  const tcp::endpoint& where() const noexcept { return where_; }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      auto socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        // Out of descriptors, most likely: the connection stays in the backlog, and trying at once
        // would spin.
        pause_.expires_after(std::chrono::milliseconds{100});
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections_ >= options_.connections_max) continue;  // Closed as it goes out of scope.
      ++connections_;
      socket.set_option(tcp::no_delay(true), error);
      asio::co_spawn(*io_, converse(beast::tcp_stream{std::move(socket)}), asio::detached);
    }
  }

  asio::awaitable<void> converse(beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    while (co_await exchange(stream, buffer)) {
    }
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    --connections_;
  }

  /// One request and its answer. False: the connection is done.
  asio::awaitable<bool> exchange(beast::tcp_stream& stream, beast::flat_buffer& buffer) {
    Parser parser;
    parser.header_limit(options_.header_bytes_max);
    parser.body_limit(options_.body_bytes_max);
    stream.expires_after(options_.deadline);
    auto error = co_await read(stream, buffer, parser);
    if (error && !is_request_fault(error)) co_return false;
    if (error) {
      co_await write(stream, response_text(fault_response(error), {}));
      co_return false;
    }
    Manner manner{.version = parser.get().version(),
                  .keep_alive = parser.get().keep_alive(),
                  .head = parser.get().method() == beast_http::verb::head};
    stream.expires_never();
    const auto slot = std::make_shared<ReplySlot>(io_);
    handle(request_of(parser.release(), loopback_only_), slot);
    auto response = co_await ReplySlot::take(slot, options_.reply_deadline);
    if (!response) response = Response{.status = 504, .body = "no answer in time\n"};
    manner.keep_alive = manner.keep_alive && !response->close;
    stream.expires_after(options_.deadline);
    co_return (co_await write(stream, response_text(*response, manner))) && manner.keep_alive;
  }

  asio::awaitable<boost::system::error_code> read(beast::tcp_stream& stream,
                                                  beast::flat_buffer& buffer, Parser& parser) {
    boost::system::error_code error;
    co_await beast_http::async_read_header(stream, buffer, parser,
                                           asio::redirect_error(asio::use_awaitable, error));
    if (error || parser.is_done()) co_return error;
    if (beast::iequals(parser.get()[beast_http::field::expect], "100-continue")) {
      co_await write(stream, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    co_await beast_http::async_read(stream, buffer, parser,
                                    asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  asio::awaitable<bool> write(beast::tcp_stream& stream, std::string text) {
    boost::system::error_code error;
    co_await asio::async_write(stream, asio::buffer(text),
                               asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  void handle(Request request, const std::shared_ptr<ReplySlot>& slot) {
    try {
      handler_(std::move(request),
               [slot](Response response) { ReplySlot::give(slot, std::move(response)); });
    } catch (const std::exception& e) {
      ReplySlot::give(slot,
                      {.status = 500, .body = std::string{"this failed: "} + e.what() + "\n"});
    }
  }

  const Options options_;
  const Handler handler_;
  bool loopback_only_ = true;
  std::size_t connections_ = 0;
  const std::shared_ptr<asio::io_context> io_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  tcp::endpoint where_;
  std::thread thread_;
};

Result<std::unique_ptr<Server>> Server::start(const Options& options, Handler handler) {
  auto listener = net::listen_tcp({.host = options.bind, .port = options.port});
  if (!listener) return listener.error();
  auto impl = std::make_unique<Impl>(options, std::move(handler), std::move(*listener));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->where().port(); }

std::string Server::url() const {
  const auto& where = impl_->where();
  return "http://" + net::to_string({where.address().to_string(), where.port()});
}

}  // namespace larder::http
