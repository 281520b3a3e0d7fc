#include "dns/upstream_port.hpp"

#include <array>
#include <utility>

#include "dns/message.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr std::size_t kReplyBytesMax = 4'096;
constexpr int kRepliesPerTurn = 64;

}  // namespace

UpstreamPort::UpstreamPort(Upstream& upstream, std::size_t server, net::Socket socket)
    : upstream_(upstream),
      server_(server),
      socket_(std::move(socket)),
      local_(net::local_address(socket_)) {
  upstream_.own_.add(local_);
}

UpstreamPort::~UpstreamPort() {
  if (watching_) upstream_.loop_.unwatch(socket_.fd(), *this);
  upstream_.own_.remove(local_);
}

Result<void> UpstreamPort::start() {
  auto watched = upstream_.loop_.watch(socket_.fd(), net::Ready::read, *this);
  watching_ = watched.has_value();
  return watched;
}

bool UpstreamPort::send(const std::shared_ptr<Asking>& asking) {
  std::uint16_t id = 0;
  do {
    id = static_cast<std::uint16_t>(upstream_.chance_());
  } while (open_.contains(id));
  const Question& question = asking->question;
  std::string name = upstream_.options_.random_case
                         ? with_random_case(question.name, upstream_.chance_)
                         : question.name;
  ++uses_;
  if (!net::send_datagram(socket_, build_query(id, name, question))) return false;
  open_.emplace(id, Attempt{asking, std::move(name), upstream_.loop_.now()});
  return true;
}

void UpstreamPort::ready(unsigned) {
  std::array<char, kReplyBytesMax> room;
  for (int i = 0; i < kRepliesPerTurn; ++i) {
    const auto got = net::receive_datagram(socket_, room);
    if (got == 0) return;
    if (got < 0) return refused();
    received({room.data(), static_cast<std::size_t>(got)});
  }
}

void UpstreamPort::received(std::string_view reply) {
  const auto found = reply.size() < kHeaderBytes ? open_.end() : open_.find(load16(reply.data()));
  if (found == open_.end()) return upstream_.counters_.spoofs.add();
  const Attempt& attempt = found->second;
  const auto match = match_reply(reply, found->first, attempt.name, attempt.asking->question);
  if (match == Match::no) return upstream_.counters_.spoofs.add();
  const auto taken = std::move(open_.extract(found).mapped());
  if (taken.asking->finished) return;
  if (match == Match::other_case) {
    // Forged, or of a server that writes names its own way: over TCP nobody can forge it.
    upstream_.counters_.spoofs.add();
    return upstream_.again_by_tcp(taken.asking, server_);
  }
  upstream_.replied(taken.asking, server_, reply, taken.sent, false);
}

/// The kernel was told that nobody listens there: no need to wait for the time-outs.
void UpstreamPort::refused() {
  for (auto& [id, attempt] : std::exchange(open_, {})) {
    if (attempt.asking->finished) continue;
    upstream_.attempt_failed(
        attempt.asking, server_,
        Error{Errc::unreachable, Effect::not_sent,
              net::to_string(upstream_.options_.servers[server_]) + ": nobody listens there"});
  }
}

void UpstreamPort::forget_finished() {
  std::erase_if(open_, [](const auto& row) { return row.second.asking->finished; });
}

}  // namespace larder::dns
