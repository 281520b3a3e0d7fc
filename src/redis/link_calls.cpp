// Link as its callers see it: requests come in, callers leave, deadlines pass, a silent server is
// noticed.
#include <boost/asio/post.hpp>

#include "redis/link.hpp"

namespace larder::redis {

namespace asio = boost::asio;
using boost::system::error_code;

Error Client::Link::error(Errc code, Effect effect, std::string_view what) const {
  return {code, effect, name_ + ": " + std::string(what)};
}

Result<void> Client::Link::wait_until_ready(base::Millis at_most) {
  std::unique_lock lock{mutex_};
  if (!first_attempt_.wait_for(lock, at_most, [this] { return first_attempt_over_; })) {
    return error(Errc::unreachable, Effect::not_sent,
                 "no connection in " + std::to_string(at_most.count()) + " ms");
  }
  if (stats_.connects > 0) return {};
  return last_failure_;
}

Result<Ticket> Client::Link::submit(std::string_view request, std::uint32_t replies, Call& call) {
  if (breaker_.open() && !breaker_.allows(clock_.now())) [[unlikely]]
    return error_of_breaker();
  auto queued = pipeline_.submit(request, replies, call);
  if (queued) {
    ++stats_.calls;
    return queued;
  }
  ++stats_.overloaded;
  return error(queued.error().code, queued.error().effect, queued.error().detail);
}

Result<Ticket> Client::Link::send(std::string_view request, std::uint32_t replies, Call& call,
                                  base::Instant deadline, bool timed) {
  bool wake = false;
  Ticket ticket = 0;
  {
    const std::lock_guard guard{mutex_};
    const auto queued = submit(request, replies, call);
    if (!queued) return queued;
    ticket = *queued;
    if (turns_.want_back()) asio::post(strand_, [self = shared_from_this()] { self->take_back(); });
    if (timed) deadlines_.push({deadline, ticket});
    const bool writes_next = connected_ && !write_in_progress_;
    if (!flush_posted_ && (writes_next || (timed && deadline < deadline_armed_for_))) {
      flush_posted_ = wake = true;
    }
  }
  if (wake) asio::post(strand_, [self = shared_from_this()] { self->flush(); });
  return ticket;
}

std::optional<Error> Client::Link::leave(Ticket ticket, Errc why) {
  const std::lock_guard guard{mutex_};
  const auto left = pipeline_.leave(ticket);
  if (!left) return std::nullopt;
  return error_of_leaver(left->effect, why);
}

Error Client::Link::error_of_leaver(Effect effect, Errc why) {
  if (why != Errc::timeout) return error(why, effect, "the caller left");
  ++stats_.timeouts;
  breaker_.failed(clock_.now());
  if (effect == Effect::maybe_executed) return error(why, effect, "no answer in time");
  if (connected_) return error(why, effect, "could not be sent in time");
  // Not the clock is the cause but whatever keeps us from connecting.
  if (last_failure_.detail.empty()) return error(Errc::unreachable, effect, "no connection yet");
  const Errc code =
      last_failure_.code == Errc::disconnected ? Errc::unreachable : last_failure_.code;
  return {code, effect, last_failure_.detail};
}

Error Client::Link::error_of_breaker() const {
  Error out = error(Errc::unreachable, Effect::not_sent,
                    "not asked: the last calls all ran into their deadlines");
  if (!last_failure_.detail.empty()) out.detail += " (" + last_failure_.detail + ")";
  return out;
}

void Client::Link::note_rtt() {
  breaker_.worked();
  const auto sent = pipeline_.oldest_sent();
  if (!sent) return;
  constexpr std::uint64_t kSamples = 65'536;
  if (rtt_->count() >= kSamples) {
    std::swap(rtt_, rtt_before_);
    rtt_->reset();
  }
  const base::Nanos rtt = std::max(base::Nanos::zero(), clock_.now() - *sent);
  rtt_smooth_ += (rtt - rtt_smooth_) / 8;
  rtt_->record(static_cast<std::uint64_t>(rtt.count()));
}

ClientHealth Client::Link::health() const {
  const std::lock_guard guard{mutex_};
  auto rtt = std::make_unique<base::Histogram>(*rtt_before_);
  rtt->merge(*rtt_);
  return {connected_, breaker_.open(), last_failure_.detail,
          base::Nanos{static_cast<std::int64_t>(rtt->percentile(50))},
          base::Nanos{static_cast<std::int64_t>(rtt->percentile(99))}};
}

bool Client::Link::is_well(base::Nanos silence) const {
  const std::lock_guard guard{mutex_};
  if (!connected_ || breaker_.open()) return false;
  const auto sent = pipeline_.oldest_sent();
  return !sent || clock_.now() - *sent <= silence;
}

void Client::Link::changed(const Outcome& failure) {
  if (options_.on_change && !stopping_) options_.on_change(failure);
}

void Client::Link::reconnect(std::string why) {
  asio::post(strand_, [self = shared_from_this(), why = std::move(why)]() mutable {
    self->backoff_.reset();
    self->retry_timer_.cancel();
    self->close(std::move(why));
  });
}

void Client::Link::evict(std::string why) {
  asio::post(strand_, [self = shared_from_this(), why = std::move(why)] {
    self->close(why);
    std::vector<Call*> sent, waiting;
    {
      const std::lock_guard guard{self->mutex_};
      // What a write has hold of may have left; the write itself is forgotten with its slots.
      sent = self->pipeline_.cut({}, 0);
      waiting = self->pipeline_.drain();
    }
    for (Call* call : sent)
      call->completed(self->error(Errc::disconnected, Effect::maybe_executed, why));
    for (Call* call : waiting)
      call->completed(self->error(Errc::disconnected, Effect::not_sent, why));
  });
}

ClientStats Client::Link::stats() const {
  const std::lock_guard guard{mutex_};
  ClientStats now = stats_;
  now.waiting = pipeline_.size();
  now.connected = connected_;
  if (const auto sent = pipeline_.oldest_sent()) now.oldest_unanswered = clock_.now() - *sent;
  return now;
}

void Client::Link::call_after(base::Nanos delay, std::function<void()> then) {
  asio::post(strand_, [self = shared_from_this(), delay, then = std::move(then)]() mutable {
    const auto timer = std::make_shared<asio::steady_timer>(self->strand_, delay);
    timer->async_wait([timer, then = std::move(then)](error_code) { then(); });
  });
}

// Requires mutex_; on the strand.
void Client::Link::arm_deadlines() {
  if (deadlines_.empty() || deadlines_.top().when >= deadline_armed_for_) return;
  deadline_armed_for_ = deadlines_.top().when;
  deadline_timer_.expires_after(std::max(base::Nanos::zero(), deadline_armed_for_ - clock_.now()));
  deadline_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->pass_deadlines();
  });
}

