// What a Store grants: leases, locks and shares of a limit. Values only; the operations are Store's.
#pragma once

#include <larder/bytes.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace larder {

/// What became of a look at a key that may have to be filled.
struct Lease {
  std::optional<Bytes> value;  ///< There is one: nothing to fill.
  std::uint64_t token =
      0;  ///< Not 0: the caller, and nobody else, may fill the miss with this token.
  std::chrono::milliseconds left{
      0};  ///< How long the token holds; with neither value nor token: somebody else's.

  bool granted() const noexcept { return token != 0; }
};

/// What became of an attempt to take a lock.
struct LockGrant {
  std::uint64_t token = 0;  ///< Not 0: taken. Greater than every token given for this key before.
  std::chrono::milliseconds left{
      0};  ///< Until it ends by itself; of another's lock too (0: nobody can tell).

  bool taken() const noexcept { return token != 0; }
};

/// The right to write of one who holds a lock: refused where a greater token has written before.
///
/// Units    `token` 1 to 2^53; 0 is that of a lock which is not held.
struct Guard {
  std::uint64_t token = 0;
};

/// `max` for each `window` that slides along: a limit travels with the call, no store keeps a configuration of it.
/// Counted by two numbers: exact where requests come evenly, and after a burst at the end of one window of the clock
/// up to twice `max` in a window that begins with the burst (docs/native-commands.md).
///
/// Units    `max` 1 to 100,000,000; `window` 1 ms to 366 days.
struct Limit {
  std::uint32_t max = 0;
  std::chrono::milliseconds window{0};
};

/// A limiter's answer.
///
/// Units    Milliseconds, rounded up. They hold if nobody else takes meanwhile.
struct Decision {
  bool allowed = false;
  std::uint32_t remaining = 0;  ///< How many more would be allowed now.
  std::chrono::milliseconds retry_after{
      0};  ///< Until as many as were asked for would be allowed; 0: now.
  std::chrono::milliseconds reset_after{0};  ///< Until nothing is remembered any more.
  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace larder
