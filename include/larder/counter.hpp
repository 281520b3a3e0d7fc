// Counter: numbers under `space:key` in any Store, added to atomically. Plain text, so that any
// client's INCR works on them.
#pragma once

#include <larder/detail/full_key.hpp>
#include <larder/key.hpp>
#include <larder/store.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder {

/// What one addition may say for itself.
struct CountOptions {
  std::optional<Millis> ttl_if_new = std::nullopt;  ///< Set only if this call made the counter.
  Millis deadline{0};                               ///< As in CallOptions.
};

/// What an addition that counts once may say for itself.
struct OnceOptions {
  Millis remember{
      std::chrono::hours{24}};  ///< For how long a repetition is known as one, up to 30 days.
  std::optional<Millis> ttl_if_new = std::nullopt;  ///< As in CountOptions.
  Millis deadline{0};
};

/// Counters by key; one that does not exist counts as 0. Copy the handle freely.
///
/// Errors   Those of the Store. `not_a_number` if the entry holds something else; `overflow` if the
///          sum leaves the number's range: the counter is then as before (a double on a Redis server is not, and the
///          error says `maybe_executed`). A failed addition is never sent twice: `maybe_executed` means that it may count.
/// Threads  Safe from any thread. Callers in different processes share one count.
/// Cost     One round trip; none when the store is in process.
template <class Number>
class BasicCounter {
 public:
  /// Throws Failure (`bad_argument`) on a space that leaves no room for keys.
  BasicCounter(Store store, std::string space);

  /// Adds and answers the sum. A deadline that the counter has stays as it is.
  Result<Number> add(const Key& key, Number delta, const CountOptions& options = {}) const;
  Result<Number> incr(const Key& key, Number by = 1, const CountOptions& options = {}) const {
    return add(key, by, options);
  }
  Result<Number> decr(const Key& key, Number by = 1, const CountOptions& options = {}) const;
  /// Adds unless a call with the same `id` (1 to 256 bytes: a request's, a message's) has done so for this key, and
  /// answers the sum that the first of them made. May be repeated after any error, by whomever, and still counts once; a
  /// lost connection is repeated here until the deadline. An id that was evicted or forgotten counts again.
  Result<Counted> add_once(
      const Key& key, std::string_view id, std::int64_t delta,
      const OnceOptions& options = {}) const requires std::same_as<Number, std::int64_t>;
  Result<Counted> incr_once(
      const Key& key, std::string_view id, std::int64_t by = 1,
      const OnceOptions& options = {}) const requires std::same_as<Number, std::int64_t> {
    return add_once(key, id, by, options);
  }
  Result<Number> get(const Key& key, const CallOptions& call = {}) const;
  /// Back to 0, by erasing it. True if there was something to erase.
  Result<bool> reset(const Key& key, const CallOptions& call = {}) const;
  /// Missing, persistent, or how long remains.
  Result<Ttl> ttl(const Key& key, const CallOptions& call = {}) const;

  // The same as coroutines: they resume on the caller's executor.
  Task<Result<Number>> async_add(const Key& key, Number delta, CountOptions options = {}) const;
  Task<Result<Number>> async_incr(const Key& key, Number by = 1, CountOptions options = {}) const;
  Task<Result<Number>> async_decr(const Key& key, Number by = 1, CountOptions options = {}) const;
  Task<Result<Counted>> async_add_once(
      const Key& key, std::string id, std::int64_t delta,
      OnceOptions options = {}) const requires std::same_as<Number, std::int64_t>;
  Task<Result<Counted>> async_incr_once(
      const Key& key, std::string id, std::int64_t by = 1,
      OnceOptions options = {}) const requires std::same_as<Number, std::int64_t>;
  Task<Result<Number>> async_get(const Key& key, CallOptions call = {}) const;
  Task<Result<bool>> async_reset(const Key& key, CallOptions call = {}) const;
  Task<Result<Ttl>> async_ttl(const Key& key, CallOptions call = {}) const;

 private:
  Store store_;
  detail::Space space_;
};

/// 64-bit integers.
using Counter = BasicCounter<std::int64_t>;
/// Doubles, kept as Redis' INCRBYFLOAT keeps them.
using DoubleCounter = BasicCounter<double>;

extern template class BasicCounter<std::int64_t>;
extern template class BasicCounter<double>;

}  // namespace larder
