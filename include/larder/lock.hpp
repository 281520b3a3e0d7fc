// Lock: of all who ask for a name, in whatever process, one has it at a time; and a token by which what it guards can
// tell a holder that comes too late.
#pragma once

#include <larder/store.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace larder {

namespace coord {
class World;
class Watch;
struct Claim;
struct Subject;
using OwnerText = std::array<char, 32>;
}  // namespace coord

struct LockOptions {
  Millis ttl{
      10'000};  ///< How long it is held unless extended, 1 ms to 100 years: when the holder dies, others wait so long.
  Millis wait{0};  ///< How long acquire() waits for somebody else's lock; Millis::max(): for ever.
  bool renew =
      false;  ///< Extend it in the background, each third of `ttl`, until it is given back.
};

/// A lock, or a share of one, that is held. Its holder is this object, not a thread; when it goes away it gives it back.
///
/// A holder that was paused for longer than the lock's time has lost it and may not notice: what the lock guards must
/// refuse smaller tokens than it has seen (Cache::set with guard(), Store::fenced_set), or the work must be harmless twice.
///
/// Threads  One at a time. One thread of the library's, shared by all locks, renews those that asked for it, watches
///          those whose stop_token() was asked for, and gives back those that a coroutine acquired and let go: that never
///          waits.
class HeldLock {
 public:
  HeldLock(HeldLock&& other) noexcept;
  HeldLock& operator=(HeldLock&& other) noexcept;
  ~HeldLock();

  /// Greater than every token that this name had before. 0: given back, or moved away.
  std::uint64_t token() const noexcept { return token_; }
  const std::string& name() const noexcept;
  /// How long it is surely still held, by this process' clock, counted from before the request was sent; 0: not any more.
  Millis left() const noexcept;
  /// Asked to stop before the lock's time ends without having been extended (a tenth of `ttl` before, at most 1 s), and
  /// at once when the store says that it is another's. Callbacks run on the library's thread: keep them short. What was
  /// asked to stop stays so, though a later extend() may succeed. A process that was halted is told when it goes on.
  std::stop_token stop_token();

  /// Its time begins anew, with `ttl` or the one it was taken with.
  /// Errors   `lock_lost`: somebody else has it, or had; nothing was touched. Those of the Store: it may have been
  ///          extended.
  Result<void> extend(std::optional<Millis> ttl = std::nullopt, const CallOptions& call = {});
  /// Gives it back; after that the object holds nothing, whatever the answer.
  /// Errors   `lock_lost`: it was not held any more, and nothing was touched. Those of the Store: its time will end it.
  Result<void> release(const CallOptions& call = {}) noexcept;

  // The same as coroutines; this object stays where it is until async_extend is over.
  Task<Result<void>> async_extend(std::optional<Millis> ttl = std::nullopt, CallOptions call = {});
  Task<Result<void>> async_release(CallOptions call = {});

 private:
  friend struct coord::Claim;
  using Moment = std::chrono::nanoseconds;  // On the monotonic clock.
  HeldLock(coord::Claim&& claim, std::uint64_t token, Moment ends, bool waits);
  coord::Claim claim() const;
  void begin_watch();
  void end_watch();
  void let_go() noexcept;
  Error lost() const;

  std::shared_ptr<const coord::Subject> subject_;  ///< None: moved away.
  coord::OwnerText owner_;
  std::uint64_t token_ = 0;
  Moment ends_{0};
  bool waits_;  ///< For the store, when it is let go.
  std::shared_ptr<coord::Watch>
      watch_;  ///< Where it is renewed or watched; then that one knows when it ends.
};

/// The right of a lock's holder to write, for Cache::set: refused once a greater token has written.
inline Guard guard(const HeldLock& lock) noexcept { return {lock.token()}; }

/// A name that can be locked. Copy the handle freely; each acquisition is a HeldLock of its own.
///
/// The lock is the entry `name` of the store; do not use that name for anything else.
///
/// Threads  Safe from any thread.
/// Cost     An acquisition, an extension and a release are one round trip each.
class Lock {
 public:
  Lock(Store store, std::string name, LockOptions options = {});
  /// For tests: time, sleep and chance are handed in. `world` outlives the lock and what is held of it.
  Lock(Store store, std::string name, LockOptions options, coord::World& world);

  /// None: somebody else has it.
  /// Errors   `bad_argument`: an empty name, or a time out of range. Those of the Store; after `maybe_executed` it may be
  ///          taken for `ttl`, by nobody.
  Result<std::optional<HeldLock>> try_acquire(const CallOptions& call = {}) const;
  /// Waits until LockOptions::wait is over. A release wakes the one of each process who has waited longest: in process, and
  /// over Redis 7, Valkey and larder serve. He asks again when the other's time can be over, and each half second, by
  /// chance, in case that he was not told; where the server cannot tell, in pauses that double from 2 ms to 50 ms.
  /// Errors   `cancelled`: CallOptions::stop.
  Result<std::optional<HeldLock>> acquire(const CallOptions& call = {}) const;

  // The same as coroutines: they resume, and wait, on the caller's executor.
  Task<Result<std::optional<HeldLock>>> async_try_acquire(CallOptions call = {}) const;
  Task<Result<std::optional<HeldLock>>> async_acquire(CallOptions call = {}) const;

  const std::string& name() const noexcept;

 private:
  std::shared_ptr<const coord::Subject> subject_;
};

/// All of these names, or none. They are taken in one order by everybody, so that two who want some of the same never
/// wait for each other; names given twice count once. While one is waited for, those that are held are extended.
///
/// None     One of them was somebody else's until LockOptions::wait was over; nothing is held.
/// Errors   As Lock's; nothing is held then but what the Store could not be told.
/// Cost     A round trip for each name, and one more where taking them took a third of `ttl`.
Result<std::optional<std::vector<HeldLock>>> lock_all(const Store& store,
                                                      std::vector<std::string> names,
                                                      const LockOptions& options = {},
                                                      const CallOptions& call = {});
/// For tests, as Lock's.
Result<std::optional<std::vector<HeldLock>>> lock_all(const Store& store,
                                                      std::vector<std::string> names,
                                                      const LockOptions& options,
                                                      const CallOptions& call, coord::World& world);

/// The same as a coroutine, which waits on its own executor. It is stopped by its cancellation slot.
Task<Result<std::optional<std::vector<HeldLock>>>> async_lock_all(Store store,
                                                                  std::vector<std::string> names,
                                                                  LockOptions options = {},
                                                                  CallOptions call = {});
Task<Result<std::optional<std::vector<HeldLock>>>> async_lock_all(Store store,
                                                                  std::vector<std::string> names,
                                                                  LockOptions options,
                                                                  CallOptions call,
                                                                  coord::World& world);

}  // namespace larder
