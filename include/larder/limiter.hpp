// Limiter: how much each key may take in a window of time, counted in the store for all who share it.
#pragma once

#include <larder/detail/full_key.hpp>
#include <larder/grants.hpp>
#include <larder/key.hpp>
#include <larder/store.hpp>

#include <cstdint>
#include <string>

namespace larder {

/// What a limiter allows.
class Rate {
 public:
  /// `max` in any `window`, which slides along; see Limit for units and for how exact it is.
  static Rate sliding_window(std::uint32_t max, Millis window) noexcept {
    return Rate{{max, window}};
  }
  const Limit& limit() const noexcept { return limit_; }

 private:
  explicit Rate(const Limit& limit) noexcept : limit_(limit) {}
  Limit limit_;
};

/// Limits by key: client, address, tenant. Nothing is configured in the store, the rate travels with each call.
///
/// A denied request is an answer, not an error, and takes nothing. Time is the store's.
///
/// Errors   `bad_argument`: an empty key, or a rate or count out of range. Those of the Store; what to do while it is out of reach is the caller's to say.
///          `wrong_type` where the entry holds something else.
/// Threads  Safe from any thread. Callers in different processes share one limit.
/// Cost     One round trip; none when the store is in process.
class Limiter {
 public:
  /// Throws Failure (`bad_argument`) on a space that leaves no room for keys.
  Limiter(Store store, std::string space, Rate rate);

  /// Takes `count`, all or nothing.
  Result<Decision> allow(const Key& key, std::uint32_t count = 1,
                         const CallOptions& call = {}) const;
  /// What allow would answer; takes nothing.
  Result<Decision> peek(const Key& key, std::uint32_t count = 1,
                        const CallOptions& call = {}) const;
  /// How many more would be allowed now; takes nothing.
  Result<std::uint32_t> remaining(const Key& key, const CallOptions& call = {}) const;
  /// Forgets what was taken. True: there was something to forget.
  Result<bool> reset(const Key& key, const CallOptions& call = {}) const;

  // The same as coroutines: they resume on the caller's executor.
  Task<Result<Decision>> async_allow(const Key& key, std::uint32_t count = 1,
                                     CallOptions call = {}) const;
  Task<Result<Decision>> async_peek(const Key& key, std::uint32_t count = 1,
                                    CallOptions call = {}) const;
  Task<Result<bool>> async_reset(const Key& key, CallOptions call = {}) const;

 private:
  Store store_;
  detail::Space space_;
  Rate rate_;
};

}  // namespace larder
