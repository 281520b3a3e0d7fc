#include "server/io_thread.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/durability.hpp"
#include "node/node.hpp"
#include "server/client_directory.hpp"
#include "server/latency.hpp"
#include "server/pause.hpp"
#include "server/served.hpp"
#include "server/settings.hpp"

namespace larder::server {
namespace {

/// How often timeouts are looked for, and at how many connections each time: no tick costs
/// O(clients).
constexpr base::Millis kPatrolInterval{100};
constexpr std::size_t kPatrolConnections = 256;
constexpr base::Millis kSweepInterval{100};
constexpr std::size_t kSweepSlots = 1'000;

}  // namespace

IoThread::IoThread(Shared& shared, unsigned number)
    : shared_(shared),
      number_(number),
      loop_(shared.clock),
      random_(base::system_entropy()),
      context_{
          shared.node,  shared.clock,   shared.options, shared.host, shared.bridge, shared.settings,
          shared.pause, shared.pub_sub, counters_,      random_,     this} {}

IoThread::~IoThread() { join(); }

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::run() {
  patrol();
  if (shared_.peers.size() > 1) loop_.after(shared_.options.balance_every, [this] { balance(); });
  while (!(draining_ && served_.empty() && close_arrivals())) {
    const bool busy = !again_.empty() || sweep_more_;
    loop_.run_once(busy ? base::Nanos{0} : base::Nanos{std::chrono::minutes(1)});
    run_again();
    if (!awaiting_.empty()) settle();
    if (sweep_more_) sweep();
    if (draining_ && loop_.now() >= drain_until_) {
      while (!served_.empty()) close(*served_.back());
    }
  }
}

void IoThread::adopt(net::Socket socket, net::TlsContext::Pointer tls) {
  load_.fetch_add(1, std::memory_order_relaxed);
  // std::function wants something to copy: the descriptor, owned again on the other side.
  auto shared_socket = std::make_shared<net::Socket>(std::move(socket));
  loop_.post([this, shared_socket, context = std::move(tls)] {
    open(std::move(*shared_socket), context.get());
  });
}

void IoThread::open(net::Socket socket, const net::TlsContext* tls) {
  counters_.accepted.add();
  Addresses addresses{net::peer_name(socket), net::local_name(socket), socket.fd()};
  std::unique_ptr<net::Stream> stream = std::make_unique<net::TcpStream>(std::move(socket));
  if (tls != nullptr) stream = tls->accept(std::move(stream));
  if (stream == nullptr) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    counters_.closed.add();
    return;
  }
  auto served =
      std::make_unique<Served>(*this, std::move(stream), std::move(addresses), tls != nullptr);
  served->connection.session().client().io_thread = number_;
  Served& here = *served;
  if (put_in(std::move(served)) && draining_) close(here);
}

void IoThread::close(Served& served) {
  loop_.unwatch(served.descriptor(), served);
  if (served.tls) {
    counters_.tls.take();
    note_handshake(served, false);
  }
  if (served.queued) {
    std::erase(again_, &served);
    std::replace(running_.begin(), running_.end(), &served, static_cast<Served*>(nullptr));
  }
  if (served.awaits) {
    std::replace(awaiting_.begin(), awaiting_.end(), &served, static_cast<Served*>(nullptr));
  }
  if (served.held) {
    std::erase(held_, &served);
    counters_.held.take();
  }
  forget_work(served);
  shared_.buffered_bytes.fetch_sub(served.accounted_bytes, std::memory_order_relaxed);
  load_.fetch_sub(1, std::memory_order_relaxed);
  counters_.closed.add();
  take_out(served);
}

void IoThread::act(Served& served, Connection::Next next) {
  if (next == Connection::Next::close) return close(served);
  const unsigned interest = served.connection.interest();
  if (interest != served.interest) {
    served.interest = interest;
    loop_.rewatch(served.descriptor(), interest, served);
  }
  if (next == Connection::Next::again && !served.queued) {
    served.queued = true;
    again_.push_back(&served);
  }
  if (served.connection.awaits_log() && !served.awaits) {
    served.awaits = true;
    awaiting_.push_back(&served);
  }
  if (served.connection.is_held() && !served.held) hold(served);
  account(served);
}

/// Until the pause is over, or ended. It may be made longer meanwhile: then it is held once more.
void IoThread::hold(Served& served) {
  served.held = true;
  held_.push_back(&served);
  counters_.held.add();
  if (held_timer_) return;
  held_timer_ = loop_.after(shared_.pause.until() - loop_.now(), [this] { resume_held(); });
}

void IoThread::resume_held() {
  // The next pause may be shorter than what is left of this one.
  if (held_timer_) loop_.cancel(*std::exchange(held_timer_, std::nullopt));
  for (Served* served : held_) {
    served->held = false;
    counters_.held.take();
    served->connection.resume();
    if (std::exchange(served->queued, true)) continue;
    again_.push_back(served);
  }
  held_.clear();
}

void IoThread::wake_held() {
  loop_.post([this] { resume_held(); });
}

void IoThread::account(Served& served) noexcept {
  const std::size_t bytes = served.connection.memory_bytes();
  if (bytes == served.accounted_bytes) return;
  const std::size_t growth = bytes - std::exchange(served.accounted_bytes, bytes);
  const std::size_t total = shared_.buffered_bytes.fetch_add(growth) + growth;
  const std::size_t most = shared_.settings.client_bytes_max;
  if (most != 0 && total > most) evict_largest();
}

