// The limits of leases, locks, limits and generations. The server's native commands have the same, in its own words.
#include <algorithm>

#include "base/side_key.hpp"
#include "base/text.hpp"
#include "node/limits.hpp"
#include "store/check.hpp"

namespace larder::store {
namespace {

namespace limits = base::limits;

Error bad_argument(std::string_view key, const std::string& detail) {
  return {Errc::bad_argument, Effect::not_sent, "key " + base::quoted(key, 64) + ": " + detail};
}

/// Of a key that has a side key: both must fit.
std::optional<Error> name_problem(std::string_view key) {
  if (auto bad = key_problem(key)) return bad;
  if (key.size() + base::kSideKeyBytes <= limits::kKeyBytesMax) return std::nullopt;
  return Error{Errc::too_large, Effect::not_sent,
               "key " + base::quoted(key, 64) + " leaves no room for its side key; the most is " +
                   std::to_string(limits::kKeyBytesMax - base::kSideKeyBytes) + " bytes"};
}

std::optional<Error> token_problem(std::string_view key, std::uint64_t token) {
  if (token != 0 && token <= limits::kTokenMax) return std::nullopt;
  return bad_argument(key, "token " + std::to_string(token) + "; it must be 1 to " +
                               std::to_string(limits::kTokenMax));
}

std::optional<Error> owner_problem(std::string_view key, std::string_view owner) {
  if (auto bad = name_problem(key)) return bad;
  if (!owner.empty() && owner.size() <= limits::kOwnerBytesMax) return std::nullopt;
  return bad_argument(key, "an owner of " + std::to_string(owner.size()) +
                               " bytes; it must have 1 to " +
                               std::to_string(limits::kOwnerBytesMax));
}

std::optional<Error> limit_problem(std::string_view key, const Limit& limit, std::uint32_t count) {
  const bool log = limit.algorithm == Algorithm::sliding_log;
  const std::uint32_t most = log ? limits::kLogLimitMax : limits::kLimitMax;
  if (limit.max < 1 || limit.max > most) {
    return bad_argument(key, "a limit of " + std::to_string(limit.max) + "; it must be 1 to " +
                                 std::to_string(most) + (log ? " where each take is kept" : ""));
  }
  if (limit.window < Millis{1} || limit.window > limits::kLimitWindowMax)
    return bad_argument(key, "a window of " + std::to_string(limit.window.count()) +
                                 " ms; it must be 1 ms to 366 days");
  if (limit.burst > limits::kLimitMax)
    return bad_argument(key, "a burst of " + std::to_string(limit.burst) + "; the most is " +
                                 std::to_string(limits::kLimitMax));
  const std::uint32_t capacity = node::capacity_of(limit);
  if (count >= 1 && count <= capacity) return std::nullopt;
  return bad_argument(key, "a take of " + std::to_string(count) + " from a limit of " +
                               std::to_string(capacity) + "; it must be 1 to that");
}

}  // namespace

std::optional<Error> id_problem(std::string_view key, std::string_view id) {
  if (auto bad = name_problem(key)) return bad;
  if (!id.empty() && id.size() <= limits::kOwnerBytesMax) return std::nullopt;
  return bad_argument(key, "an id of " + std::to_string(id.size()) + " bytes; it must have 1 to " +
                               std::to_string(limits::kOwnerBytesMax));
}

std::string once_key(std::string_view key, std::string_view id) {
  std::string name = base::side_key(key, base::kOnceTag);
  return name.append(":").append(id);
}

template <>
std::optional<Error> problem(const LeaseMiss& op) {
  if (auto bad = name_problem(op.key)) return bad;
  if (auto bad = ttl_problem(op.key, op.ttl)) return bad;
  if (op.ttl <= limits::kLeaseTimeMax) return std::nullopt;
  return bad_argument(op.key, "a lease of " + std::to_string(op.ttl.count()) + " ms; the most is " +
                                  std::to_string(limits::kLeaseTimeMax.count()));
}

template <>
std::optional<Error> problem(const Fill& op) {
  if (auto bad = name_problem(op.key)) return bad;
  if (auto bad = value_problem(op.key, op.value)) return bad;
  if (auto bad = token_problem(op.key, op.token)) return bad;
  return op.ttl ? ttl_problem(op.key, *op.ttl) : std::nullopt;
}

template <>
std::optional<Error> problem(const LockAcquire& op) {
  if (auto bad = owner_problem(op.key, op.owner)) return bad;
  return ttl_problem(op.key, op.ttl);
}

template <>
std::optional<Error> problem(const LockExtend& op) {
  if (auto bad = owner_problem(op.key, op.owner)) return bad;
  return ttl_problem(op.key, op.ttl);
}

template <>
std::optional<Error> problem(const LockRelease& op) {
  return owner_problem(op.key, op.owner);
}

template <>
std::optional<Error> problem(const FencedSet& op) {
  if (auto bad = name_problem(op.key)) return bad;
  if (auto bad = value_problem(op.key, op.value)) return bad;
  if (auto bad = token_problem(op.key, op.token)) return bad;
  if (op.options.condition != SetIf::always)
    return bad_argument(op.key, "fenced_set has no other condition than its token");
  return options_problem(op.key, op.options);
}

template <>
std::optional<Error> problem(const LimitTake& op) {
  if (auto bad = key_problem(op.key)) return bad;
  return limit_problem(op.key, op.limit, op.count);
}

template <>
std::optional<Error> problem(const LimitTakeAll& op) {
  if (op.asks.empty() || op.asks.size() > limits::kLimitsAtOnceMax) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 std::to_string(op.asks.size()) + " limits at once; there must be 1 to " +
                     std::to_string(limits::kLimitsAtOnceMax)};
  }
  for (auto ask = op.asks.begin(); ask != op.asks.end(); ++ask) {
    if (auto bad = key_problem(ask->key)) return bad;
    if (auto bad = limit_problem(ask->key, ask->limit, ask->count)) return bad;
    const auto same = [&](const LimitAsk& other) { return other.key == ask->key; };
    if (std::any_of(op.asks.begin(), ask, same))
      return bad_argument(ask->key, "asked for twice in one call; ask once for the sum");
  }
  return std::nullopt;
}

