#include <larder/lock.hpp>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "coord/claim.hpp"
#include "coord/watch.hpp"

namespace larder {

namespace coord {

HeldLock Claim::held(std::uint64_t token, base::Instant ends, Let at_end) && {
  return {std::move(*this), token, ends.time_since_epoch(), at_end == Let::wait};
}

}  // namespace coord

// ---- held ---------------------------------------------------------------------------------------------

HeldLock::HeldLock(coord::Claim&& claim, std::uint64_t token, Moment ends, bool waits)
    : subject_(std::move(claim.of)),
      owner_(claim.owner),
      token_(token),
      ends_(ends),
      waits_(waits) {
  if (subject_->options.renew) begin_watch();
}

HeldLock::HeldLock(HeldLock&& other) noexcept
    : subject_(std::move(other.subject_)),
      owner_(other.owner_),
      token_(std::exchange(other.token_, 0)),
      ends_(other.ends_),
      waits_(other.waits_),
      watch_(std::move(other.watch_)) {}

HeldLock& HeldLock::operator=(HeldLock&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  subject_ = std::move(other.subject_);
  owner_ = other.owner_;
  token_ = std::exchange(other.token_, 0);
  ends_ = other.ends_;
  waits_ = other.waits_;
  watch_ = std::move(other.watch_);
  return *this;
}

HeldLock::~HeldLock() { let_go(); }

coord::Claim HeldLock::claim() const { return {subject_, owner_}; }

// A coroutine may run on the very thread that would bring the answer: what it lets go is given back by the library's.
void HeldLock::let_go() noexcept {
  if (token_ == 0) return;
  if (waits_) return (void)release();
  try {
    token_ = 0;
    end_watch();
    subject_->world.watchers().release(claim());
  } catch (const std::bad_alloc&) {
    // Its time will end it.
  }
}

const std::string& HeldLock::name() const noexcept {
  static const std::string none;
  return subject_ ? subject_->name : none;
}

Millis HeldLock::left() const noexcept {
  if (token_ == 0) return Millis{0};
  const base::Instant ends = watch_ ? watch_->ends() : base::Instant{ends_};
  const base::Instant now = subject_->world.now();
  // A lock that is known to be another's ends at the beginning of time: no difference could hold that.
  return ends > now ? std::chrono::floor<Millis>(ends - now) : Millis{0};
}

Error HeldLock::lost() const {
  return {Errc::lock_lost, Effect::refused,
          "lock " + base::quoted(name(), 64) + " is not held by this holder any more"};
}

void HeldLock::begin_watch() {
  watch_ = std::make_shared<coord::Watch>(claim(), base::Instant{ends_});
  subject_->world.watchers().add(watch_);
}

void HeldLock::end_watch() {
  if (!watch_) return;
  watch_->close();
  subject_->world.watchers().remove(*watch_);
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
  const Millis life = ttl.value_or(subject_->options.ttl);
  const base::Instant asked = subject_->world.now();
  const auto extended =
      watch_ ? watch_->extend(life, call) : subject_->extend(coord::text_of(owner_), life, call);
  if (watch_) subject_->world.watchers().changed(watch_);
  if (!extended) return extended.error();
  ends_ = *extended ? (asked + life).time_since_epoch() : Moment{0};
  if (!*extended) return lost();
  return {};
}

Result<void> HeldLock::release(const CallOptions& call) noexcept {
  try {
    if (std::exchange(token_, 0) == 0) return lost();
    end_watch();
    const auto released = subject_->release(coord::text_of(owner_), call);
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
    : subject_(std::make_shared<const coord::Subject>(
          coord::Subject{std::move(store), std::move(name), options, world})) {}

const std::string& Lock::name() const noexcept { return subject_->name; }

Result<std::optional<HeldLock>> Lock::try_acquire(const CallOptions& call) const {
  return coord::try_acquire(coord::Claim::fresh(subject_), call);
}

Result<std::optional<HeldLock>> Lock::acquire(const CallOptions& call) const {
  return coord::acquire(coord::Claim::fresh(subject_), call);
}

}  // namespace larder
