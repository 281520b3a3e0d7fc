// What each operation wants of its key, and what it is answered where nobody has the key.
#pragma once

#include "redis/slots.hpp"
#include "store/operation.hpp"
#include "store/redis_topology.hpp"

namespace larder::store {

template <class Op>
inline constexpr Use kUse = Use::write;

template <>
inline constexpr Use kUse<Get> = Use::read;
template <>
inline constexpr Use kUse<Exists> = Use::read;
template <>
inline constexpr Use kUse<TimeToLive> = Use::read;
template <>
inline constexpr Use kUse<GetMany> = Use::read;

template <>
inline constexpr Use kUse<LockAcquire> = Use::hold;
template <>
inline constexpr Use kUse<LockExtend> = Use::hold;
template <>
inline constexpr Use kUse<LockRelease> = Use::hold;
template <>
inline constexpr Use kUse<FencedSet> = Use::hold;
template <>
inline constexpr Use kUse<LimitTake> = Use::hold;
template <>
inline constexpr Use kUse<LimitTakeAll> = Use::hold;
template <>
inline constexpr Use kUse<AddOnce> = Use::hold;
template <>
inline constexpr Use kUse<ShareAcquire> = Use::hold;
template <>
inline constexpr Use kUse<ShareExtend> = Use::hold;
template <>
inline constexpr Use kUse<ShareRelease> = Use::hold;
template <>
inline constexpr Use kUse<Generations> = Use::hold;
template <>
inline constexpr Use kUse<BumpGeneration> = Use::hold;

/// The key that leads an operation to its one server. Operations without are for several.
template <class Op>
requires requires(const Op& op) { op.key; }
std::string_view leading_key(const Op& op) { return op.key; }
inline std::string_view leading_key(const LimitTakeAll& op) { return op.asks.front().key; }

/// Keys of one step that its server does not all have.
template <class Op>
std::optional<Error> scattered(const Op&, const Place&, Topology&) {
  return std::nullopt;
}
inline std::optional<Error> scattered(const LimitTakeAll& op, const Place& place,
                                      Topology& topology) {
  const std::string_view first = op.asks.front().key;
  for (const LimitAsk& ask : op.asks.subspan(1)) {
    const auto other = topology.place(ask.key, Use::hold);
    if (!other) return other.error();
    const bool same_slot = redis::slot_of(first) == redis::slot_of(ask.key);
    if (other->node == place.node && (same_slot || !topology.splits_by_key())) continue;
    return Error{Errc::cross_slot, Effect::not_sent,
                 std::string(first) + " and " + std::string(ask.key) +
                     " do not live together; the same {tag} in both names brings them together"};
  }
  return std::nullopt;
}

/// The answer of a read whose key nobody has.
inline Result<std::optional<Bytes>> missing(const Get&) { return std::optional<Bytes>{}; }
inline Result<bool> missing(const Exists&) { return false; }
inline Result<Ttl> missing(const TimeToLive&) { return Ttl{}; }
inline Result<std::vector<std::optional<Bytes>>> missing(const GetMany& op) {
  return std::vector<std::optional<Bytes>>(op.keys.size());
}

}  // namespace larder::store