template <>
std::optional<Error> problem(const AddOnce& op) {
  if (auto bad = key_problem(op.key)) return bad;
  if (auto bad = key_problem(op.once)) return bad;
  if (op.key == op.once) return bad_argument(op.key, "cannot remember its own additions");
  if (auto bad = ttl_problem(op.key, op.remember)) return bad;
  if (op.remember > limits::kOnceTimeMax)
    return bad_argument(op.key, "remembered for more than 30 days");
  return op.ttl_if_new ? ttl_problem(op.key, *op.ttl_if_new) : std::nullopt;
}

template <>
std::optional<Error> problem(const ShareAcquire& op) {
  if (auto bad = owner_problem(op.key, op.owner)) return bad;
  if (auto bad = ttl_problem(op.key, op.ttl)) return bad;
  const auto& [weight, capacity] = op.share;
  if (weight >= 1 && weight <= capacity && capacity <= limits::kSharesMax) return std::nullopt;
  return bad_argument(
      op.key, "a share of " + std::to_string(weight) + " in " + std::to_string(capacity) +
                  "; it must be 1 to that, and that at most " + std::to_string(limits::kSharesMax));
}

template <>
std::optional<Error> problem(const ShareExtend& op) {
  if (auto bad = owner_problem(op.key, op.owner)) return bad;
  return ttl_problem(op.key, op.ttl);
}

template <>
std::optional<Error> problem(const ShareRelease& op) {
  return owner_problem(op.key, op.owner);
}

template <>
std::optional<Error> problem(const Generations& op) {
  if (op.keys.size() > limits::kGenerationsMax) {
    return Error{Errc::bad_argument, Effect::not_sent,
                 std::to_string(op.keys.size()) + " tags at once; the most is " +
                     std::to_string(limits::kGenerationsMax)};
  }
  for (const auto& key : op.keys) {
    if (auto bad = name_problem(key)) return bad;
  }
  return std::nullopt;
}

template <>
std::optional<Error> problem(const BumpGeneration& op) {
  return name_problem(op.key);
}

}  // namespace larder::store
