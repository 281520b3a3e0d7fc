// The limits of leases, locks, limits and generations. The server's native commands have the same, in its own words.
#include "base/side_key.hpp"
#include "base/text.hpp"
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

}  // namespace

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
  const auto& [max, window] = op.limit;
  if (max < 1 || max > limits::kLimitMax) {
    return bad_argument(op.key, "a limit of " + std::to_string(max) + "; it must be 1 to " +
                                    std::to_string(limits::kLimitMax));
  }
  if (window < Millis{1} || window > limits::kLimitWindowMax)
    return bad_argument(op.key, "a window of " + std::to_string(window.count()) +
                                    " ms; it must be 1 ms to 366 days");
  if (op.count >= 1 && op.count <= max) return std::nullopt;
  return bad_argument(op.key, "a take of " + std::to_string(op.count) + " from a limit of " +
                                  std::to_string(max) + "; it must be 1 to that");
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
