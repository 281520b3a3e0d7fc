// What a Store grants: leases, locks and shares of a limit. Values only; the operations are Store's.
#pragma once

#include <larder/bytes.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

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

/// How a limit is counted; docs/coordination.md compares them.
enum class Algorithm : std::uint8_t {
  sliding_window,  ///< Two numbers, the window before weighed by what is left of it: exact where requests come evenly; in
  ///< a window that begins with a burst at the end of one of the clock's, up to twice `max`.
  fixed_window,  ///< One number for each window of the clock: around a boundary up to twice `max`.
  sliding_log,  ///< Every take: never above `max`, in any window. Room and time grow with `max`, at most 10,000.
  token_bucket,  ///< `burst` at once, and `max` for each window flow back evenly (GCRA).
};

/// `max` for each `window`: a limit travels with the call, no store keeps a configuration of it.
///
/// Units    `max` 1 to 100,000,000; `window` 1 ms to 366 days; `burst` as `max`, 0 for as much as `max`.
struct Limit {
  std::uint32_t max = 0;
  std::chrono::milliseconds window{0};
  Algorithm algorithm = Algorithm::sliding_window;
  std::uint32_t burst = 0;  ///< Of a token bucket only.
};

/// One of several limits that must all allow a request.
struct LimitAsk {
  std::string_view key;
  Limit limit;
  std::uint32_t count = 1;
};

/// A part of what a name has to give: a semaphore's permits, or one of the readers of a lock.
///
/// Units    Both 1 to 1,024, `weight` at most `capacity`, which is the same for all who ask for the name.
struct Share {
  std::uint32_t weight = 1;
  std::uint32_t capacity = 1;
};

/// What became of an addition that counts once.
struct Counted {
  std::int64_t sum = 0;  ///< As it was after the addition, however long ago that was.
  bool counted = false;  ///< False: an earlier call with the same id has counted.
  friend bool operator==(const Counted&, const Counted&) = default;
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
  bool estimated = false;  ///< The store did not answer: what LimiterOptions::outage says.
  friend bool operator==(const Decision&, const Decision&) = default;
};

}  // namespace larder