/// One more turn for each connection that has work left, after all that were ready had theirs.
void IoThread::run_again() {
  running_.swap(again_);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    Served* served = running_[i];
    if (served == nullptr) continue;
    served->queued = false;
    served->go_on();
  }
  running_.clear();
}

/// One flush, or one fsync, for all who wrote since the last: then their replies may leave.
void IoThread::settle() {
  const bool safe = shared_.options.durability->flush().has_value();
  // None joins meanwhile; some may go.
  for (std::size_t i = 0; i < awaiting_.size(); ++i) {
    Served* const served = awaiting_[i];
    if (served == nullptr) continue;
    served->awaits = false;
    act(*served, served->connection.settle(safe, loop_.now()));
  }
  awaiting_.clear();
}

void IoThread::patrol() {
  Settings& settings = shared_.settings;
  if (const unsigned percent = settings.client_percent_max; percent > 0) {
    settings.client_bytes_max = shared_.node.stats().bytes_max / 100 * percent;
  }
  const std::size_t count = std::min(served_.size(), kPatrolConnections);
  for (std::size_t i = 0; i < count && !served_.empty(); ++i) {
    patrol_at_ = patrol_at_ < served_.size() ? patrol_at_ : 0;
    Served& served = *served_[patrol_at_];
    if (served.connection.overdue(loop_.now())) {
      note_handshake(served, true);
      cut(served);  // Another one takes its place.
    } else {
      ++patrol_at_;
    }
  }
  scratch_.tidy();
  loop_.after(kPatrolInterval, [this] { patrol(); });
}

void IoThread::keep_swept() {
  loop_.after(kSweepInterval, [this] {
    sweep();
    keep_swept();
  });
}

void IoThread::sweep() {
  LatencyMonitor& latency = shared_.host.latency();
  if (!latency.is_on()) {
    sweep_more_ = shared_.node.sweep(kSweepSlots) > 0;
    return;
  }
  const base::Instant begun = shared_.clock.now();
  sweep_more_ = shared_.node.sweep(kSweepSlots) > 0;
  const base::Nanos took = shared_.clock.now() - begun;
  if (latency.is_slow(took)) {
    latency.add(LatencyMonitor::kExpireCycle, unix_seconds(shared_.clock), took);
  }
}

/// Tells the operator why a client of the TLS port was not served.
void IoThread::note_handshake(Served& served, bool overdue) {
  const net::Stream& stream = served.connection.stream();
  if (stream.is_established()) return;
  const std::string why = overdue ? "not done in time" : stream.failure();
  if (why.empty()) return;
  counters_.handshakes_failed.add();
  if (base::Log* log = shared_.options.log) {
    log->warn("tls_handshake_failed",
              {{"peer", served.connection.session().client().address}, {"why", why}});
  }
}

void IoThread::cut(Served& served) {
  counters_.cut.add();
  close(served);
}

/// All connections together hold too much: the one that holds most goes, whichever thread it is on. One at a time, or
/// several would go for what one has to answer for.
void IoThread::evict_largest() {
  if (shared_.evicting.exchange(true)) return;
  std::uint64_t id = 0;
  ClientKeeper* keeper = nullptr;
  std::size_t most = 0;
  shared_.host.clients().visit([&](const Client& client) {
    const std::size_t bytes = client.memory_bytes;
    if (bytes <= most || !client.may_be_evicted || client.keeper == nullptr) return;
    most = bytes;
    id = client.id;
    keeper = client.keeper;
  });
  if (keeper != nullptr) return keeper->evict_client(id);
  shared_.evicting = false;
}

void IoThread::evict_client(std::uint64_t id) {
  loop_.post([this, id] {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) {
      if (!pass_on(id, &ClientKeeper::evict_client)) shared_.evicting = false;
      return;
    }
    shared_.evicting = false;
    counters_.evicted.add();
    cut(*found->second);
  });
}

void IoThread::close_client(std::uint64_t id) {
  loop_.post([this, id] {
    if (const auto found = by_id_.find(id); found != by_id_.end()) return close(*found->second);
    pass_on(id, &ClientKeeper::close_client);
  });
}

/// Whoever finds nobody waiting tells the loop; the others only add to it.
void IoThread::wake_client(std::uint64_t id) {
  bool first = false;
  {
    const std::lock_guard lock(woken_mutex_);
    first = woken_.empty();
    woken_.push_back(id);
  }
  if (first) loop_.post([this] { pass_messages(); });
}

void IoThread::pass_messages() {
  std::vector<std::uint64_t> woken;
  {
    const std::lock_guard lock(woken_mutex_);
    woken.swap(woken_);
  }
  for (const std::uint64_t id : woken) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) found->second->pass_messages();
  }
}

void IoThread::drain(base::Millis at_most) {
  loop_.post([this, at_most] {
    draining_ = true;
    drain_until_ = shared_.clock.now() + at_most;
    // Backwards: closing one puts the last in its place.
    for (std::size_t i = served_.size(); i-- > 0;) {
      if (i >= served_.size()) continue;  // Others may have been cut meanwhile.
      Served& served = *served_[i];
      act(served, served.connection.finish(loop_.now()));
    }
    loop_.after(at_most, [] {});  // Wakes the loop when time is up.
  });
}

}  // namespace larder::server
