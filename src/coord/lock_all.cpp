// Many locks at once. Everybody takes them in the order of their names, so in a circle of waiters somebody would have to
// wait for a smaller name than one he holds; nobody does.
#include <algorithm>
#include <optional>
#include <stop_token>

#include <boost/asio/awaitable.hpp>

#include "coord/claim.hpp"

namespace larder {
namespace {

using Held = std::vector<HeldLock>;

enum class End : std::uint8_t {
  all,
  busy,  ///< One of them was somebody else's to the end.
  lost   ///< One of them went while another was waited for.
};

/// Whether a third of its time is over, so that it should begin anew.
bool is_stale(const HeldLock& lock, Millis ttl) { return lock.left() <= ttl * 2 / 3; }

/// What an extension means for the round. None: go on.
std::optional<Result<End>> after_extension(const Result<void>& extended) {
  if (extended) return std::nullopt;
  if (extended.error().code == Errc::lock_lost) return End::lost;
  return extended.error();
}

/// One name of a round: what each attempt means, and how long to rest before the next.
class NameTurn {
 public:
  NameTurn(const coord::Claim& claim, base::Instant until)
      : until_(until),
        world_(claim.world()),
        third_(std::max(claim.options().ttl / 3, Millis{1})),
        pauses_(world_),
        rests_(*claim.of) {}

  /// None: rest, and ask again.
  std::optional<Result<End>> after(coord::Attempt& tried, Held& held) {
    if (tried.held && *tried.held) {
      rests_.served();
      held.push_back(std::move(**tried.held));
      return End::all;
    }
    patience_ = std::chrono::ceil<Millis>(until_ - world_.now());
    const bool hopeless = !tried.held && !coord::is_passing(tried.held.error().code);
    if (hopeless || (!tried.held && patience_ <= Millis{0})) return tried.held.error();
    if (patience_ <= Millis{0}) return End::busy;
    return std::nullopt;
  }
  Result<void> rest(const coord::Attempt& tried, const std::stop_token* stop) {
    return rests_.rest(pause(tried), tried, stop);
  }
  Task<void> async_rest(const coord::Attempt& tried) { return rests_.async_rest(pause(tried)); }

 private:
  // Those that are held must not wait longer than a third of their time.
  Millis pause(const coord::Attempt& tried) {
    return std::min(pauses_.next(tried.left, patience_, rests_.told()), third_);
  }