void Client::Link::pass_deadlines() {
  std::vector<std::pair<Call*, Error>> late;
  {
    const std::lock_guard guard{mutex_};
    const base::Instant now = clock_.now();
    while (!deadlines_.empty() && deadlines_.top().when <= now) {
      if (auto left = pipeline_.leave(deadlines_.top().ticket)) {
        late.emplace_back(left->call, error_of_leaver(left->effect, Errc::timeout));
      }
      deadlines_.pop();
    }
    deadline_armed_for_ = base::Instant::max();
    arm_deadlines();
  }
  for (auto& [call, failure] : late) call->completed(std::move(failure));
}

void Client::Link::arm_watch(base::Nanos after) {
  watch_armed_ = true;
  watch_timer_.expires_after(after);
  watch_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    self->watch_armed_ = false;
    if (!cancelled) self->watch();
  });
}

// Sleeps while nothing is in flight: the next write arms it again.
void Client::Link::watch() {
  std::optional<base::Instant> oldest;
  {
    const std::lock_guard guard{mutex_};
    if (connected_) oldest = pipeline_.oldest_sent();
  }
  if (!oldest) return;
  const base::Nanos left = *oldest + options_.silence_max - clock_.now();
  if (left > base::Nanos::zero()) return arm_watch(left);
  close("no answer in " + std::to_string(options_.silence_max.count()) + " ms");
}

}  // namespace larder::redis
