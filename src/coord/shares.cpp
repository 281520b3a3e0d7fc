#include <larder/shares.hpp>

#include <utility>

#include "base/limits.hpp"
#include "coord/claim.hpp"

namespace larder {

namespace {
constexpr std::uint32_t kPlaces = base::limits::kSharesMax;
}

Semaphore::Semaphore(Store store, std::string name, std::uint32_t permits, LockOptions options)
    : Semaphore(std::move(store), std::move(name), permits, options, coord::system_world()) {}

Semaphore::Semaphore(Store store, std::string name, std::uint32_t permits, LockOptions options,
                     coord::World& world)
    : subject_(std::make_shared<const coord::Subject>(
          coord::Subject{std::move(store), std::move(name), options, world, true, permits})) {}

const std::string& Semaphore::name() const noexcept { return subject_->name; }

Result<std::optional<HeldLock>> Semaphore::try_acquire(std::uint32_t count,
                                                       const CallOptions& call) const {
  return coord::try_acquire(coord::Claim::fresh(subject_, count), call);
}

Result<std::optional<HeldLock>> Semaphore::acquire(std::uint32_t count,
                                                   const CallOptions& call) const {
  return coord::acquire(coord::Claim::fresh(subject_, count), call);
}

// A reader takes one place, a writer all of them.

SharedLock::SharedLock(Store store, std::string name, LockOptions options)
    : SharedLock(std::move(store), std::move(name), options, coord::system_world()) {}

SharedLock::SharedLock(Store store, std::string name, LockOptions options, coord::World& world)
    : places_(std::move(store), std::move(name), kPlaces, options, world) {}

Result<std::optional<HeldLock>> SharedLock::try_acquire_shared(const CallOptions& call) const {
  return places_.try_acquire(1, call);
}
Result<std::optional<HeldLock>> SharedLock::acquire_shared(const CallOptions& call) const {
  return places_.acquire(1, call);
}
Result<std::optional<HeldLock>> SharedLock::try_acquire(const CallOptions& call) const {
  return places_.try_acquire(kPlaces, call);
}
Result<std::optional<HeldLock>> SharedLock::acquire(const CallOptions& call) const {
  return places_.acquire(kPlaces, call);
}

}  // namespace larder
