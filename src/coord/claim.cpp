#include "coord/claim.hpp"

#include <algorithm>

namespace larder::coord {

Claim Claim::fresh(std::shared_ptr<const Subject> of, std::uint32_t weight) {
  Claim claim{std::move(of), {}, weight};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < claim.owner.size(); ++i) {
    if (i % 16 == 0) bits = claim.world().entropy();
    claim.owner[i] = "0123456789abcdef"[bits >> 60];
    bits <<= 4;
  }
  return claim;
}

Result<LockGrant> Claim::acquire(const CallOptions& call) const {
  const Store& store = of->store;
  if (!of->shared) return store.lock_acquire(of->name, owner_text(), options().ttl, call);
  return store.share_acquire(of->name, owner_text(), options().ttl, {weight, of->capacity}, call);
}

Result<bool> Claim::extend(Millis ttl, const CallOptions& call) const {
  if (!of->shared) return of->store.lock_extend(of->name, owner_text(), ttl, call);
  return of->store.share_extend(of->name, owner_text(), ttl, call);
}

Result<bool> Claim::release(const CallOptions& call) const {
  if (!of->shared) return of->store.lock_release(of->name, owner_text(), call);
  return of->store.share_release(of->name, owner_text(), call);
}

bool is_passing(Errc code) noexcept {
  return code == Errc::timeout || code == Errc::disconnected || code == Errc::unreachable ||
         code == Errc::overloaded;
}

Millis Pauses::next(Millis left, Millis patience) noexcept {
  constexpr Millis kMost{50};
  const auto half = static_cast<std::uint64_t>(longest_.count()) / 2;
  const Millis chosen{static_cast<std::int64_t>(half + random_.below(half + 1))};
  longest_ = std::min(longest_ * 2, kMost);
  const Millis end = left > Millis{0} ? left + Millis{1} : kMost;
  return std::max(std::min({chosen, end, patience}), Millis{1});
}

std::optional<Millis> Patience::pause(const Attempt& tried) {
  const bool over = tried.held ? tried.held->has_value() : !is_passing(tried.held.error().code);
  if (over) return std::nullopt;
  const auto patience = std::chrono::ceil<Millis>(until_ - world_.now());
  if (patience <= Millis{0}) return std::nullopt;
  return pauses_.next(tried.left, patience);
}

Attempt attempt(const Claim& claim, const CallOptions& call) {
  const base::Instant asked = claim.world().now();
  const auto grant = claim.acquire(call);
  if (!grant) return {grant.error()};
  if (!grant->taken()) return {std::optional<HeldLock>{}, grant->left};
  return {std::optional{claim.held(grant->token, asked + claim.options().ttl, Claim::Let::wait)}};
}

Result<std::optional<HeldLock>> acquire(const Claim& claim, const CallOptions& call) {
  if (claim.options().wait <= Millis{0}) return attempt(claim, call).held;
  Patience patience(claim);
  for (;;) {
    // Asked again under the same owner, so an attempt whose answer was lost is not in its own way.
    auto tried = attempt(claim, call);
    const auto pause = patience.pause(tried);
    if (!pause) return std::move(tried.held);
    claim.world().sleep(*pause);
  }
}

}  // namespace larder::coord
