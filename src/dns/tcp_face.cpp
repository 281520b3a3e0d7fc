#include "dns/tcp_face.hpp"

#include <array>
#include <string>

#include "dns/message.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
/// Unsent answers at which no further question is read.
constexpr std::size_t kOutPauseBytes = 256 * 1024;
constexpr base::Millis kSweepEvery{1'000};

struct KeptTcpQuery {
  std::string bytes;
  Query query;
  explicit KeptTcpQuery(std::string_view from) : bytes(from), query(read_query(bytes)) {}
};

}  // namespace

TcpFace::TcpFace(net::EventLoop& loop, net::Socket listener, DnsCache& cache, Guard& guard,
                 TcpOptions options)
    : loop_(loop),
      cache_(cache),
      guard_(guard),
      options_(options),
      listener_(loop, std::move(listener),
                [this](net::Socket socket) { accepted(std::move(socket)); }) {}

TcpFace::~TcpFace() {
  if (sweep_) loop_.cancel(*sweep_);
  for (auto& [key, connection] : connections_) connection->unwatch();
}

Result<void> TcpFace::start() {
  sweep();
  return listener_.start();
}

void TcpFace::stop_listening() { listener_.stop(); }

void TcpFace::accepted(net::Socket socket) {
  if (connections_.size() >= options_.connections_max) return;  // Closed as it goes out of scope.
  net::set_no_delay(socket);
  const auto peer = net::peer_address(socket);
  add(std::make_unique<net::TcpStream>(std::move(socket)), peer)->watch();
}

std::shared_ptr<TcpConnection> TcpFace::add(std::unique_ptr<net::Stream> stream,
                                            const net::SocketAddress& peer) {
  auto connection = std::make_shared<TcpConnection>(*this, std::move(stream), peer);
  connections_.emplace(connection.get(), connection);
  return connection;
}

void TcpFace::remove(TcpConnection& connection) { connections_.erase(&connection); }

void TcpFace::sweep() {
  sweep_ = loop_.after(kSweepEvery, [this] { sweep(); });
  const base::Instant now = loop_.now();
  std::erase_if(connections_, [now](const auto& row) {
    if (!row.second->is_idle(now)) return false;
    row.second->unwatch();
    return true;
  });
}

TcpConnection::TcpConnection(TcpFace& face, std::unique_ptr<net::Stream> stream,
                             const net::SocketAddress& peer)
    : face_(face), stream_(std::move(stream)), peer_(peer), used_(face.loop_.now()) {}

void TcpConnection::watch() {
  interest_ = net::Ready::read;
  watched_ = face_.loop_.watch(stream_->descriptor(), interest_, *this).has_value();
  if (!watched_) close();
}

void TcpConnection::unwatch() {
  if (watched_) face_.loop_.unwatch(stream_->descriptor(), *this);
  watched_ = false;
  closed_ = true;
}

bool TcpConnection::is_idle(base::Instant now) const noexcept {
  // One that does not read its answers is as good as gone, too.
  return (under_way_ == 0 || !out_.empty()) && now - used_ > face_.options_.idle;
}

void TcpConnection::ready(unsigned events) {
  const auto self = shared_from_this();
  if (events != 0 && interest_ == 0)
    return close();  // Nothing was asked for: it hung up both ways.
  if (!write() || !read() || !take_queries() || !write()) return close();
  if (ended_ && under_way_ == 0 && out_.empty()) return close();
  update_interest();
}

bool TcpConnection::read() {
  if (ended_ || under_way_ >= face_.options_.queries_max || out_.size() >= kOutPauseBytes)
    return true;
  std::array<char, kReadBytes> room;
  const auto got = stream_->read(room);
  if (got.status == net::Transfer::Status::broken) return false;
  if (got.status == net::Transfer::Status::ended) ended_ = true;
  if (got.status == net::Transfer::Status::done) in_.append(room.data(), got.bytes);
  return true;
}

/// False: what comes in is no DNS.
bool TcpConnection::take_queries() {
  std::size_t at = 0;
  while (in_.size() - at >= 2 && under_way_ < face_.options_.queries_max && !closed_) {
    const std::size_t size = load16(in_.data() + at);
    if (size < kHeaderBytes) return false;
    if (in_.size() - at - 2 < size) break;
    used_ = face_.loop_.now();
    serve(std::string_view(in_).substr(at + 2, size));
    at += 2 + size;
  }
  in_.erase(0, at);
  return !closed_;
}

void TcpConnection::serve(std::string_view bytes) {
  auto kept = std::make_shared<KeptTcpQuery>(bytes);
  const Query& query = kept->query;
  const auto verdict = face_.guard_.look(query, peer_, false);
  if (verdict.drop) return;
  if (verdict.refusal != 0) {
    std::array<char, kHeaderBytes + 260 + kDressBytes> room;
    const std::size_t size = write_refusal(room, query, verdict.refusal, {.ede = verdict.ede});
    return answer({room.data(), size});
  }
  if (face_.guard_.is_loop(peer_)) {
    return answer(
        dressed(failure_message(query.question(), {Errc::unreachable, Effect::refused, "loop"}),
                query, {.bytes_max = kMessageBytesMax, .ede = ede::kOther, .ede_text = "loop"}));
  }
  ++under_way_;
  // The answer may come on another lane's thread, or after the client left.
  face_.cache_.resolve(
      query.question(), base::Instant{},
      [weak = weak_from_this(), loop = &face_.loop_, kept](const Outcome& outcome) {
        Dress how{.bytes_max = kMessageBytesMax};
        how.ede = outcome ? ede_of(*outcome) : ede_of(outcome.error());
        auto reply =
            outcome ? outcome->wire : failure_message(kept->query.question(), outcome.error());
        loop->post([weak, reply = dressed(std::move(reply), kept->query, how)] {
          const auto self = weak.lock();
          if (!self || self->closed_) return;
          --self->under_way_;
          self->answer(reply);
          self->ready(0);
        });
      });
}

void TcpConnection::answer(std::string_view reply) {
  append16(out_, static_cast<std::uint16_t>(reply.size()));
  out_.append(reply);
}

bool TcpConnection::write() {
  while (!out_.empty()) {
    const auto sent = stream_->write(out_);
    if (sent.status == net::Transfer::Status::blocked) return true;
    if (sent.status != net::Transfer::Status::done) return false;
    used_ = face_.loop_.now();
    out_.erase(0, sent.bytes);
  }
  return true;
}

void TcpConnection::update_interest() {
  const bool reads =
      !ended_ && under_way_ < face_.options_.queries_max && out_.size() < kOutPauseBytes;
  const unsigned wanted = (reads ? net::Ready::read : 0) | (out_.empty() ? 0 : net::Ready::write);
  if (watched_ && wanted != interest_) face_.loop_.rewatch(stream_->descriptor(), wanted, *this);
  interest_ = wanted;
}

void TcpConnection::close() {
  if (closed_) return;
  unwatch();
  face_.remove(*this);
}

}  // namespace larder::dns
