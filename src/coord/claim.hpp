// Claim: what a holder says to the store who it is with, and the loop of one who waits until it is his.
#pragma once

#include <larder/lock.hpp>

#include <memory>
#include <string>

#include "base/random.hpp"
#include "coord/world.hpp"

namespace larder::coord {

struct Claim {
  Store store;
  std::string name;
  std::string owner;
  LockOptions options;
  World& world;
  std::optional<Share> share = std::nullopt;  ///< None: the whole of it, a lock.

  Result<LockGrant> acquire(const CallOptions& call) const;
  Result<bool> extend(Millis ttl, const CallOptions& call) const;
  Task<Result<bool>> async_extend(Millis ttl, CallOptions call) const;
  Result<bool> release(const CallOptions& call) const;

  /// Names the claim's owner afresh. Nobody else's: 128 bits of chance, as text that can be read in a server.
  static std::string fresh_owner(World& world);
  static HeldLock held(std::shared_ptr<const Claim> claim, std::uint64_t token, base::Instant ends);
};

/// The lock, or none and what is left of the other's time.
struct Attempt {
  Result<std::optional<HeldLock>> held;
  Millis left{0};
};
Attempt attempt(const std::shared_ptr<const Claim>& claim, const CallOptions& call);

/// Asks until it is had, `options.wait` is over, or the store says what another attempt would not change.
Result<std::optional<HeldLock>> acquire(const std::shared_ptr<const Claim>& claim,
                                        const CallOptions& call);

/// The pauses of one who waits: by chance, twice as long each time up to 50 ms, and not beyond the end of the other's time.
class Pauses {
 public:
  explicit Pauses(World& world) noexcept : random_(world.entropy()) {}
  Millis next(Millis left, Millis patience) noexcept;

 private:
  base::Random random_;
  Millis longest_{2};
};

/// A store that does not answer may do so a moment later; what it refuses, it refuses again.
bool is_passing(Errc code) noexcept;

}  // namespace larder::coord
