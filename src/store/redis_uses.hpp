// What each operation wants of its key, and what it is answered where nobody has the key.
#pragma once

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
inline constexpr Use kUse<ShareAcquire> = Use::hold;
template <>
inline constexpr Use kUse<ShareExtend> = Use::hold;
template <>
inline constexpr Use kUse<ShareRelease> = Use::hold;
template <>
inline constexpr Use kUse<AddOnce> = Use::hold;
template <>
inline constexpr Use kUse<Generations> = Use::hold;
template <>
inline constexpr Use kUse<BumpGeneration> = Use::hold;

/// The answer of a read whose key nobody has.
inline Result<std::optional<Bytes>> missing(const Get&) { return std::optional<Bytes>{}; }
inline Result<bool> missing(const Exists&) { return false; }
inline Result<Ttl> missing(const TimeToLive&) { return Ttl{}; }
inline Result<std::vector<std::optional<Bytes>>> missing(const GetMany& op) {
  return std::vector<std::optional<Bytes>>(op.keys.size());
}

}  // namespace larder::store
