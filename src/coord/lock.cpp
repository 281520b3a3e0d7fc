#include <larder/lock.hpp>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "coord/claim.hpp"
#include "coord/watch.hpp"

namespace larder {

namespace coord {

HeldLock Claim::held(std::shared_ptr<const Claim> claim, std::uint64_t token, base::Instant ends) {
  return {std::move(claim), token, ends.time_since_epoch()};
}

}  // namespace coord

// ---- held ---------------------------------------------------------------------------------------------

HeldLock::HeldLock(std::shared_ptr<const coord::Claim> claim, std::uint64_t token, Moment ends)
    : claim_(std::move(claim)), token_(token), ends_(ends) {
  if (claim_->options.renew) begin_watch();
}

HeldLock::HeldLock(HeldLock&& other) noexcept
    : claim_(std::move(other.claim_)),
      token_(std::exchange(other.token_, 0)),
      ends_(other.ends_),
      watch_(std::move(other.watch_)) {}

HeldLock& HeldLock::operator=(HeldLock&& other) noexcept {
  if (this == &other) return *this;
  if (token_ != 0) (void)release();
  claim_ = std::move(other.claim_);
  token_ = std::exchange(other.token_, 0);
  ends_ = other.ends_;
  watch_ = std::move(other.watch_);
  return *this;
}

HeldLock::~HeldLock() {
  if (token_ != 0) (void)release();
}

const std::string& HeldLock::name() const noexcept {
  static const std::string none;
  return claim_ ? claim_->name : none;
}

Millis HeldLock::left() const noexcept {
  if (token_ == 0) return Millis{0};
  const base::Instant ends = watch_ ? watch_->ends() : base::Instant{ends_};
  const base::Instant now = claim_->world.now();
  // A lock that is known to be another's ends at the beginning of time: no difference could hold that.
  return ends > now ? std::chrono::floor<Millis>(ends - now) : Millis{0};
}

Error HeldLock::lost() const {
  return {Errc::lock_lost, Effect::refused,
          "lock " + base::quoted(name(), 64) + " is not held by this holder any more"};
}

void HeldLock::begin_watch() {
  watch_ = std::make_shared<coord::Watch>(claim_, claim_->options.renew, base::Instant{ends_});
  claim_->world.watchers().add(watch_);
}

std::stop_token HeldLock::stop_token() {
  if (token_ != 0 && !watch_) begin_watch();
  if (watch_) return watch_->token();
  std::stop_source gone;
  gone.request_stop();
  return gone.get_token();
}

Result<void> HeldLock::extend(std::optional<Millis> ttl, const CallOptions& call) {
  if (token_ == 0) return lost();
  const Millis life = ttl.value_or(claim_->options.ttl);
  const base::Instant asked = claim_->world.now();
  const auto extended = watch_ ? watch_->extend(life, call) : claim_->extend(life, call);
  if (watch_) claim_->world.watchers().changed(watch_);
  if (!extended) return extended.error();
  ends_ = *extended ? (asked + life).time_since_epoch() : Moment{0};
  if (!*extended) return lost();
  return {};
}

Result<void> HeldLock::release(const CallOptions& call) noexcept {
  try {
    if (std::exchange(token_, 0) == 0) return lost();
    if (watch_) {
      watch_->close();
      claim_->world.watchers().remove(*watch_);
    }
    const auto released = claim_->release(call);
    if (!released) return released.error();
    if (!*released) return lost();
    return {};
  } catch (const std::bad_alloc&) {
    return Error{Errc::out_of_memory, Effect::maybe_executed, {}};
  }
}

// ---- the lock -----------------------------------------------------------------------------------------

Lock::Lock(Store store, std::string name, LockOptions options)
    : Lock(std::move(store), std::move(name), options, coord::system_world()) {}

Lock::Lock(Store store, std::string name, LockOptions options, coord::World& world)
    : store_(std::move(store)), name_(std::move(name)), options_(options), world_(&world) {}

std::shared_ptr<const coord::Claim> Lock::claim() const {
  return std::make_shared<const coord::Claim>(
      coord::Claim{store_, name_, coord::Claim::fresh_owner(*world_), options_, *world_});
}

Result<std::optional<HeldLock>> Lock::try_acquire(const CallOptions& call) const {
  return coord::attempt(claim(), call).held;
}

Result<std::optional<HeldLock>> Lock::acquire(const CallOptions& call) const {
  return coord::acquire(claim(), call);
}

}  // namespace larder
