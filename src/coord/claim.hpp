// Claim: what a holder says to the store who it is with, and the loop of one who waits until it is his.
#pragma once

#include <larder/lock.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/wakes.hpp"
#include "coord/world.hpp"

namespace larder::coord {

/// What is asked for: one for all that is held of a Lock, a SharedLock or a Semaphore.
struct Subject {
  Store store;
  std::string name;
  LockOptions options;
  World& world;
  bool shared = false;  ///< Each holder has a share of the capacity; else it is a lock.
  std::uint32_t capacity = 0;

  // What is asked of the store in the name of `owner`. `weight` is his part of the capacity.
  Result<LockGrant> acquire(std::string_view owner, std::uint32_t weight,
                            const CallOptions& call) const;
  Result<bool> extend(std::string_view owner, Millis ttl, const CallOptions& call) const;
  Result<bool> release(std::string_view owner, const CallOptions& call) const;
};

inline std::string_view text_of(const OwnerText& owner) noexcept {
  return {owner.data(), owner.size()};
}

/// A value: to hold something allocates nothing.
struct Claim {
  std::shared_ptr<const Subject> of;
  OwnerText owner;  ///< Nobody else's: 128 bits of chance, as text that can be read in a server.
  std::uint32_t weight = 0;  ///< Of the capacity; needed to acquire only.

  /// Under a name of its own.
  static Claim fresh(std::shared_ptr<const Subject> of, std::uint32_t weight = 0);

  std::string_view owner_text() const noexcept { return text_of(owner); }
  World& world() const noexcept { return of->world; }
  const LockOptions& options() const noexcept { return of->options; }

  Result<LockGrant> acquire(const CallOptions& call) const {
    return of->acquire(owner_text(), weight, call);
  }
  Result<bool> extend(Millis ttl, const CallOptions& call) const {
    return of->extend(owner_text(), ttl, call);
  }
  // lock_async.cpp
  Task<Result<LockGrant>> async_acquire(CallOptions call) const;
  Task<Result<bool>> async_extend(Millis ttl, CallOptions call) const;
  Task<Result<bool>> async_release(CallOptions call) const;

  enum class Let : std::uint8_t {
    wait,
    go
  };  ///< Whether its end, when it is let go, waits for the store.
  HeldLock held(std::uint64_t token, base::Instant ends, Let at_end) &&;
};

/// The lock, or none and what is left of the other's time.
struct Attempt {
  Result<std::optional<HeldLock>> held;
  Millis left{0};
};
Attempt attempt(Claim claim, const CallOptions& call);
Task<Attempt> async_attempt(Claim claim, CallOptions call);

/// Asks once.
Result<std::optional<HeldLock>> try_acquire(Claim claim, const CallOptions& call);
/// Asks until it is had, `options.wait` is over, or the store says what another attempt would not change.
Result<std::optional<HeldLock>> acquire(Claim claim, const CallOptions& call);
Task<Result<std::optional<HeldLock>>> async_try_acquire(Claim claim, CallOptions call);
Task<Result<std::optional<HeldLock>>> async_acquire(Claim claim, CallOptions call);

/// The pauses of one who waits: by chance, twice as long each time up to 50 ms, and not beyond the end of the other's time.
/// Who is told of releases asks in case that he was not: after half a second at most.
class Pauses {
 public:
  explicit Pauses(World& world) noexcept : random_(world.entropy()) {}
  Millis next(Millis left, Millis patience, bool told) noexcept;

 private:
  base::Random random_;
  Millis longest_{2};
};

/// One who waits: whether to ask again, and after how long.
class Patience {
 public:
  explicit Patience(const Claim& claim)
      : world_(claim.world()), until_(world_.after(claim.options().wait)), pauses_(world_) {}
  /// None: this attempt was the last.
  std::optional<Millis> pause(const Attempt& tried, bool told);

 private:
  World& world_;
  base::Instant until_;
  Pauses pauses_;
};

/// What one who waits does between two attempts. Where the store can tell of releases, he takes his place after the first one;
/// from then on each pause ends when he is woken. If he is told from that moment on, as in this process, the first pause is none:
/// he asks again, so that no release is missed; else he is woken once it is so.
class Rests {
 public:
  explicit Rests(const Subject& subject) noexcept
      : world_(subject.world), name_(subject.name), wakes_(subject.store.wakes()) {}
  /// After an attempt. Ends with a stop, if there is a token. Errors: `cancelled`: a stop was requested.
  Result<void> rest(Millis pause, const Attempt& tried, const std::stop_token* stop);
  Task<void> async_rest(Millis pause);
  /// He need not ask to learn of a release.
  bool told() const { return place_ && wakes_->tells(name_); }
  /// He has what he waited for.
  void served() noexcept {
    if (place_) place_->served();
  }

 private:
  /// True: he has taken his place, and should ask again.
  bool takes_place();

  World& world_;
  std::string_view name_;
  base::Wakes* wakes_;
  std::optional<base::Wakes::Waiter> place_;
};

/// A store that does not answer may do so a moment later; what it refuses, it refuses again.
bool is_passing(Errc code) noexcept;

}  // namespace larder::coord
