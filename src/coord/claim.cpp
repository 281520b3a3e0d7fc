#include "coord/claim.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace larder::coord {

namespace {

/// Eight digits at once, one for the lower half of each byte; which stands for which bit is chance's anyway.
void write_digits(char* to, std::uint64_t halves) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  halves &= 0x0f * kEach;
  // 1 in each byte that is 10 or more.
  const std::uint64_t letters = (halves + 6 * kEach) >> 4 & kEach;
  const std::uint64_t text = halves + '0' * kEach + letters * ('a' - '0' - 10);
  std::memcpy(to, &text, sizeof text);
}

}  // namespace

Claim Claim::fresh(std::shared_ptr<const Subject> of, std::uint32_t weight) {
  Claim claim{std::move(of), {}, weight};
  for (char* to = claim.owner.data(); to != claim.owner.data() + claim.owner.size(); to += 16) {
    const std::uint64_t bits = claim.world().entropy();
    write_digits(to, bits >> 4);
    write_digits(to + 8, bits);
  }
  return claim;
}

Result<LockGrant> Subject::acquire(std::string_view owner, std::uint32_t weight,
                                   const CallOptions& call) const {
  if (!shared) return store.lock_acquire(name, owner, options.ttl, call);
  return store.share_acquire(name, owner, options.ttl, {weight, capacity}, call);
}

Result<bool> Subject::extend(std::string_view owner, Millis ttl, const CallOptions& call) const {
  if (!shared) return store.lock_extend(name, owner, ttl, call);
  return store.share_extend(name, owner, ttl, call);
}

Result<bool> Subject::release(std::string_view owner, const CallOptions& call) const {
  if (!shared) return store.lock_release(name, owner, call);
  return store.share_release(name, owner, call);
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

bool Rests::takes_place() {
  if (!wakes_ || place_) return false;
  place_.emplace(*wakes_, name_);
  return true;
}

void Rests::rest(Millis pause) {
  if (takes_place()) return;
  if (!place_) return world_.sleep(pause);
  world_.wait(*place_, pause);
  place_->arm();
}

Attempt attempt(Claim claim, const CallOptions& call) {
  const base::Instant asked = claim.world().now();
  const auto grant = claim.acquire(call);
  if (!grant) return {grant.error()};
  if (!grant->taken()) return {std::optional<HeldLock>{}, grant->left};
  const base::Instant ends = asked + claim.options().ttl;
  return {std::optional{std::move(claim).held(grant->token, ends, Claim::Let::wait)}};
}

Result<std::optional<HeldLock>> acquire(Claim claim, const CallOptions& call) {
  if (claim.options().wait <= Millis{0}) return attempt(std::move(claim), call).held;
  Patience patience(claim);
  Rests rests(*claim.of);
  for (;;) {
    // Asked again under the same owner, so an attempt whose answer was lost is not in its own way.
    auto tried = attempt(claim, call);
    const auto pause = patience.pause(tried);
    if (tried.held && *tried.held) rests.served();
    if (!pause) return std::move(tried.held);
    rests.rest(*pause);
  }
}

}  // namespace larder::coord
