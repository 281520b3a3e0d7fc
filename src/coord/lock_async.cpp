// Locks and shares as coroutines. Whoever waits sleeps on its own executor, and holds up no thread.
#include <larder/shares.hpp>

#include <utility>

#include <boost/asio/awaitable.hpp>

#include "base/limits.hpp"
#include "coord/claim.hpp"
#include "coord/refuse.hpp"
#include "coord/watch.hpp"

namespace larder {
namespace coord {

Task<Result<LockGrant>> Claim::async_acquire(CallOptions call) const {
  const Store& store = of->store;
  std::string text(owner_text());
  if (!of->shared) return store.async_lock_acquire(of->name, std::move(text), options().ttl, call);
  return store.async_share_acquire(of->name, std::move(text), options().ttl, {weight, of->capacity},
                                   call);
}

Task<Result<bool>> Claim::async_extend(Millis ttl, CallOptions call) const {
  std::string text(owner_text());
  if (!of->shared) return of->store.async_lock_extend(of->name, std::move(text), ttl, call);
  return of->store.async_share_extend(of->name, std::move(text), ttl, call);
}

Task<Result<bool>> Claim::async_release(CallOptions call) const {
  std::string text(owner_text());
  if (!of->shared) return of->store.async_lock_release(of->name, std::move(text), call);
  return of->store.async_share_release(of->name, std::move(text), call);
}

Task<Attempt> async_attempt(Claim claim, CallOptions call) {
  const base::Instant asked = claim.world().now();
  const auto grant = co_await claim.async_acquire(call);
  if (!grant) co_return Attempt{grant.error()};
  if (!grant->taken()) co_return Attempt{std::optional<HeldLock>{}, grant->left};
  const base::Instant ends = asked + claim.options().ttl;
  co_return Attempt{std::optional{std::move(claim).held(grant->token, ends, Claim::Let::go)}};
}

Task<Result<std::optional<HeldLock>>> async_try_acquire(Claim claim, CallOptions call) {
  auto tried = co_await async_attempt(std::move(claim), call);
  co_return std::move(tried.held);
}

Task<Result<std::optional<HeldLock>>> async_acquire(Claim claim, CallOptions call) {
  Patience patience(claim);
  Rests rests(*claim.of);
  for (;;) {
    auto tried = co_await async_attempt(claim, call);
    const auto pause = patience.pause(tried, rests.told());
    if (tried.held && *tried.held) rests.served();
    if (!pause) co_return std::move(tried.held);
    co_await rests.async_rest(*pause);
  }
}

Task<void> Rests::async_rest(Millis pause) {
  if (takes_place()) co_return;
  if (!place_) co_return co_await world_.async_sleep(pause);
  co_await world_.async_wait(*place_, pause);
  place_->arm();
}

namespace {

/// A turn with a watch, which ends whatever becomes of the coroutine that has it.
class WatchTurn {
 public:
  explicit WatchTurn(std::shared_ptr<Watch> watch) noexcept : watch_(std::move(watch)) {}
  ~WatchTurn() {
    if (watch_) watch_->end_turn({}, {}, Error{Errc::cancelled, Effect::maybe_executed, {}});
  }
  WatchTurn(const WatchTurn&) = delete;
  WatchTurn& operator=(const WatchTurn&) = delete;
  void end(base::Instant asked, Millis ttl, const Result<bool>& answer) {
    if (const auto watch = std::exchange(watch_, nullptr)) watch->end_turn(asked, ttl, answer);
  }

 private:
  std::shared_ptr<Watch> watch_;
};

Task<Result<void>> async_extend(Claim claim, std::shared_ptr<Watch> watch, Millis ttl,
                                CallOptions call, std::chrono::nanoseconds& ends, Error lost) {
  World& world = claim.world();
  while (watch && !watch->take_turn()) co_await world.async_sleep(Millis{1});
  WatchTurn turn(watch);
  const base::Instant asked = world.now();
  const auto extended = co_await claim.async_extend(ttl, call);
  turn.end(asked, ttl, extended);
  if (watch) world.watchers().changed(watch);
  if (!extended) co_return extended.error();
  ends = *extended ? (asked + ttl).time_since_epoch() : std::chrono::nanoseconds{0};
  if (!*extended) co_return std::move(lost);
  co_return Result<void>{};
}

Task<Result<void>> async_release(Claim claim, CallOptions call, Error lost) {
  const auto released = co_await claim.async_release(call);
  if (!released) co_return released.error();
  if (!*released) co_return std::move(lost);
  co_return Result<void>{};
}

}  // namespace
}  // namespace coord

Task<Result<void>> HeldLock::async_extend(std::optional<Millis> ttl, CallOptions call) {
  if (token_ == 0) return coord::refuse<void>(lost());
  return coord::async_extend(claim(), watch_, ttl.value_or(claim().options().ttl), call, ends_,
                             lost());
}

Task<Result<void>> HeldLock::async_release(CallOptions call) {
  if (std::exchange(token_, 0) == 0) return coord::refuse<void>(lost());
  end_watch();
  return coord::async_release(claim(), call, lost());
}

Task<Result<std::optional<HeldLock>>> Lock::async_try_acquire(CallOptions call) const {
  return coord::async_try_acquire(coord::Claim::fresh(subject_), call);
}
Task<Result<std::optional<HeldLock>>> Lock::async_acquire(CallOptions call) const {
  return coord::async_acquire(coord::Claim::fresh(subject_), call);
}

Task<Result<std::optional<HeldLock>>> Semaphore::async_try_acquire(std::uint32_t count,
                                                                   CallOptions call) const {
  return coord::async_try_acquire(coord::Claim::fresh(subject_, count), call);
}
Task<Result<std::optional<HeldLock>>> Semaphore::async_acquire(std::uint32_t count,
                                                               CallOptions call) const {
  return coord::async_acquire(coord::Claim::fresh(subject_, count), call);
}

Task<Result<std::optional<HeldLock>>> SharedLock::async_try_acquire_shared(CallOptions call) const {
  return places_.async_try_acquire(1, call);
}
Task<Result<std::optional<HeldLock>>> SharedLock::async_acquire_shared(CallOptions call) const {
  return places_.async_acquire(1, call);
}
Task<Result<std::optional<HeldLock>>> SharedLock::async_try_acquire(CallOptions call) const {
  return places_.async_try_acquire(base::limits::kSharesMax, call);
}
Task<Result<std::optional<HeldLock>>> SharedLock::async_acquire(CallOptions call) const {
  return places_.async_acquire(base::limits::kSharesMax, call);
}

}  // namespace larder
