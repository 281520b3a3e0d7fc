#include "coord/claim.hpp"

#include <algorithm>
#include <cstring>
#include <stop_token>
#include <utility>

#include "base/text.hpp"

namespace larder::coord {

namespace {

/// Eight digits at once, one for the lower half of each byte; which stands for which bit is chance's anyway.
constexpr std::uint64_t digits_of(std::uint64_t halves) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  halves &= 0x0f * kEach;
  // 1 in each byte that is 10 or more.
  const std::uint64_t letters = (halves + 6 * kEach) >> 4 & kEach;
  return halves + '0' * kEach + letters * ('a' - '0' - 10);
}

}  // namespace

Claim Claim::fresh(std::shared_ptr<const Subject> of, std::uint32_t weight) {
  Claim claim{std::move(of), {}, weight};
  for (char* to = claim.owner.data(); to != claim.owner.data() + claim.owner.size(); to += 16) {
    const std::uint64_t bits = claim.world().entropy();
    // In one store, for it is soon copied in blocks as long: who has to join two of them waits for the cache.
    using Block = std::uint64_t __attribute__((vector_size(16)));
    const Block block{digits_of(bits >> 4), digits_of(bits)};
    std::memcpy(to, &block, sizeof block);
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

Millis Pauses::next(Millis left, Millis patience, bool told) noexcept {
  constexpr Millis kAsking{50}, kTold{500};
  const Millis longest = told ? kTold : longest_;
  const auto half = static_cast<std::uint64_t>(longest.count()) / 2;
  const Millis chosen{static_cast<std::int64_t>(half + random_.below(half + 1))};
  if (!told) longest_ = std::min(longest_ * 2, kAsking);
  const Millis end = left > Millis{0} ? left + Millis{1} : kAsking;
  return std::max(std::min({chosen, end, patience}), Millis{1});
}

std::optional<Millis> Patience::pause(const Attempt& tried, bool told) {
  const bool over = tried.held ? tried.held->has_value() : !is_passing(tried.held.error().code);
  if (over) return std::nullopt;
  const auto patience = std::chrono::ceil<Millis>(until_ - world_.now());
  if (patience <= Millis{0}) return std::nullopt;
  return pauses_.next(tried.left, patience, told);
}

bool Rests::takes_place() {
  if (!wakes_ || place_) return false;
  place_.emplace(*wakes_, name_);
  return told();
}

Result<void> Rests::rest(Millis pause, const Attempt& tried, const std::stop_token* stop) {
  const auto stopped = [&] { return stop != nullptr && stop->stop_requested(); };
  if (takes_place()) {
    // He asks again at once.
  } else if (!place_) {
    world_.sleep(pause);
  } else {
    const std::stop_callback rouse(stop ? *stop : std::stop_token{}, [this] { place_->rouse(); });
    if (!stopped()) world_.wait(*place_, pause);
    place_->arm();
  }
  if (!stopped()) return {};
  return Error{Errc::cancelled, tried.held ? Effect::refused : tried.held.error().effect,
               base::quoted(name_, 64) + ": the caller was told to stop"};
}

namespace {

/// From when on a lease is counted. A long one is so from the last tick on: a few milliseconds that its holder does not use.
base::Instant moment_before(const Claim& claim) {
  constexpr Millis kLong = 10 * base::kCoarse;
  return claim.options().ttl >= kLong ? claim.world().coarse() : claim.world().now();
}

/// Becomes the lock where that is to be, without being moved there.
struct Granted {
  Claim& claim;
  std::uint64_t token;
  base::Instant ends;
  operator HeldLock() const { return std::move(claim).held(token, ends, Claim::Let::wait); }
};

}  // namespace

Result<std::optional<HeldLock>> try_acquire(Claim claim, const CallOptions& call) {
  const base::Instant asked = moment_before(claim);
  const auto grant = claim.acquire(call);
  if (!grant) return grant.error();
  if (!grant->taken()) return std::optional<HeldLock>{};
  return Result<std::optional<HeldLock>>(boost::system::in_place_value, std::in_place,
                                         Granted{claim, grant->token, asked + claim.options().ttl});
}

Attempt attempt(Claim claim, const CallOptions& call) {
  const base::Instant asked = moment_before(claim);
  const auto grant = claim.acquire(call);
  if (!grant) return {grant.error()};
  if (!grant->taken()) return {std::optional<HeldLock>{}, grant->left};
  const base::Instant ends = asked + claim.options().ttl;
  return {std::optional{std::move(claim).held(grant->token, ends, Claim::Let::wait)}};
}

Result<std::optional<HeldLock>> acquire(Claim claim, const CallOptions& call) {
  if (claim.options().wait <= Millis{0}) return try_acquire(std::move(claim), call);
  Patience patience(claim);
  Rests rests(*claim.of);
  for (;;) {
    // Asked again under the same owner, so an attempt whose answer was lost is not in its own way.
    auto tried = attempt(claim, call);
    const auto pause = patience.pause(tried, rests.told());
    if (tried.held && *tried.held) rests.served();
    if (!pause) return std::move(tried.held);
    if (const auto rested = rests.rest(*pause, tried, call.stop); !rested) return rested.error();
  }
}

}  // namespace larder::coord
