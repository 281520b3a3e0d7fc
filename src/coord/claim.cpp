#include "coord/claim.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/asio/awaitable.hpp>

namespace larder::coord {

std::string Claim::fresh_owner(World& world) {
  std::string owner(32, '0');
  for (std::size_t half = 0; half < 2; ++half) {
    std::array<char, 16> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), world.entropy(), 16).ptr;
    const auto digits = static_cast<std::size_t>(end - text.data());
    std::copy(text.data(), end, owner.data() + 16 * (half + 1) - digits);
  }
  return owner;
}

Result<LockGrant> Claim::acquire(const CallOptions& call) const {
  if (share) return store.share_acquire(name, owner, options.ttl, *share, call);
  return store.lock_acquire(name, owner, options.ttl, call);
}

Result<bool> Claim::extend(Millis ttl, const CallOptions& call) const {
  if (share) return store.share_extend(name, owner, ttl, call);
  return store.lock_extend(name, owner, ttl, call);
}

Task<Result<bool>> Claim::async_extend(Millis ttl, CallOptions call) const {
  if (share) return store.async_share_extend(name, owner, ttl, call);
  return store.async_lock_extend(name, owner, ttl, call);
}

Result<bool> Claim::release(const CallOptions& call) const {
  if (share) return store.share_release(name, owner, call);
  return store.lock_release(name, owner, call);
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

Attempt attempt(const std::shared_ptr<const Claim>& claim, const CallOptions& call) {
  const base::Instant asked = claim->world.now();
  const auto grant = claim->acquire(call);
  if (!grant) return {grant.error()};
  if (!grant->taken()) return {std::optional<HeldLock>{}, grant->left};
  return {std::optional{Claim::held(claim, grant->token, asked + claim->options.ttl)}};
}

Result<std::optional<HeldLock>> acquire(const std::shared_ptr<const Claim>& claim,
                                        const CallOptions& call) {
  World& world = claim->world;
  if (claim->options.wait <= Millis{0}) return attempt(claim, call).held;
  const base::Instant until = world.now() + claim->options.wait;
  Pauses pauses(world);
  for (;;) {
    auto tried = attempt(claim, call);
    // Asked again under the same owner, so an attempt whose answer was lost is not in its own way.
    const bool over = tried.held ? tried.held->has_value() : !is_passing(tried.held.error().code);
    const auto patience = std::chrono::ceil<Millis>(until - world.now());
    if (over || patience <= Millis{0}) return std::move(tried.held);
    world.sleep(pauses.next(tried.left, patience));
  }
}

}  // namespace larder::coord
