// The closed list of what every store can do, one struct an operation: its arguments as views, its
// answer as a type.
//
// Adding an operation: a struct here, its name in `Operations`, its limits in check.hpp, and one row in
// each driver: local_driver (a visit to the node) and redis_wire (what is written, how replies are read).
// The compiler names the driver that lacks it.
#pragma once

#include <larder/store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace larder::store {

struct Get {
  using Answer = std::optional<Bytes>;
  std::string_view key;
  bool may_be_stale = false;  ///< A replica will do, where the URL says so; in all that have it.
};

struct Set {
  using Answer = bool;
  std::string_view key, value;
  SetOptions options;
};

struct CompareAndSet {
  using Answer = bool;
  std::string_view key, expected, value;
  SetOptions options;
};

struct Erase {
  using Answer = bool;
  std::string_view key;
};

struct Exists {
  using Answer = bool;
  std::string_view key;
  bool may_be_stale = false;
};

struct Expire {
  using Answer = bool;
  std::string_view key;
  std::optional<Millis> ttl;
};

struct TimeToLive {
  using Answer = Ttl;
  std::string_view key;
  bool may_be_stale = false;
};

struct AddInteger {
  using Answer = std::int64_t;
  std::string_view key;
  std::int64_t delta;
  std::optional<Millis> ttl_if_new;
};

struct AddDouble {
  using Answer = double;
  std::string_view key;
  double delta;
  std::optional<Millis> ttl_if_new;
};

/// Where each key's failure goes, if not all keys share it; as many as keys once one has failed. The call succeeds then.
using FailureOfEach = std::vector<std::optional<Error>>;

struct GetMany {
  using Answer = std::vector<std::optional<Bytes>>;
  std::span<const std::string_view> keys;
  FailureOfEach* each = nullptr;
  bool may_be_stale = false;
};

struct SetMany {
  using Answer = void;
  std::span<const KeyValue> entries;
  SetOptions options;
  FailureOfEach* each = nullptr;
};

struct EraseMany {
  using Answer = std::size_t;
  std::span<const std::string_view> keys;
};

struct LeaseMiss {
  using Answer = Lease;
  std::string_view key;
  Millis ttl;
};

struct Fill {
  using Answer = bool;
  std::string_view key, value;
  std::uint64_t token;
  std::optional<Millis> ttl;
};

struct LockAcquire {
  using Answer = LockGrant;
  std::string_view key, owner;
  Millis ttl;
};

struct LockExtend {
  using Answer = bool;
  std::string_view key, owner;
  Millis ttl;
};

struct LockRelease {
  using Answer = bool;
  std::string_view key, owner;
};

struct FencedSet {
  using Answer = bool;
  std::string_view key, value;
  std::uint64_t token;
  SetOptions options;
};

struct LimitTake {
  using Answer = Decision;
  std::string_view key;
  Limit limit;
  std::uint32_t count;
  bool peek = false;
};

/// All of them or none.
struct LimitTakeAll {
  using Answer = std::vector<Decision>;
  std::span<const LimitAsk> asks;
  bool peek = false;
};

/// `once` is the key that remembers it.
struct AddOnce {
  using Answer = Counted;
  std::string_view key, once;
  std::int64_t delta;
  Millis remember;
  std::optional<Millis> ttl_if_new;
};

struct ShareAcquire {
  using Answer = LockGrant;
  std::string_view key, owner;
  Millis ttl;
  Share share;
};

struct ShareExtend {
  using Answer = bool;
  std::string_view key, owner;
  Millis ttl;
};

struct ShareRelease {
  using Answer = bool;
  std::string_view key, owner;
};

struct Generations {
  using Answer = std::vector<std::uint64_t>;
  std::span<const std::string_view> keys;
};

struct BumpGeneration {
  using Answer = std::uint64_t;
  std::string_view key;
};

struct Scan {
  using Answer = ScanPage;
  std::uint64_t cursor;
  std::string_view match;
  std::size_t count;
};

struct Size {
  using Answer = std::size_t;
};

struct Flush {
  using Answer = void;
};

struct Ping {
  using Answer = void;
};

struct Configure {
  using Answer = void;
  std::string_view name, value;
};

struct Info {
  using Answer = std::string;
};

template <class... Op>
struct OperationList {};

using Operations =
    OperationList<Get, Set, CompareAndSet, Erase, Exists, Expire, TimeToLive, AddInteger, AddDouble,
                  GetMany, SetMany, EraseMany, LeaseMiss, Fill, LockAcquire, LockExtend,
                  LockRelease, FencedSet, LimitTake, LimitTakeAll, AddOnce, ShareAcquire,
                  ShareExtend, ShareRelease, Generations, BumpGeneration, Scan, Size, Flush, Ping,
                  Configure, Info>;

}  // namespace larder::store
