// How a thread gives connections to another one, and takes them.
//
// A connection moves between two of its turns: out of one epoll, into the other's, with its session, its transaction and
// what it has sent of a request. Readiness is level-triggered, so what arrives on the way is reported over there; and
// replies leave in order because only one thread has it at any time.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "server/balance.hpp"
#include "server/client_directory.hpp"
#include "server/served.hpp"

namespace larder::server {

void IoThread::note_work(Served& served, std::uint64_t work) {
  if (served.work == 0) {
    served.active_place = active_.size();
    active_.push_back(&served);
  }
  served.work += work;
  work_ += work;
}

void IoThread::forget_work(Served& served) noexcept {
  if (served.work == 0) return;
  std::swap(active_[served.active_place], active_.back());
  active_[served.active_place]->active_place = served.active_place;
  active_.pop_back();
  served.work = 0;
}

/// Once a period: tells what was done in it, looks at the others, gives.
void IoThread::balance() {
  work_lately_.store(std::exchange(work_, 0), std::memory_order_relaxed);
  std::vector<std::uint64_t> work;
  work.reserve(shared_.peers.size());
  for (const IoThread* peer : shared_.peers)
    work.push_back(peer->work_lately_.load(std::memory_order_relaxed));
  const auto gift =
      gift_of(work, number_, static_cast<std::uint64_t>(shared_.options.balance_every.count()));
  busy_in_a_row_ = gift ? busy_in_a_row_ + 1 : 0;
  if (gift && busy_in_a_row_ >= kBusyInARow && !draining_) give(*gift);
  for (Served* served : active_) served->work = 0;
  active_.clear();
  loop_.after(shared_.options.balance_every, [this] { balance(); });
}

void IoThread::give(const Gift& gift) {
  // So many are looked at, whatever the crowd.
  constexpr std::size_t kLookedAt = 1'024;
  std::vector<Served*> candidates;
  std::vector<std::uint64_t> work;
  for (Served* served : active_) {
    if (candidates.size() == kLookedAt) break;
    if (!served->may_move()) continue;
    candidates.push_back(served);
    work.push_back(served->work);
  }
  for (const std::size_t i : choose_connections(work, gift.work)) {
    if (!move(*candidates[i], *shared_.peers[gift.to])) return;
  }
  // Both look again at what comes of it before they do more.
  busy_in_a_row_ = 0;
}

/// False: the other takes none any more, and the connection stays.
bool IoThread::move(Served& served, IoThread& to) {
  loop_.unwatch(served.descriptor(), served);
  forget_work(served);
  if (served.tls) counters_.tls.take();
  std::unique_ptr<Served> moving = take_out(served);
  moving->give_to(to);
  if (to.take_over(moving)) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    counters_.moved.add();
    return true;
  }
  moving->give_to(*this);
  put_in(std::move(moving));
  return false;
}

bool IoThread::take_over(std::unique_ptr<Served>& served) {
  {
    const std::lock_guard lock(arriving_mutex_);
    if (arriving_closed_) return false;
    load_.fetch_add(1, std::memory_order_relaxed);
    arriving_.push_back(std::move(served));
  }
  loop_.post([this] { take_in(); });
  return true;
}

void IoThread::take_in() {
  std::vector<std::unique_ptr<Served>> arrived;
  {
    const std::lock_guard lock(arriving_mutex_);
    arrived.swap(arriving_);
  }
  for (auto& served : arrived) {
    Client& client = served->connection.session().client();
    shared_.host.clients().give(client, this, number_);
    if (client.subscriber != nullptr) client.subscriber->mailbox.move_to(this);
    Served& here = *served;
    if (!put_in(std::move(served))) continue;
    if (draining_) {
      act(here, here.connection.finish(loop_.now()));
    } else {
      here.pass_messages();  // What came on the way woke the other thread.
    }
  }
}

/// At the end of a drain. False: somebody is on the way.
bool IoThread::close_arrivals() {
  const std::lock_guard lock(arriving_mutex_);
  arriving_closed_ = arriving_.empty();
  return arriving_closed_;
}

std::unique_ptr<IoThread::Served> IoThread::take_out(Served& served) {
  by_id_.erase(served.id());
  const std::size_t place = served.place;
  std::swap(served_[place], served_.back());
  served_[place]->place = place;
  auto taken = std::move(served_.back());
  served_.pop_back();
  return taken;
}

/// Watches it and gives it its place. False: the system refused, and it is closed.
bool IoThread::put_in(std::unique_ptr<Served> served) {
  Served& here = *served;
  here.place = served_.size();
  by_id_.emplace(here.id(), &here);
  served_.push_back(std::move(served));
  if (here.tls) counters_.tls.add();
  if (loop_.watch(here.descriptor(), here.interest, here)) return true;
  close(here);
  return false;
}

/// A call for a client that is not here: it has moved on, or is about to arrive elsewhere, which will be known when the
/// call comes round again. False: it has left.
bool IoThread::pass_on(std::uint64_t id, void (ClientKeeper::*ask)(std::uint64_t)) {
  ClientKeeper* keeper = nullptr;
  shared_.host.clients().find(id, [&](const Client& client) { keeper = client.keeper; });
  if (keeper != nullptr) (keeper->*ask)(id);
  return keeper != nullptr;
}

}  // namespace larder::server
