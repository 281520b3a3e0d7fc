// What no store would take, refused once for all of them before any driver sees it.
#pragma once

#include <algorithm>
#include <optional>

#include "base/limits.hpp"
#include "base/side_key.hpp"
#include "store/operation.hpp"

namespace larder::store {

// Far enough for any cache, and near enough that "now + ttl" overflows no clock (64-bit nanoseconds
// end in 292 years).
inline constexpr Millis kTtlMax = std::chrono::years{100};

std::optional<Error> key_problem(std::string_view key);
std::optional<Error> value_problem(std::string_view key, std::string_view value);
std::optional<Error> ttl_problem(std::string_view key, Millis ttl);
std::optional<Error> options_problem(std::string_view key, const SetOptions& options);

std::optional<Error> id_problem(std::string_view key, std::string_view id);
/// The key that remembers an addition.
std::string once_key(std::string_view key, std::string_view id);

/// The first thing wrong with an operation's arguments, or nothing.
template <class Op>
std::optional<Error> problem(const Op& op) {
  if constexpr (requires { op.key; }) {
    if (auto bad = key_problem(op.key)) return bad;
    if constexpr (requires { op.value; }) {
      if (auto bad = value_problem(op.key, op.value)) return bad;
    }
    if constexpr (requires { op.options; }) {
      if (auto bad = options_problem(op.key, op.options)) return bad;
    }
    if constexpr (requires { op.ttl_if_new; }) {
      if (op.ttl_if_new) return ttl_problem(op.key, *op.ttl_if_new);
    }
  } else if constexpr (requires { op.keys; }) {
    for (const auto& key : op.keys) {
      if (auto bad = key_problem(key)) return bad;
    }
  }
  return std::nullopt;
}

/// An update that compares has no use for "only if absent".
template <>
std::optional<Error> problem(const CompareAndSet& op);
/// A deadline in the past is a word for "erase", so only one too far ahead is refused.
template <>
std::optional<Error> problem(const Expire& op);
template <>
std::optional<Error> problem(const AddDouble& op);
template <>
std::optional<Error> problem(const SetMany& op);
template <>
std::optional<Error> problem(const LeaseMiss& op);
template <>
std::optional<Error> problem(const Fill& op);
template <>
std::optional<Error> problem(const LockAcquire& op);
template <>
std::optional<Error> problem(const LockExtend& op);
template <>
std::optional<Error> problem(const LockRelease& op);
template <>
std::optional<Error> problem(const FencedSet& op);
template <>
std::optional<Error> problem(const LimitTake& op);
template <>
std::optional<Error> problem(const LimitTakeAll& op);
template <>
std::optional<Error> problem(const AddOnce& op);
template <>
std::optional<Error> problem(const ShareAcquire& op);
template <>
std::optional<Error> problem(const ShareExtend& op);
template <>
std::optional<Error> problem(const ShareRelease& op);
template <>
std::optional<Error> problem(const Generations& op);
template <>
std::optional<Error> problem(const BumpGeneration& op);
template <>
std::optional<Error> problem(const Scan& op);
template <>
std::optional<Error> problem(const Configure& op);

inline bool key_fits(std::string_view key) noexcept {
  return !key.empty() && key.size() <= base::limits::kKeyBytesMax;
}

// True: nothing is wrong, seen in a few instructions. False: problem() knows more.
template <class Op>
bool plainly_fine(const Op&) noexcept {
  return false;
}
inline bool plainly_fine(const Get& op) noexcept { return key_fits(op.key); }
inline bool plainly_fine(const GetMany& op) noexcept {
  return std::all_of(op.keys.begin(), op.keys.end(), key_fits);
}
inline bool plainly_fine(const SetOptions& options) noexcept {
  return !options.ttl ||
         (!options.keep_ttl && *options.ttl > Millis::zero() && *options.ttl <= kTtlMax);
}
inline bool plainly_fine(Millis ttl) noexcept { return ttl > Millis::zero() && ttl <= kTtlMax; }
inline bool owner_fits(std::string_view key, std::string_view owner) noexcept {
  return !key.empty() && key.size() + base::kSideKeyBytes <= base::limits::kKeyBytesMax &&
         !owner.empty() && owner.size() <= base::limits::kOwnerBytesMax;
}
inline bool plainly_fine(const LockAcquire& op) noexcept {
  return owner_fits(op.key, op.owner) && plainly_fine(op.ttl);
}
inline bool plainly_fine(const LockExtend& op) noexcept {
  return owner_fits(op.key, op.owner) && plainly_fine(op.ttl);
}
inline bool plainly_fine(const LockRelease& op) noexcept { return owner_fits(op.key, op.owner); }
/// Of the common algorithms.
inline bool plainly_fine(const LimitTake& op) noexcept {
  const Limit& limit = op.limit;
  return key_fits(op.key) && limit.max <= base::limits::kLimitMax && limit.burst == 0 &&
         limit.algorithm != Algorithm::sliding_log && op.count >= 1 && op.count <= limit.max &&
         limit.window > Millis::zero() && limit.window <= base::limits::kLimitWindowMax;
}
inline bool plainly_fine(const Set& op) noexcept {
  return key_fits(op.key) && op.value.size() <= base::limits::kValueBytesMax &&
         plainly_fine(op.options);
}

}  // namespace larder::store
