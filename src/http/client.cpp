#include "http/client.hpp"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "net/socket.hpp"

namespace larder::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;

struct Place {
  net::Endpoint endpoint;
  std::string target;
};

std::optional<Place> place_in(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const auto slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  const auto colon = authority.rfind(':');
  const auto port = colon == authority.npos ? std::optional<std::uint64_t>(80)
                                            : base::parse_unsigned(authority.substr(colon + 1));
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || *port > 65'535 || host.empty()) return std::nullopt;
  return Place{{std::string(host), static_cast<std::uint16_t>(*port)},
               slash == url.npos ? "/" : std::string(url.substr(slash))};
}

}  // namespace

Result<Fetched> fetch(const std::string& url, base::Millis at_most) {
  const auto place = place_in(url);
  if (!place)
    return Error{Errc::bad_url, Effect::not_sent,
                 "expected http://HOST:PORT/path, found " + base::quoted(url)};
  auto socket = net::connect_tcp(place->endpoint, at_most);
  if (!socket) return socket.error();

  asio::io_context io{1};
  beast::tcp_stream stream{io};
  stream.socket().assign(tcp::v4(), socket->fd());
  socket->release();
  stream.expires_after(at_most);
  beast_http::request<beast_http::empty_body> request{beast_http::verb::get, place->target, 11};
  request.set(beast_http::field::host, net::to_string(place->endpoint));
  request.keep_alive(false);
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(base::limits::kMiB);
  beast::flat_buffer buffer;
  boost::system::error_code failed;
  beast_http::async_write(stream, request, [&](boost::system::error_code error, std::size_t) {
    failed = error;
    if (error) return;
    beast_http::async_read(
        stream, buffer, parser,
        [&](boost::system::error_code read_error, std::size_t) { failed = read_error; });
  });
  io.run();
  if (failed == beast::error::timeout)
    return Error{Errc::timeout, Effect::maybe_executed,
                 net::to_string(place->endpoint) + ": no answer in time"};
  if (failed)
    return Error{Errc::protocol, Effect::maybe_executed,
                 net::to_string(place->endpoint) + ": " + failed.message()};
  return Fetched{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace larder::http
