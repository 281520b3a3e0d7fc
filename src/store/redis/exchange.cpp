#include "store/redis/exchange.hpp"

#include <thread>

#include "base/limits.hpp"
#include "redis/reply_error.hpp"

namespace larder::store {

void Exchange::received(const resp::Value& reply) {
  const std::uint32_t arrived = arrived_++;
  if (askings_ > 0 && (asking_once_ ? arrived == 0 : arrived % 2 == 0)) [[unlikely]]
    return;
  const std::uint32_t index = index_++;
  if (reply.is_error()) [[unlikely]] {
    if (redis::is_redirect(reply.text())) {
      if (!refusal_) refusal_.emplace(reply.text());
      return;
    }
    // It only repeats that something before it was refused.
    if (refusal_ && reply.text().starts_with("EXECABORT")) return;
  }
  row_.read(index, reply, node().ways);
  note_size(reply);
}

// Runs under the connection's lock, before the caller is told: what it asks next goes where it should.
void Exchange::note_size(const resp::Value& reply) noexcept {
  if (route_.key.empty() || is_large_ || reply.is_error()) return;
  if (reply.is_text() && reply.text().size() > SideLine::kLargeBytes) {
    if (mark_ == 0) node().side.remember(route_.key);
  } else if (mark_ != 0 && (reply.is_text() || reply.is_null())) {
    node().side.forget(route_.key, mark_);
  }
}

void Exchange::choose_line(std::size_t bytes) {
  side_ = nullptr;
  mark_ = 0;
  is_large_ = bytes > SideLine::kLargeBytes;
  if (!route_.key.empty()) {
    if (is_large_) node().side.remember(route_.key);
    mark_ = node().side.mark_of(route_.key);
  }
  if (is_large_ || mark_ != 0) [[unlikely]]
    side_ = node().side_line();
}

// Somebody else's small value may have come back meanwhile.
void Exchange::leaves() {
  if (is_large_ && !route_.key.empty()) node().side.remember(route_.key);
}

std::uint32_t Exchange::write(base::Buffer& out) {
  index_ = arrived_ = askings_ = 0;
  const std::uint32_t replies = row_.write(out, node().ways);
  choose_line(out.size());
  if (!route_.place.asking || replies == 0) [[likely]]
    return replies;
  std::string with_asking;
  askings_ = redis::append_asking(with_asking, out.view(), replies);
  asking_once_ = askings_ == 1;
  out.clear();
  out.append(with_asking);
  return replies + askings_;
}

std::optional<Millis> Exchange::again(const std::optional<Error>& failure) {
  if (!failure && !refusal_) [[likely]]
    return row_.again() ? std::optional(Millis{0}) : std::nullopt;
  const auto detour = failure ? after_loss(*failure) : after_refusal();
  if (!detour) return std::nullopt;
  ++tries_;
  refusal_.reset();
  route_.place = detour->place;
  return detour->after;
}

std::optional<Error> Exchange::end(std::optional<Error> failure) {
  if (failure) {
    leaves();
    return failure;
  }
  if (refusal_ && !row_.failure()) row_.failure() = redis::error_from(*refusal_);
  if (auto& refusal = row_.failure()) {
    refusal->detail.insert(0, node().client.name() + ": ");
    return std::move(refusal);
  }
  return std::nullopt;
}

std::optional<Detour> Exchange::after_loss(const Error& failure) {
  const bool harmless = nature_.repeatable || failure.effect == Effect::not_sent;
  if (failure.code != Errc::disconnected || !harmless) return std::nullopt;
  if (client().clock().now() >= route_.deadline) return std::nullopt;
  return route_.topology->after_loss(route_.place, route_.key, nature_.use, tries_);
}

std::optional<Detour> Exchange::after_refusal() {
  if (row_.failure()) return std::nullopt;
  auto detour = route_.topology->after_refusal(route_.place, route_.key, *refusal_, tries_);
  if (detour && client().clock().now() + detour->after >= route_.deadline) return std::nullopt;
  return detour;
}

std::optional<Error> BlockingExchange::run(Route route) {
  thread_local base::Buffer request;
  set_out(std::move(route));
  std::optional<Millis> next{0};
  std::optional<Error> failure;
  do {
    if (*next > Millis::zero()) std::this_thread::sleep_for(*next);
    request.clear();
    const auto replies = write(request);
    if (replies == 0) break;
    auto late = client().ask(request.view(), replies, *this, waiter_, deadline());
    // One large value should not stay with each thread that ever wrote one.
    if (request.capacity() > base::limits::kMiB) request.release();
    if (late) return end(std::move(late));
    failure = waiter_.take();
  } while ((next = again(failure)));
  return end(std::move(failure));
}

void AsyncExchange::begin(Route route) {
  set_out(std::move(route));
  const auto self = shared_from_this();
  round();
  hook_.on_cancel(self);
}

void AsyncExchange::completed(std::optional<Error> failure) noexcept {
  const auto self = std::exchange(self_, nullptr);
  const auto next = again(failure);
  if (!next) return tell(end(std::move(failure)));
  if (*next == Millis::zero()) return round();
  client().call_after(*next, [self] { self->round(); });
}

void AsyncExchange::round() {
  if (cancelled_) {
    return tell(Error{Errc::cancelled, Effect::refused, client().name() + ": the caller left"});
  }
  thread_local base::Buffer request;
  request.clear();
  const auto replies = write(request);
  if (replies == 0) return tell(end(std::nullopt));
  self_ = shared_from_this();
  const NodePointer node = node_pointer();
  const auto line = side();
  // Locked over the sending: the answer may begin another round, on another thread, before this one knows its ticket.
  std::unique_lock lock{mutex_};
  const auto ticket =
      (line ? *line : node->client).send(request.view(), replies, *this, deadline(), true);
  if (ticket) sent_ = {node, line, *ticket};
  const bool came_too_early = cancelled_;
  lock.unlock();
  if (request.capacity() > base::limits::kMiB) request.release();
  if (!ticket) {
    self_ = nullptr;
    return tell(ticket.error());
  }
  if (came_too_early) stop();
}

void AsyncExchange::stop() {
  Sent sent;
  {
    const std::lock_guard guard{mutex_};
    cancelled_ = true;
    sent = sent_;
  }
  if (!sent.node) return;
  auto left = (sent.side ? *sent.side : sent.node->client).leave(sent.ticket, Errc::cancelled);
  if (!left) return;
  leaves();
  const auto self = std::exchange(self_, nullptr);
  tell(*std::move(left));
}

}  // namespace larder::store
