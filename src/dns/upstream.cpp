#include "dns/upstream.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "dns/name.hpp"
#include "dns/types.hpp"
#include "dns/upstream_port.hpp"
#include "dns/upstream_tcp.hpp"
#include "dns/wire.hpp"

namespace larder::dns {
namespace {

constexpr int kPortTries = 8;

std::uint16_t random_port(std::uint64_t luck) noexcept {
  return static_cast<std::uint16_t>(1'024 + luck % (65'536 - 1'024));
}

}  // namespace

Upstream::Upstream(net::EventLoop& loop, UpstreamOptions options, OwnPorts& ports)
    : loop_(loop),
      options_(std::move(options)),
      chance_(options_.chance ? options_.chance : Chance(&base::system_entropy)),
      own_(ports),
      health_(options_.servers.size(), options_.timeout),
      ports_(options_.servers.size()),
      tcp_(options_.servers.size()),
      self_(std::make_shared<Upstream*>(this)) {}

Upstream::~Upstream() = default;

void Upstream::ask(const Question& question, base::Instant deadline, Done done) {
  const AskingPtr asking(
      new Asking);  // Not make_shared: its due would keep the memory of one that is finished.
  asking->question = question;
  asking->deadline = deadline;
  asking->done = std::move(done);
  asking->tried.resize(options_.servers.size());
  attempt(asking);
}

void Upstream::attempt(const AskingPtr& asking) {
  const base::Instant now = loop_.now();
  if (asking->attempts >= options_.attempts || now >= asking->deadline) {
    // Earlier attempts may still be answered until their own time is up; the last failure ends it.
    if (asking->failed >= asking->attempts) finish(asking, asking->last);
    return;
  }
  ++asking->attempts;
  const std::size_t server = health_.pick(asking->tried, now, chance_());
  const base::Instant due = std::min(now + patience_of(*asking, server), asking->deadline);
  dues_.push({due, asking, asking->attempts});
  arm(due);
  options_.only_tcp ? attempt_tcp(asking, server) : attempt_udp(asking, server);
}

/// Each attempt waits twice as long as the one before, the last as long as it may: one that is only slow, or was overrun for a moment,
/// must have the time to answer any of them.
base::Nanos Upstream::patience_of(const Asking& asking, std::size_t server) const noexcept {
  if (asking.attempts >= options_.attempts) return options_.timeout;
  return std::min<base::Nanos>(health_.patience(server) * (1U << std::min(asking.attempts - 1, 8U)),
                               options_.timeout);
}

void Upstream::attempt_udp(const AskingPtr& asking, std::size_t server) {
  asking->last_server = server;
  counters_.queries.add();
  UpstreamPort* const port = port_for(server);
  if (port != nullptr && port->send(asking)) return;
  attempt_failed(
      asking, server,
      Error{Errc::unreachable, Effect::not_sent,
            net::to_string(options_.servers[server]) + ": the question could not be sent"});
}

void Upstream::attempt_tcp(const AskingPtr& asking, std::size_t server) {
  asking->last_server = server;
  counters_.queries.add();
  counters_.tcp.add();
  auto& connection = tcp_[server];
  if (!connection) connection = std::make_unique<UpstreamTcp>(*this, server);
  connection->send(asking);
}

/// The UDP attempt has ended without an answer, and this is another one.
void Upstream::again_by_tcp(const AskingPtr& asking, std::size_t server) {
  ++asking->failed;
  ++asking->attempts;
  const base::Instant due = std::min(loop_.now() + base::Nanos(options_.timeout), asking->deadline);
  dues_.push({due, asking, asking->attempts});
  arm(due);
  attempt_tcp(asking, server);
}

void Upstream::replied(const AskingPtr& asking, std::size_t server, std::string_view reply,
                       base::Instant sent, bool by_tcp) {
  health_.answered(server, loop_.now() - sent);
  note_trouble();
  if (!by_tcp && (load16(reply.data() + 2) & flag::kTruncated) != 0)
    return attempt_tcp(asking, server);
  auto message = parse_message(reply);
  const auto who = net::to_string(options_.servers[server]);
  if (!message) {
    asking->tried[server] = true;
    asking->last = {Errc::protocol, Effect::maybe_executed, who + ": " + message.error().detail};
  } else if (message->rcode != rcode::kNoError && message->rcode != rcode::kNxDomain) {
    asking->tried[server] = true;
    asking->last = {Errc::server_error, Effect::maybe_executed,
                    who + " answers " + rcode_text(message->rcode) + " for " +
                        name_to_text(asking->question.name)};
  } else {
    return finish(asking, std::move(*message));
  }
  ++asking->failed;
  // Who has asked all of them need not ask any again: they are there, and this is what they say.
  const bool all =
      std::find(asking->tried.begin(), asking->tried.end(), false) == asking->tried.end();
  all ? finish(asking, asking->last) : attempt(asking);
}

void Upstream::attempt_failed(const AskingPtr& asking, std::size_t server, Error why) {
  health_.silent(server, loop_.now());
  note_trouble();
  asking->tried[server] = true;
  asking->last = std::move(why);
  ++asking->failed;
  // Not from inside: whoever reports it is half done.
  loop_.after(base::Nanos{0}, [self = std::weak_ptr(self_), asking] {
    const auto alive = self.lock();
    if (alive && !asking->finished) (*alive)->attempt(asking);
  });
}

void Upstream::finish(const AskingPtr& asking, Result<Message> result) {
  if (std::exchange(asking->finished, true)) return;
  if (!result) counters_.failures.add();
  std::exchange(asking->done, nullptr)(std::move(result));
}

/// A socket of this upstream by chance, or a new one.
UpstreamPort* Upstream::port_for(std::size_t server) {
  auto& ports = ports_[server];
  for (auto& port : ports) {
    if (port->is_spent()) {
      retired_.push_back(std::move(port));
    } else if (!port->has_room()) {
      port->forget_finished();
    }
  }
  std::erase(ports, nullptr);
  std::vector<UpstreamPort*> free;
  for (const auto& port : ports) {
    if (port->has_room()) free.push_back(port.get());
  }
  const bool enough = ports.size() >= UpstreamPort::kPortsMin && !free.empty();
  if (enough || ports.size() >= UpstreamPort::kPortsMax) {
    return free.empty() ? nullptr : free[chance_() % free.size()];
  }
  for (int i = 0; i < kPortTries; ++i) {
    auto socket = net::connect_udp(options_.servers[server],
                                   i + 1 < kPortTries ? random_port(chance_()) : std::uint16_t{0});
    if (!socket) continue;
    auto port = std::make_unique<UpstreamPort>(*this, server, std::move(*socket));
    if (!port->start()) continue;
    ports.push_back(std::move(port));
    return ports.back().get();
  }
  return free.empty() ? nullptr : free.front();
}

/// Called by a timer only: a socket must not go while it hands out a reply.
void Upstream::drop_retired() {
  std::erase_if(retired_, [](const auto& port) {
    port->forget_finished();
    return port->is_idle();
  });
}

void Upstream::arm(base::Instant when) {
  if (armed_ && *armed_ <= when) return;
  armed_ = when;
  loop_.after(std::max<base::Nanos>(when - loop_.now(), base::Nanos{0}),
              [self = std::weak_ptr(self_)] {
                if (const auto alive = self.lock()) (*alive)->run_dues();
              });
}

void Upstream::run_dues() {
  armed_.reset();
  drop_retired();
  const base::Instant now = loop_.now();
  while (!dues_.empty() && dues_.top().when <= now) {
    const Due due = dues_.top();
    dues_.pop();
    const auto asking = due.asking.lock();
    // An attempt that failed at once has been followed by another already.
    if (!asking || asking->finished || due.attempt != asking->attempts ||
        asking->failed >= asking->attempts)
      continue;
    const std::size_t server = asking->last_server;
    attempt_failed(asking, server,
                   Error{Errc::timeout, Effect::maybe_executed,
                         net::to_string(options_.servers[server]) + ": no answer in time for " +
                             name_to_text(asking->question.name)});
  }
  if (!dues_.empty()) arm(dues_.top().when);
}

void Upstream::note_trouble() {
  std::string trouble;
  if (!health_.is_any_up()) {
    trouble = "no upstream answers:";
    for (const auto& server : options_.servers) trouble += " " + net::to_string(server);
  }
  const std::lock_guard guard(trouble_mutex_);
  trouble_ = std::move(trouble);
}

std::string Upstream::trouble() const {
  const std::lock_guard guard(trouble_mutex_);
  return trouble_;
}

void Upstream::count(DnsStats& stats) const {
  stats.upstream_queries += counters_.queries.value();
  stats.upstream_failures += counters_.failures.value();
  stats.upstream_tcp += counters_.tcp.value();
  stats.upstream_spoofs += counters_.spoofs.value();
}

}  // namespace larder::dns
