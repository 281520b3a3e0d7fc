#include "http/client.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "http/parse.hpp"
#include "net/event_loop.hpp"
#include "net/socket.hpp"
#include "net/stream.hpp"

namespace larder::http {
namespace {

struct Place {
  net::Endpoint endpoint;
  std::string target;
  bool tls = false;
};

std::optional<Place> place_in(std::string_view url) {
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(tls ? 8 : 7);
  const auto slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  auto colon = authority.rfind(':');
  if (authority.ends_with(']')) colon = authority.npos;  // [::1], without a port.
  const auto port = colon == authority.npos ? std::optional<std::uint64_t>(tls ? 443 : 80)
                                            : base::parse_unsigned(authority.substr(colon + 1));
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || *port > 65'535 || host.empty()) return std::nullopt;
  return Place{{std::string(host), static_cast<std::uint16_t>(*port)},
               slash == url.npos ? "/" : std::string(url.substr(slash)),
               tls};
}

/// Sends one text and reads one response.
class Exchange final : public net::Watcher {
 public:
  Exchange(net::Stream& stream, std::string text) : stream_(stream), out_(std::move(text)) {}

  /// False: it took longer.
  bool run(base::Millis at_most) {
    net::EventLoop loop;
    if (!loop.watch(stream_.descriptor(), interest(), *this)) return false;
    bool late = false;
    loop.after(at_most, [&] { late = true; });
    while (!done_ && !late) {
      loop.run_once(at_most);
      if (!done_) loop.rewatch(stream_.descriptor(), interest(), *this);
    }
    loop.unwatch(stream_.descriptor(), *this);
    return done_;
  }

  void ready(unsigned) override {
    send();
    while (!done_) {
      std::array<char, 16 * 1024> room;
      const auto got = stream_.read(room);
      if (got.status == net::Transfer::Status::blocked) break;
      in_.append(room.data(), got.bytes);
      done_ = reader_.feed(in_, got.status != net::Transfer::Status::done);
    }
    send();  // What waited for a handshake.
  }

  std::string error() { return stream_.failure().empty() ? reader_.error() : stream_.failure(); }
  Fetched take() { return {reader_.status(), std::move(reader_.body())}; }

 private:
  unsigned interest() const {
    return stream_.read_needs() | (out_.empty() ? 0 : stream_.write_needs());
  }
  void send() {
    while (!out_.empty()) {
      const auto sent = stream_.write(out_);
      if (sent.status != net::Transfer::Status::done) return;  // Broken: the next read tells.
      out_.erase(0, sent.bytes);
    }
  }

  net::Stream& stream_;
  std::string in_, out_;
  ResponseReader reader_;
  bool done_ = false;
};

Result<std::unique_ptr<net::Stream>> connect_place(const Place& place, base::Millis at_most,
                                                   net::TlsContext::Pointer tls) {
  auto socket = net::connect_tcp(place.endpoint, at_most);
  if (!socket) return socket.error();
  std::unique_ptr<net::Stream> stream = std::make_unique<net::TcpStream>(std::move(*socket));
  if (!place.tls) return stream;
  if (!tls) {
    auto made = net::TlsContext::for_client({});
    if (!made) return made.error();
    tls = std::move(*made);
  }
  stream = tls->connect(std::move(stream), place.endpoint.host);
  if (stream) return stream;
  return Error{Errc::bad_argument, Effect::not_sent,
               place.endpoint.host + ": no TLS to a host of that name"};
}

}  // namespace

Result<Fetched> fetch(const std::string& url, base::Millis at_most, net::TlsContext::Pointer tls) {
  const auto place = place_in(url);
  if (!place)
    return Error{Errc::bad_url, Effect::not_sent,
                 "expected http://HOST:PORT/path or https, found " + base::quoted(url)};
  const std::string where = net::to_string(place->endpoint);
  auto stream = connect_place(*place, at_most, std::move(tls));
  if (!stream) return stream.error();
  Exchange exchange(**stream, "GET " + place->target + " HTTP/1.1\r\nHost: " + where +
                                  "\r\nConnection: close\r\n\r\n");
  if (!exchange.run(at_most))
    return Error{Errc::timeout, Effect::maybe_executed, where + ": no answer in time"};
  if (const auto why = exchange.error(); !why.empty())
    return Error{Errc::protocol, Effect::maybe_executed, where + ": " + why};
  return exchange.take();
}

}  // namespace larder::http
