// What each operation wants of its key, whether it may be asked twice, and how it travels.
#pragma once

#include "redis/slots.hpp"
#include "store/operation.hpp"
#include "store/redis/step_wire.hpp"
#include "store/redis/wire.hpp"
#include "store/servers/topology.hpp"

namespace larder::store {

template <class Op, class... Others>
inline constexpr bool kIsOneOf = (std::is_same_v<Op, Others> || ...);

template <class Op>
inline constexpr Use kUse =
    kIsOneOf<Op, Get, Exists, TimeToLive, GetMany> ? Use::read
    : kIsOneOf<Op, LockAcquire, LockExtend, LockRelease, FencedSet, LimitTake, LimitTakeAll,
               AddOnce, ShareAcquire, ShareExtend, ShareRelease, Generations, BumpGeneration>
        ? Use::hold
        : Use::write;

/// Asking twice tells and changes no more than asking once, whoever writes in between.
template <class Op>
inline constexpr bool kRepeatable = kIsOneOf<Op, Get, Exists, TimeToLive, GetMany, AddOnce,
                                             Generations, Scan, Size, Ping, Configure, Info>;

/// How an operation travels.
template <class Op>
using Wire = std::conditional_t<
    std::is_same_v<Op, CompareAndSet>, CompareAndSetWire,
    std::conditional_t<kIsOneOf<Op, Erase, EraseMany, Expire>, EraseWire<Op>,
                       std::conditional_t<kIsOneOf<Op, AddInteger, AddDouble>, SumWire<Op>,
                                          std::conditional_t<kUse<Op> == Use::hold ||
                                                                 kIsOneOf<Op, LeaseMiss, Fill>,
                                                             StepWire<Op>, PlainWire<Op>>>>>;

/// The key that leads an operation to its one server. Operations without are for several.
template <class Op>
requires requires(const Op& op) { op.key; }
std::string_view leading_key(const Op& op) { return op.key; }
inline std::string_view leading_key(const LimitTakeAll& op) { return op.asks.front().key; }

/// Keys of one step that its server does not all have.
template <class Op>
std::optional<Error> scattered(const Op&, Topology&) {
  return std::nullopt;
}
inline std::optional<Error> scattered(const LimitTakeAll& op, Topology& topology) {
  const std::string_view first = op.asks.front().key;
  const auto place = topology.place(first, Use::hold);
  if (!place) return place.error();
  for (const LimitAsk& ask : op.asks.subspan(1)) {
    const auto other = topology.place(ask.key, Use::hold);
    if (!other) return other.error();
    const bool same_slot = redis::slot_of(first) == redis::slot_of(ask.key);
    if (other->node == place->node && (same_slot || !topology.splits_by_key())) continue;
    return Error{Errc::cross_slot, Effect::not_sent,
                 std::string(first) + " and " + std::string(ask.key) +
                     " do not live together; the same {tag} in both names brings them together"};
  }
  return std::nullopt;
}

}  // namespace larder::store
