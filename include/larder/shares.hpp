// Semaphore and SharedLock: a name that several may hold at a time, as many as it has to give.
#pragma once

#include <larder/lock.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace larder {

/// A name with `permits`, 1 to 1,024, which all who ask for it agree on. A holder that dies gives its permits back when its
/// time ends, each for itself.
///
/// The permits are the entry `name` of the store; do not use that name for anything else, a Lock among it.
///
/// Threads  Safe from any thread.
/// Cost     As Lock's; the store reads and writes all holders at once, about 70 bytes each.
class Semaphore {
 public:
  Semaphore(Store store, std::string name, std::uint32_t permits, LockOptions options = {});
  Semaphore(Store store, std::string name, std::uint32_t permits, LockOptions options,
            coord::World& world);

  /// None: fewer than `count` are left. Errors: as Lock's; `bad_argument` for more than there are.
  Result<std::optional<HeldLock>> try_acquire(std::uint32_t count = 1,
                                              const CallOptions& call = {}) const;
  Result<std::optional<HeldLock>> acquire(std::uint32_t count = 1,
                                          const CallOptions& call = {}) const;

  // As Lock's coroutines.
  Task<Result<std::optional<HeldLock>>> async_try_acquire(std::uint32_t count = 1,
                                                          CallOptions call = {}) const;
  Task<Result<std::optional<HeldLock>>> async_acquire(std::uint32_t count = 1,
                                                      CallOptions call = {}) const;

  const std::string& name() const noexcept;

 private:
  std::shared_ptr<const coord::Subject> subject_;
};

/// A lock that many readers hold together, up to 1,024, or one writer alone. Not fair: readers that keep coming keep a
/// writer waiting. Tokens grow from holder to holder, readers' and writers' alike.
///
/// Threads, cost and the name as Semaphore's.
class SharedLock {
 public:
  SharedLock(Store store, std::string name, LockOptions options = {});
  SharedLock(Store store, std::string name, LockOptions options, coord::World& world);

  Result<std::optional<HeldLock>> try_acquire_shared(const CallOptions& call = {}) const;
  Result<std::optional<HeldLock>> acquire_shared(const CallOptions& call = {}) const;
  /// Alone.
  Result<std::optional<HeldLock>> try_acquire(const CallOptions& call = {}) const;
  Result<std::optional<HeldLock>> acquire(const CallOptions& call = {}) const;

  // As Lock's coroutines.
  Task<Result<std::optional<HeldLock>>> async_try_acquire_shared(CallOptions call = {}) const;
  Task<Result<std::optional<HeldLock>>> async_acquire_shared(CallOptions call = {}) const;
  Task<Result<std::optional<HeldLock>>> async_try_acquire(CallOptions call = {}) const;
  Task<Result<std::optional<HeldLock>>> async_acquire(CallOptions call = {}) const;

  const std::string& name() const noexcept { return places_.name(); }

 private:
  Semaphore places_;
};

}  // namespace larder
