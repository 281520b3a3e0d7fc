#include <larder/lock.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"

namespace larder {
namespace {

using Clock = std::chrono::steady_clock;

/// Nobody else's: 128 bits of the operating system's chance, as text that can be read in a server.
std::string fresh_owner() {
  std::string owner;
  for (int i = 0; i < 2; ++i) {
    std::array<char, 16> digits;
    digits.fill('0');
    std::array<char, 16> text;
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), base::system_entropy(), 16).ptr;
    std::copy(text.data(), end, digits.end() - (end - text.data()));
    owner.append(digits.data(), digits.size());
  }
  return owner;
}

/// Between two attempts: not before the other's time can be over, and not all waiters at once.
Millis pause_before_next(Millis left, Millis patience, base::Random& random) {
  constexpr Millis kMost{50};
  const Millis longest = left > Millis{0} ? std::min(left, kMost) : kMost;
  const auto half = static_cast<std::uint64_t>(longest.count()) / 2;
  const Millis chosen{static_cast<std::int64_t>(half + random.below(half + 1) + 1)};
  return std::min(chosen, patience);
}

}  // namespace

// ---- held ---------------------------------------------------------------------------------------------

HeldLock::HeldLock(Store store, std::string name, std::string owner, std::uint64_t token,
                   Millis ttl, Instant ends) noexcept
    : store_(std::move(store)),
      name_(std::move(name)),
      owner_(std::move(owner)),
      token_(token),
      ttl_(ttl),
      ends_(ends) {}

HeldLock::HeldLock(HeldLock&& other) noexcept
    : store_(std::move(other.store_)),
      name_(std::move(other.name_)),
      owner_(std::move(other.owner_)),
      token_(std::exchange(other.token_, 0)),
      ttl_(other.ttl_),
      ends_(other.ends_) {}

HeldLock& HeldLock::operator=(HeldLock&& other) noexcept {
  if (this == &other) return *this;
  (void)release();
  store_ = std::move(other.store_);
  name_ = std::move(other.name_);
  owner_ = std::move(other.owner_);
  token_ = std::exchange(other.token_, 0);
  ttl_ = other.ttl_;
  ends_ = other.ends_;
  return *this;
}

HeldLock::~HeldLock() { (void)release(); }

Millis HeldLock::left() const noexcept {
  if (token_ == 0) return Millis{0};
  return std::max(std::chrono::floor<Millis>(ends_ - Clock::now()), Millis{0});
}

Error HeldLock::lost() const {
  return {Errc::lock_lost, Effect::refused,
          "lock " + base::quoted(name_, 64) + " is not held by this holder any more"};
}

Result<void> HeldLock::extend(std::optional<Millis> ttl, const CallOptions& call) {
  if (token_ == 0) return lost();
  const Instant asked = Clock::now();
  const Millis life = ttl.value_or(ttl_);
  const auto extended = store_.lock_extend(name_, owner_, life, call);
  if (!extended) return extended.error();
  if (!*extended) {
    ends_ = {};
    return lost();
  }
  ends_ = asked + life;
  return {};
}

Result<void> HeldLock::release(const CallOptions& call) noexcept {
  try {
    if (std::exchange(token_, 0) == 0) return lost();
    const auto released = store_.lock_release(name_, owner_, call);
    if (!released) return released.error();
    if (!*released) return lost();
    return {};
  } catch (const std::bad_alloc&) {
    return Error{Errc::out_of_memory, Effect::maybe_executed, {}};
  }
}

// ---- the lock -----------------------------------------------------------------------------------------

Lock::Lock(Store store, std::string name, LockOptions options)
    : store_(std::move(store)), name_(std::move(name)), options_(options) {}

Result<std::optional<HeldLock>> Lock::try_acquire(const CallOptions& call) const {
  return attempt(fresh_owner(), call).first;
}

Result<std::optional<HeldLock>> Lock::acquire(const CallOptions& call) const {
  const auto until = Clock::now() + options_.wait;
  const std::string owner = fresh_owner();
  base::Random random{base::system_entropy()};
  for (;;) {
    auto [held, left] = attempt(owner, call);
    if (!held || *held) return std::move(held);
    const auto patience = std::chrono::ceil<Millis>(until - Clock::now());
    if (patience <= Millis{0}) return std::move(held);
    std::this_thread::sleep_for(pause_before_next(left, patience, random));
  }
}

/// The lock, or none and what is left of the other's time.
std::pair<Result<std::optional<HeldLock>>, Millis> Lock::attempt(const std::string& owner,
                                                                 const CallOptions& call) const {
  const auto asked = Clock::now();
  const auto grant = store_.lock_acquire(name_, owner, options_.ttl, call);
  if (!grant) return {grant.error(), Millis{0}};
  if (!grant->taken()) return {std::optional<HeldLock>{}, grant->left};
  return {std::optional<HeldLock>{
              HeldLock{store_, name_, owner, grant->token, options_.ttl, asked + options_.ttl}},
          Millis{0}};
}

}  // namespace larder
