// Many locks at once. Everybody takes them in the order of their names, so in a circle of waiters somebody would have to
// wait for a smaller name than one he holds; nobody does.
#include <algorithm>

#include "coord/claim.hpp"

namespace larder {
namespace {

using Held = std::vector<HeldLock>;

/// Those of which a third is over begin anew. False: one of them was lost.
Result<bool> keep_fresh(Held& held, Millis ttl, const CallOptions& call) {
  for (HeldLock& lock : held) {
    if (lock.left() > ttl * 2 / 3) continue;
    const auto extended = lock.extend(std::nullopt, call);
    if (extended) continue;
    if (extended.error().code == Errc::lock_lost) return false;
    return extended.error();
  }
  return true;
}

/// One way through the names.
class Round {
 public:
  Round(const std::vector<coord::Claim>& claims, base::Instant until, const CallOptions& call)
      : claims_(claims), until_(until), call_(call), world_(claims.front().world()) {}

  enum class End : std::uint8_t { all, busy, lost };
  Result<End> run(Held& held) {
    for (const auto& claim : claims_) {
      auto end = take(claim, held);
      if (!end || *end != End::all) return end;
    }
    const auto fresh = keep_fresh(held, claims_.front().options().ttl, call_);
    if (!fresh) return fresh.error();
    return *fresh ? End::all : End::lost;
  }

 private:
  Result<End> take(const coord::Claim& claim, Held& held) {
    coord::Pauses pauses(world_);
    coord::Rests rests(*claim.of);
    for (;;) {
      auto tried = coord::attempt(claim, call_);
      if (tried.held && *tried.held) {
        rests.served();
        held.push_back(std::move(**tried.held));
        return End::all;
      }
      const auto patience = std::chrono::ceil<Millis>(until_ - world_.now());
      const bool hopeless = !tried.held && !coord::is_passing(tried.held.error().code);
      if (hopeless || (!tried.held && patience <= Millis{0})) return tried.held.error();
      if (patience <= Millis{0}) return End::busy;
      const auto fresh = keep_fresh(held, claim.options().ttl, call_);
      if (!fresh) return fresh.error();
      if (!*fresh) return End::lost;
      const Millis third = std::max(claim.options().ttl / 3, Millis{1});
      const Millis pause = pauses.next(tried.left, patience, rests.told());
      const auto rested = rests.rest(std::min(pause, third), tried, call_.stop);
      if (!rested) return rested.error();
    }
  }

  const std::vector<coord::Claim>& claims_;
  base::Instant until_;
  const CallOptions& call_;
  coord::World& world_;
};

}  // namespace

Result<std::optional<Held>> lock_all(const Store& store, std::vector<std::string> names,
                                     const LockOptions& options, const CallOptions& call,
                                     coord::World& world) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty()) return std::optional<Held>{Held{}};
  std::vector<coord::Claim> claims;
  claims.reserve(names.size());
  for (auto& name : names) {
    claims.push_back(coord::Claim::fresh(std::make_shared<const coord::Subject>(
        coord::Subject{store, std::move(name), options, world})));
  }
  const base::Instant until = world.after(options.wait);
  for (;;) {
    Held held;
    held.reserve(claims.size());
    const auto end = Round(claims, until, call).run(held);
    if (!end) return end.error();
    if (*end == Round::End::all) return std::optional{std::move(held)};
    if (*end == Round::End::busy || world.now() >= until) return std::optional<Held>{};
  }
}

Result<std::optional<Held>> lock_all(const Store& store, std::vector<std::string> names,
                                     const LockOptions& options, const CallOptions& call) {
  return lock_all(store, std::move(names), options, call, coord::system_world());
}

}  // namespace larder
