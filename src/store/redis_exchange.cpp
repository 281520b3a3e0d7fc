#include "store/redis_exchange.hpp"

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
}

std::uint32_t Exchange::write(base::Buffer& out) {
  index_ = arrived_ = askings_ = 0;
  const std::uint32_t replies = row_.write(out, node().ways);
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
  if (failure) return failure;
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
    if (late) return late;
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
  // Once sent, the answer may begin another round on another thread.
  const NodePointer node = node_pointer();
  const auto ticket = node->client.send(request.view(), replies, *this, deadline(), true);
  if (request.capacity() > base::limits::kMiB) request.release();
  if (!ticket) {
    self_ = nullptr;
    return tell(ticket.error());
  }
  const std::lock_guard guard{mutex_};
  sent_ = {node, *ticket};
}

void AsyncExchange::stop() {
  Sent sent;
  {
    const std::lock_guard guard{mutex_};
    cancelled_ = true;
    sent = sent_;
  }
  if (!sent.node) return;
  auto left = sent.node->client.leave(sent.ticket, Errc::cancelled);
  if (!left) return;
  const auto self = std::exchange(self_, nullptr);
  tell(*std::move(left));
}

}  // namespace larder::store
