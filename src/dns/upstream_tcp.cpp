#include "dns/upstream_tcp.hpp"

#include <array>
#include <utility>

#include "dns/message.hpp"
#include "dns/upstream_port.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kTcpReadBytes = 16 * 1024;
constexpr std::size_t kTcpOpenMax = 1'024;

/// "192.0.2.1:53" taken apart again: connecting is by endpoint.
net::Endpoint endpoint_of(const net::SocketAddress& address) {
  auto text = net::to_string(address);
  text.resize(text.rfind(':'));
  if (text.front() == '[') text = text.substr(1, text.size() - 2);
  return {text, net::port_of(address)};
}

}  // namespace

bool UpstreamTcp::open() {
  where_ = endpoint_of(upstream_.options_.servers[server_]);
  auto socket = net::connect_start(where_);
  if (!socket) return false;
  connecting_ = std::move(*socket);
  fd_ = connecting_.fd();
  interest_ = net::Ready::write;
  if (upstream_.loop_.watch(fd_, interest_, *this)) return true;
  connecting_.close();
  fd_ = -1;
  return false;
}

void UpstreamTcp::send(const std::shared_ptr<Asking>& asking) {
  if (open_.size() >= kTcpOpenMax)
    std::erase_if(open_, [](const auto& row) { return row.second.asking->finished; });
  std::uint16_t id = 0;
  do {
    id = static_cast<std::uint16_t>(upstream_.chance_());
  } while (open_.contains(id));
  open_.emplace(id, Attempt{asking, upstream_.loop_.now()});
  if (fd_ < 0 && !open()) return broken("no connection");
  const auto query = build_query(id, asking->question.name, asking->question);
  append16(out_, static_cast<std::uint16_t>(query.size()));
  out_ += query;
  if (stream_ && !write()) broken("the connection went away");
}

void UpstreamTcp::ready(unsigned) {
  if (!stream_ && !connected()) return;
  if (!read()) return broken("the connection went away");
  if (fd_ >= 0 && !write()) broken("the connection went away");
}

bool UpstreamTcp::connected() {
  if (const auto done = net::connect_finish(connecting_, where_); !done) {
    broken(done.error().detail);
    return false;
  }
  stream_ = std::make_unique<net::TcpStream>(std::move(connecting_));
  return true;
}

bool UpstreamTcp::write() {
  while (!out_.empty()) {
    const auto sent = stream_->write(out_);
    if (sent.status == net::Transfer::Status::blocked) break;
    if (sent.status != net::Transfer::Status::done) return false;
    out_.erase(0, sent.bytes);
  }
  interest(net::Ready::read | (out_.empty() ? 0 : net::Ready::write));
  return true;
}

bool UpstreamTcp::read() {
  std::array<char, kTcpReadBytes> room;
  const auto got = stream_->read(room);
  if (got.status == net::Transfer::Status::blocked) return true;
  if (got.status != net::Transfer::Status::done) {
    // An idle connection that the upstream closes is no fault of anybody.
    std::erase_if(open_, [](const auto& row) { return row.second.asking->finished; });
    if (!open_.empty()) return false;
    close();
    return true;
  }
  in_.append(room.data(), got.bytes);
  std::size_t at = 0;
  while (in_.size() - at >= 2) {
    const std::size_t size = load16(in_.data() + at);
    if (in_.size() - at - 2 < size) break;
    received(std::string_view(in_).substr(at + 2, size));
    at += 2 + size;
  }
  in_.erase(0, at);
  return true;
}

void UpstreamTcp::received(std::string_view reply) {
  const auto found = reply.size() < kHeaderBytes ? open_.end() : open_.find(load16(reply.data()));
  if (found == open_.end()) return;
  const auto& asking = found->second.asking;
  if (match_reply(reply, found->first, asking->question.name, asking->question) == Match::no)
    return;
  const auto taken = std::move(open_.extract(found).mapped());
  if (!taken.asking->finished) upstream_.replied(taken.asking, server_, reply, taken.sent, true);
}

void UpstreamTcp::interest(unsigned wanted) {
  if (wanted != interest_) upstream_.loop_.rewatch(fd_, wanted, *this);
  interest_ = wanted;
}

void UpstreamTcp::broken(const std::string& why) {
  close();
  for (auto& [id, attempt] : std::exchange(open_, {})) {
    if (attempt.asking->finished) continue;
    upstream_.attempt_failed(
        attempt.asking, server_,
        Error{Errc::disconnected, Effect::maybe_executed,
              net::to_string(upstream_.options_.servers[server_]) + " over TCP: " + why});
  }
}

void UpstreamTcp::close() {
  if (fd_ >= 0) upstream_.loop_.unwatch(fd_, *this);
  fd_ = -1;
  stream_.reset();
  connecting_.close();
  in_.clear();
  out_.clear();
}

}  // namespace larder::dns
