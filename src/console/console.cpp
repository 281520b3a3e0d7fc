#include "console/console.hpp"

#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "net/socket.hpp"

namespace larder::console {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

Response response_to(const Request& request, Answer answer) {
  Response response{static_cast<http::status>(answer.status), request.version()};
  response.set(http::field::server, "larder");
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  // A request with a body is not one of ours: no second one is read behind it, so nothing can be
  // smuggled there.
  response.keep_alive(request.keep_alive() && request.body().empty());
  const auto length = answer.body.size();
  if (request.method() != http::verb::head) response.body() = std::move(answer.body);
  response.content_length(length);
  return response;
}

}  // namespace

class Console::Server {
 public:
  Server(const Options& options, std::vector<Page> pages, net::Socket listener)
      : options_(options), pages_(std::move(pages)), acceptor_(io_), pause_(io_) {
    // Asio uses the family to open sockets only, and this one is open, be it v4 or v6.
    acceptor_.assign(tcp::v4(), listener.fd());
    listener.release();
    where_ = acceptor_.local_endpoint();
    loopback_only_ = net::is_loopback(options_.bind) || where_.address().is_loopback();
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }

  ~Server() {
    io_.stop();
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
      asio::co_spawn(io_, converse(beast::tcp_stream{std::move(socket)}), asio::detached);
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
    http::request_parser<http::string_body> parser;
    parser.header_limit(options_.header_bytes_max);
    parser.body_limit(options_.body_bytes_max);
    stream.expires_after(options_.deadline);
    boost::system::error_code error;
    co_await http::async_read(stream, buffer, parser,
                              asio::redirect_error(asio::use_awaitable, error));
    if (error && !is_request_fault(error)) co_return false;

    auto response = error ? fault(error) : reply(parser.get());
    stream.expires_after(options_.deadline);
    boost::system::error_code write_error;
    if (!error && parser.get().method() == http::verb::head) {
      http::response_serializer<http::string_body> header{response};
      co_await http::async_write_header(stream, header,
                                        asio::redirect_error(asio::use_awaitable, write_error));
    } else {
      co_await http::async_write(stream, response,
                                 asio::redirect_error(asio::use_awaitable, write_error));
    }
    co_return !write_error && !error && response.keep_alive();
  }

  /// Whether the peer sent something that is not a request of ours, rather than left or fell
  /// silent.
  static bool is_request_fault(const boost::system::error_code& error) {
    static const auto& category = http::make_error_code(http::error::end_of_stream).category();
    return error.category() == category && error != http::error::end_of_stream &&
           error != http::error::partial_message;
  }

  static Response fault(const boost::system::error_code& error) {
    unsigned status = 400;
    if (error == http::error::header_limit) status = 431;
    if (error == http::error::body_limit) status = 413;
    Request none{http::verb::get, "/", 11};
    none.keep_alive(false);
    return response_to(none, {.status = status, .body = error.message() + "\n", .allow = {}});
  }

  Response reply(const Request& request) const {
    const auto text = [](auto view) { return std::string_view{view.data(), view.size()}; };
    const Question question{.method = text(request.method_string()),
                            .target = text(request.target()),
                            .host = text(request[http::field::host]),
                            .host_count = request.count(http::field::host)};
    return response_to(request, answer(question, pages_, loopback_only_, options_.title));
  }

  const Options options_;
  const std::vector<Page> pages_;
  bool loopback_only_ = true;
  std::size_t connections_ = 0;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  tcp::endpoint where_;
  std::thread thread_;
};

Result<std::unique_ptr<Console>> Console::start(const Options& options, std::vector<Page> pages) {
  auto listener = net::listen_tcp({.host = options.bind, .port = options.port});
  if (!listener) return listener.error();
  auto server = std::make_unique<Server>(options, std::move(pages), std::move(*listener));
  return std::unique_ptr<Console>(new Console(std::move(server)));
}

Console::Console(std::unique_ptr<Server> server) noexcept : server_(std::move(server)) {}
Console::~Console() = default;

std::uint16_t Console::port() const noexcept { return server_->where().port(); }

std::string Console::url() const {
  const auto& where = server_->where();
  return "http://" + net::to_string({where.address().to_string(), where.port()});
}

}  // namespace larder::console
