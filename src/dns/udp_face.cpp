#include "dns/udp_face.hpp"

#include <cstring>
#include <string>

#include "dns/message.hpp"
#include "dns/types.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kQueryBytesMax = 1'232;
constexpr std::size_t kReplyRoom = 4'096;
/// Batches of one turn: a flood must not starve what came back from upstream.
constexpr int kBatchesPerTurn = 8;

/// A query that outlives its datagram.
struct KeptQuery {
  std::string name, cookie;
  Query query;
  net::UdpPath path;
  char cookie_reply[Cookies::kBytes];

  KeptQuery(const Query& from, const net::UdpPath& way)
      : name(from.name), cookie(from.cookie), query(from), path(way) {
    query.name = name;
    query.cookie = cookie;
  }
};

/// A truncated reply without records.
std::size_t write_truncated(std::span<char> room, const Query& query, const Dress& how) {
  const std::size_t bytes = write_refusal(room, query, 0, how);
  store16(room.data() + 2, static_cast<std::uint16_t>(load16(room.data() + 2) | flag::kTruncated));
  return bytes;
}

}  // namespace

UdpFace::UdpFace(net::EventLoop& loop, std::shared_ptr<net::Socket> socket, DnsCache& cache,
                 Guard& guard)
    : loop_(loop),
      socket_(std::move(socket)),
      cache_(cache),
      guard_(guard),
      batch_(kQueryBytesMax, kReplyRoom) {}

UdpFace::~UdpFace() { stop(); }

Result<void> UdpFace::start() {
  auto watched = loop_.watch(socket_->fd(), net::Ready::read, *this);
  watching_ = watched.has_value();
  return watched;
}

void UdpFace::stop() {
  if (watching_) loop_.unwatch(socket_->fd(), *this);
  watching_ = false;
}

void UdpFace::ready(unsigned) {
  for (int round = 0; round < kBatchesPerTurn; ++round) {
    const std::size_t count = batch_.receive(*socket_);
    for (std::size_t i = 0; i < count; ++i) {
      if (const std::size_t bytes = serve(i); bytes != 0) batch_.reply(i, bytes);
    }
    batch_.flush(*socket_);
    if (count < net::UdpBatch::kBatch) return;
  }
}

std::size_t UdpFace::serve(std::size_t i) {
  const Query query = read_query(batch_.datagram(i));
  const auto& peer = batch_.peer(i);
  const auto verdict = guard_.look(query, peer, true);
  if (verdict.drop) return 0;
  const auto room = batch_.room(i);
  char cookie[Cookies::kBytes];
  Dress how{.bytes_max = udp_reply_max(query, verdict.is_known, guard_.amplification()),
            .ede = verdict.ede};
  if (!query.cookie.empty()) {
    guard_.cookies().write(cookie, query.cookie, net::host_bytes(peer));
    how.cookie = {cookie, sizeof cookie};
  }
  if (verdict.refusal != 0) return write_refusal(room, query, verdict.refusal, how);
  if (verdict.only_truncated) return write_truncated(room, query, how);
  if (const auto hit = cache_.near_reply(query, room.first(room.size() - kDressBytes))) {
    if (hit->made_up) how.ede = ede::kForged;
    const std::size_t bytes = dress(room, hit->bytes, query, how);
    if (bytes < hit->bytes) guard_.counters().truncated.add();
    return bytes;
  }
  if (guard_.is_loop(peer)) {
    how.ede_text = "loop";
    how.ede = ede::kOther;
    return write_refusal(room, query, rcode::kServFail, how);
  }
  resolve_later(i, query, how.bytes_max);
  return 0;
}

void UdpFace::resolve_later(std::size_t i, const Query& query, std::size_t bytes_max) {
  auto kept = std::make_shared<KeptQuery>(query, batch_.path(i));
  cache_.resolve(
      query.question(), base::Instant{},
      [kept, bytes_max, socket = socket_, &guard = guard_](const Outcome& outcome) {
        Dress how{.bytes_max = bytes_max};
        if (!kept->cookie.empty()) {
          guard.cookies().write(kept->cookie_reply, kept->cookie, net::host_bytes(kept->path.peer));
          how.cookie = {kept->cookie_reply, sizeof kept->cookie_reply};
        }
        std::string reply;
        if (outcome) {
          how.ede = ede_of(*outcome);
          reply = dressed(outcome->wire, kept->query, how);
          if (reply.size() < outcome->wire.size()) guard.counters().truncated.add();
        } else {
          how.ede = ede_of(outcome.error());
          reply =
              dressed(failure_message(kept->query.question(), outcome.error()), kept->query, how);
        }
        (void)net::send_to(*socket, kept->path, reply);
      });
}

}  // namespace larder::dns
