// Lock: of all who ask for a name, in whatever process, one has it at a time; and a token by which what it guards can
// tell a holder that comes too late.
#pragma once

#include <larder/store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace larder {

struct LockOptions {
  Millis ttl{
      10'000};  ///< How long it is held unless extended, 1 ms to 100 years: when the holder dies, others wait so long.
  Millis wait{0};  ///< How long acquire() waits for somebody else's lock.
};

/// A lock that is held. Its holder is this object, not a thread; when it goes away it gives the lock back.
///
/// A holder that was paused for longer than the lock's time has lost it and does not notice: what the lock guards must
/// refuse smaller tokens than it has seen (Store::fenced_set does), or the work must be harmless twice.
///
/// Threads  One at a time.
class HeldLock {
 public:
  HeldLock(HeldLock&& other) noexcept;
  HeldLock& operator=(HeldLock&& other) noexcept;
  ~HeldLock();

  /// Greater than every token that this name had before. 0: given back, or moved away.
  std::uint64_t token() const noexcept { return token_; }
  const std::string& name() const noexcept { return name_; }
  /// How long it is surely still held, by this process' clock, counted from before the request was sent; 0: not any more.
  Millis left() const noexcept;

  /// Its time begins anew, with `ttl` or the one it was taken with.
  /// Errors   `lock_lost`: somebody else has it, or had; nothing was touched. Those of the Store: it may have been
  ///          extended.
  Result<void> extend(std::optional<Millis> ttl = std::nullopt, const CallOptions& call = {});
  /// Gives it back; after that the object holds nothing, whatever the answer.
  /// Errors   `lock_lost`: it was not held any more, and nothing was touched. Those of the Store: its time will end it.
  Result<void> release(const CallOptions& call = {}) noexcept;

 private:
  friend class Lock;
  using Instant = std::chrono::steady_clock::time_point;
  HeldLock(Store store, std::string name, std::string owner, std::uint64_t token, Millis ttl,
           Instant ends) noexcept;
  Error lost() const;

  Store store_;
  std::string name_;
  std::string owner_;
  std::uint64_t token_ = 0;
  Millis ttl_;
  Instant ends_;
};

/// A name that can be locked. Copy the handle freely; each acquisition is a HeldLock of its own.
///
/// The lock is the entry `name` of the store; do not use that name for anything else.
///
/// Threads  Safe from any thread.
/// Cost     An acquisition, an extension and a release are one round trip each.
class Lock {
 public:
  Lock(Store store, std::string name, LockOptions options = {});

  /// None: somebody else has it.
  /// Errors   `bad_argument`: an empty name, or a time out of range. Those of the Store; after `maybe_executed` it may be
  ///          taken for `ttl`, by nobody.
  Result<std::optional<HeldLock>> try_acquire(const CallOptions& call = {}) const;
  /// Asks again until LockOptions::wait is over: after what is left of the other's time, at most 50 ms apart.
  Result<std::optional<HeldLock>> acquire(const CallOptions& call = {}) const;

  const std::string& name() const noexcept { return name_; }

 private:
  std::pair<Result<std::optional<HeldLock>>, Millis> attempt(const std::string& owner,
                                                             const CallOptions& call) const;

  Store store_;
  std::string name_;
  LockOptions options_;
};

}  // namespace larder
