// Limiter: how much each key may take in a window of time, counted in the store for all who share it.
#pragma once

#include <larder/detail/full_key.hpp>
#include <larder/grants.hpp>
#include <larder/key.hpp>
#include <larder/store.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace larder {

namespace coord {
class Batches;
class Outages;
class World;
}  // namespace coord

/// What a limiter allows. Algorithm says what each does; docs/coordination.md has a table of them.
class Rate {
 public:
  /// `max` in any `window`, which slides along; see Limit for units and for how exact it is.
  static Rate sliding_window(std::uint32_t max, Millis window) noexcept {
    return Rate{{max, window, Algorithm::sliding_window, 0}};
  }
  /// `max` in each window of the store's clock: the cheapest to understand, and up to twice `max` around a boundary.
  static Rate fixed_window(std::uint32_t max, Millis window) noexcept {
    return Rate{{max, window, Algorithm::fixed_window, 0}};
  }
  /// Never more than `max` in any window, wherever it begins. For small limits: at most 10,000.
  static Rate sliding_log(std::uint32_t max, Millis window) noexcept {
    return Rate{{max, window, Algorithm::sliding_log, 0}};
  }
  /// `burst` at once (0: as many as `max`), and then `max` for each `window`, evenly.
  static Rate token_bucket(std::uint32_t max, Millis window, std::uint32_t burst = 0) noexcept {
    return Rate{{max, window, Algorithm::token_bucket, burst}};
  }
  const Limit& limit() const noexcept { return limit_; }

 private:
  explicit Rate(const Limit& limit) noexcept : limit_(limit) {}
  Limit limit_;
};

/// What a limiter answers while its store is out of reach: `timeout`, `disconnected`, `unreachable`, `overloaded`, `io`.
enum class Outage : std::uint8_t {
  report,          ///< The store's error.
  fail_open,       ///< Allowed.
  fail_closed,     ///< Denied, to be tried again after LimiterOptions::retry_every.
  local_estimate,  ///< What this process alone counts, from nothing at the outage's beginning.
};

struct LimiterOptions {
  Outage outage = Outage::report;
  /// Of the limit, what this process may give in an outage with `local_estimate`: 1 / processes keeps the sum below the
  /// limit, 1 never denies what the store would have allowed. What was taken before the outage comes on top.
  double local_share = 1.0;
  /// How long after a failure the store is left in peace; meanwhile every answer is the policy's, without waiting.
  Millis retry_every{250};
  /// For keys that many ask for: this process takes up to so many from the store at once, and gives them out without a
  /// round trip until the window ends. It begins with one and doubles while all of them are used. 1: none ahead.
  ///
  /// Bound    Windows: never above the limit; of each, this process lets at most batch - 1 go to waste, and fewer than it
  ///          used. Token bucket: above the limit by at most batch - 1 for each process, in any time. After a reset(), or
  ///          when a server's clock is set, each process may give out what it has. A sliding log has no batches.
  std::uint32_t batch = 1;
};

/// Limits by key: client, address, tenant. Nothing is configured in the store, the rate travels with each call.
///
/// A denied request is an answer, not an error, and takes nothing. Time is the store's.
///
/// Errors   `bad_argument`: an empty key, or a rate or count out of range. Those of the Store where it answers, and where
///          it does not under Outage::report. `wrong_type` where the entry holds something else.
/// Threads  Safe from any thread. Callers in different processes share one limit.
/// Cost     One round trip; none when the store is in process, or what is asked for was taken ahead (LimiterOptions::batch).
class Limiter {
 public:
  /// Throws Failure (`bad_argument`) on a space that leaves no room for keys, a share that is not above 0 and at most 1, or
  /// a batch that is 0, more than can be taken at once, or of a sliding log.
  Limiter(Store store, std::string space, Rate rate, const LimiterOptions& options = {});
  /// For tests: time is handed in.
  Limiter(Store store, std::string space, Rate rate, const LimiterOptions& options,
          coord::World& world);

  /// Takes `count`, all or nothing.
  Result<Decision> allow(const Key& key, std::uint32_t count = 1,
                         const CallOptions& call = {}) const;
  /// What allow would answer; takes nothing. With batches: what the store has left, and this process.
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
  Task<Result<std::uint32_t>> async_remaining(const Key& key, CallOptions call = {}) const;
  Task<Result<bool>> async_reset(const Key& key, CallOptions call = {}) const;

  const Rate& rate() const noexcept { return rate_; }
  std::string_view space() const noexcept { return space_.name(); }

 private:
  friend struct LimitedCall;
  Result<Decision> ask(const Key& key, std::uint32_t count, bool peek,
                       const CallOptions& call) const;
  Result<Decision> ask_store(std::string_view full_key, std::uint32_t size, std::uint32_t count,
                             bool peek, const CallOptions& call) const;
  Result<Decision> ask_ahead(std::string_view full_key, std::uint32_t count,
                             const CallOptions& call) const;

  Store store_;
  detail::Space space_;
  Rate rate_;
  std::shared_ptr<coord::Outages> outages_;  ///< None: outages are reported.
  std::shared_ptr<coord::Batches> batches_;  ///< None: nothing is taken ahead.
};

/// One of the limits that a request has to pass.
struct Passing {
  const Limiter& limiter;
  Key key;
  std::uint32_t count = 1;
};

/// What many limits answer to one request.
struct ManyDecision {
  bool allowed = false;
  std::optional<std::size_t>
      denied_by;  ///< Of those that denied, the one that will do so longest: its place in the list.
  Millis retry_after{0};       ///< Until none of them would deny; 0: now.
  std::vector<Decision> each;  ///< Where all allow, after the take; else as they are.
};

/// Takes of all of these limits if all allow it, else of none. They share one Store, and what was taken ahead does not
/// count; on a Redis Cluster their keys must
/// share a slot (a hash tag: "{tenant7}:ada").
///
/// Errors   As Limiter's; `bad_argument` for limiters of several stores, no limit at all, more than 64, or a key twice.
/// Cost     One round trip, however many.
Result<ManyDecision> allow_all(std::span<const Passing> limits, const CallOptions& call = {});
inline Result<ManyDecision> allow_all(std::initializer_list<Passing> limits,
                                      const CallOptions& call = {}) {
  return allow_all(std::span<const Passing>(limits.begin(), limits.size()), call);
}

/// The same as a coroutine; the list and the limiters are needed until it returns, not until it is over.
Task<Result<ManyDecision>> async_allow_all(std::span<const Passing> limits, CallOptions call = {});
Task<Result<ManyDecision>> async_allow_all(std::initializer_list<Passing> limits,
                                           CallOptions call = {});

/// What HTTP says of a decision: 200, or 429 Too Many Requests.
inline int http_status(const Decision& decision) noexcept { return decision.allowed ? 200 : 429; }
/// The headers of an answer to a limited request, by name and value: RateLimit-Limit, -Remaining, -Reset and -Policy, and
/// Retry-After where it was denied. Times in seconds, rounded up.
/// Source   draft-ietf-httpapi-ratelimit-headers-06; RFC 9110, 10.2.3.
std::vector<std::pair<std::string, std::string>> rate_limit_headers(const Rate& rate,
                                                                    const Decision& decision);

}  // namespace larder