  base::Instant until_;
  coord::World& world_;
  const Millis third_;
  Millis patience_{0};
  coord::Pauses pauses_;
  coord::Rests rests_;
};

using Claims = std::vector<coord::Claim>;

// ---- as a thread --------------------------------------------------------------------------------------

/// None: all that is held has time.
std::optional<Result<End>> keep_fresh(Held& held, Millis ttl, const CallOptions& call) {
  for (HeldLock& lock : held) {
    if (!is_stale(lock, ttl)) continue;
    if (auto end = after_extension(lock.extend(std::nullopt, call))) return end;
  }
  return std::nullopt;
}

Result<End> take(const coord::Claim& claim, base::Instant until, const CallOptions& call,
                 Held& held) {
  NameTurn turn(claim, until);
  for (;;) {
    auto tried = coord::attempt(claim, call);
    if (auto end = turn.after(tried, held)) return *std::move(end);
    if (auto end = keep_fresh(held, claim.options().ttl, call)) return *std::move(end);
    if (const auto rested = turn.rest(tried, call.stop); !rested) return rested.error();
  }
}

/// One way through the names.
Result<End> round(const Claims& claims, base::Instant until, const CallOptions& call, Held& held) {
  for (const auto& claim : claims) {
    auto end = take(claim, until, call, held);
    if (!end || *end != End::all) return end;
  }
  return keep_fresh(held, claims.front().options().ttl, call).value_or(End::all);
}

// ---- as a coroutine -----------------------------------------------------------------------------------

Task<std::optional<Result<End>>> async_keep_fresh(Held& held, Millis ttl, CallOptions call) {
  for (HeldLock& lock : held) {
    if (!is_stale(lock, ttl)) continue;
    const auto extended = co_await lock.async_extend(std::nullopt, call);
    if (auto end = after_extension(extended)) co_return end;
  }
  co_return std::nullopt;
}

Task<Result<End>> async_take(const coord::Claim& claim, base::Instant until, CallOptions call,
                             Held& held) {
  NameTurn turn(claim, until);
  for (;;) {
    auto tried = co_await coord::async_attempt(claim, call);
    if (auto end = turn.after(tried, held)) co_return *std::move(end);
    auto stale = co_await async_keep_fresh(held, claim.options().ttl, call);
    if (stale) co_return *std::move(stale);
    co_await turn.async_rest(tried);
  }
}

Task<Result<End>> async_round(const Claims& claims, base::Instant until, CallOptions call,
                              Held& held) {
  for (const auto& claim : claims) {
    auto end = co_await async_take(claim, until, call, held);
    if (!end || *end != End::all) co_return end;
  }
  const auto stale = co_await async_keep_fresh(held, claims.front().options().ttl, call);
  co_return stale.value_or(End::all);
}

// -------------------------------------------------------------------------------------------------------

/// In the order that everybody keeps, each name once.
Claims claims_of(const Store& store, std::vector<std::string> names, const LockOptions& options,
                 coord::World& world) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Claims claims;
  claims.reserve(names.size());
  for (auto& name : names) {
    claims.push_back(coord::Claim::fresh(std::make_shared<const coord::Subject>(
        coord::Subject{store, std::move(name), options, world})));
  }
  return claims;
}

/// After a round: all of them, none, or nothing yet: one was lost, and there is time to begin anew.
std::optional<Result<std::optional<Held>>> outcome(const Result<End>& end, Held& held,
                                                   bool time_is_over) {
  if (!end) return end.error();
  if (*end == End::all) return std::optional{std::move(held)};
  if (*end == End::busy || time_is_over) return std::optional<Held>{};
  return std::nullopt;
}

}  // namespace

Result<std::optional<Held>> lock_all(const Store& store, std::vector<std::string> names,
                                     const LockOptions& options, const CallOptions& call,
                                     coord::World& world) {
  const Claims claims = claims_of(store, std::move(names), options, world);
  if (claims.empty()) return std::optional<Held>{Held{}};
  const base::Instant until = world.after(options.wait);
  for (;;) {
    Held held;
    held.reserve(claims.size());
    const auto end = round(claims, until, call, held);
    if (auto result = outcome(end, held, world.now() >= until)) return *std::move(result);
  }
}

Result<std::optional<Held>> lock_all(const Store& store, std::vector<std::string> names,
                                     const LockOptions& options, const CallOptions& call) {
  return lock_all(store, std::move(names), options, call, coord::system_world());
}

Task<Result<std::optional<Held>>> async_lock_all(Store store, std::vector<std::string> names,
                                                 LockOptions options, CallOptions call,
                                                 coord::World& world) {
  const Claims claims = claims_of(store, std::move(names), options, world);
  if (claims.empty()) co_return std::optional<Held>{Held{}};
  const base::Instant until = world.after(options.wait);
  for (;;) {
    Held held;
    held.reserve(claims.size());
    const auto end = co_await async_round(claims, until, call, held);
    if (!end || *end != End::all) {
      for (HeldLock& lock : held) (void)co_await lock.async_release(call);
    }
    if (auto result = outcome(end, held, world.now() >= until)) co_return *std::move(result);
  }
}

Task<Result<std::optional<Held>>> async_lock_all(Store store, std::vector<std::string> names,
                                                 LockOptions options, CallOptions call) {
  return async_lock_all(std::move(store), std::move(names), options, call, coord::system_world());
}

}  // namespace larder
