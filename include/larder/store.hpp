// Store: one small, closed set of atomic operations over bytes, the same over every engine.
//
// The recipes (Cache, Lock, Limiter, Counter, …) reach data only through it. A Store is a handle: copy it
// freely, all copies share one engine or connection.
#pragma once

#include <larder/bytes.hpp>
#include <larder/error.hpp>
#include <larder/grants.hpp>
#include <larder/health.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class any_io_executor;
class io_context;
template <class T, class Executor>
class awaitable;
}  // namespace boost::asio

namespace larder {

namespace base {
class Wakes;
}

/// What a coroutine form returns: `co_await` it from any Boost.Asio coroutine; it resumes on the caller's executor.
/// Including <boost/asio/awaitable.hpp> is the caller's.
template <class T>
using Task = boost::asio::awaitable<T, boost::asio::any_io_executor>;

using Millis = std::chrono::milliseconds;

/// How long one call may take, and who may end it before.
struct CallOptions {
  /// In all, a year at most. Zero: the Store's default (StoreOptions::deadline).
  Millis deadline{0};
  /// Of a blocking call over a network: it ends with `cancelled` soon after a stop was requested, and what was sent may still
  /// come to pass (`maybe_executed`). It outlives the call. In process a call is over before anybody could stop it, unless it waits
  /// for a lock; a coroutine is stopped by its cancellation slot.
  /// Cost: such a call is served by the store's thread, as a coroutine's is.
  const std::stop_token* stop = nullptr;
};

enum class SetIf : std::uint8_t { always, absent, present };

/// How long a written entry lives.
struct SetOptions {
  std::optional<Millis> ttl = std::nullopt;  ///< None: never expires (or as before, with keep_ttl).
  bool keep_ttl = false;                     ///< Leave the deadline that the entry already has.
  SetIf condition = SetIf::always;
};

/// What is left of an entry's life. The three cases that Redis' -2 and -1 hide in one number.
struct Ttl {
  enum class State : std::uint8_t { missing, persistent, remaining };
  State state = State::missing;
  Millis left{0};  ///< Only for `remaining`.
  friend bool operator==(const Ttl&, const Ttl&) = default;
};

/// One key and its value, for set_many.
struct KeyValue {
  std::string_view key;
  std::string_view value;
};

/// One page of a scan. `cursor` 0 after a call means the scan is complete.
struct ScanPage {
  std::uint64_t cursor = 0;
  std::vector<std::string> keys;
};

struct ScanOptions {
  std::string match = {};   ///< Glob as in Redis (`* ? [a-z] \`); empty: every key.
  std::size_t count = 100;  ///< About how many entries to look at for one page.
};

/// A server that joins a ring.
struct ServerOptions {
  std::string name =
      {};  ///< What placement knows it by, whatever its address; empty: host:port as given.
  unsigned weight = 1;  ///< Its share, 1 to 100 (rendezvous, ketama).
};

/// Where a Store's I/O runs and how long its calls may take.
struct StoreOptions {
  Millis deadline{2'000};                         ///< Of a whole call, retries included.
  Millis connect_timeout{1'000};                  ///< Of one attempt to connect.
  boost::asio::io_context* io_context = nullptr;  ///< None: the Store owns its threads.
  std::string user = {};                          ///< Used where the URL names none.
  std::string password = {};                      ///< The same.
  std::string client_name = "larder";
  /// What happens to servers: called on an I/O thread of the store, one event at a time for each server; it must not
  /// block and may not call the store's blocking forms.
  std::function<void(const StoreEvent& event)> on_event = {};
};

class StoreDriver;

/// A store of bytes under names, opened by URL.
///
/// Errors   Every call may answer `timeout`, `disconnected`, `unreachable`, `overloaded`; in-process stores never do.
///          Writes to one with a folder may answer `io`: its disk refuses.
/// Threads  Safe from any thread; blocking forms are refused (`would_deadlock`) on Larder's own I/O threads.
/// Lifetime The engine or connection ends with the last handle.
/// Cost     In process: no system call, no hop; with a folder, a write to the kernel for each call that writes. Over a network: one round trip a call, many calls share one write.
class Store {
 public:
  /// Opens `memory:`, `memory:?max_bytes=1GiB&eviction=allkeys-lru&shards=16`, `redis://[user:pw@]host[:port][/db]`, and
  /// `memory:/var/lib/app?fsync=everysec&snapshot_every=60s`, which is kept in that folder (docs/durability.md);
  /// `rediss://` (TLS), `unix:///run/redis.sock` and `redis+ring://h1,h2,h3` (docs/redis.md).
  /// Errors: `bad_url` names the part it could not read; `unreachable`, `unauthorized`; `io`, of a folder.
  static Result<Store> open(std::string_view url, const StoreOptions& options = {});

  /// For tests and for those who bring their own engine.
  explicit Store(std::shared_ptr<StoreDriver> driver) noexcept : driver_(std::move(driver)) {}

  /// The URL it was opened with, without the password.
  std::string_view url() const noexcept;

  // One key. `get` of another kind than string: `wrong_type`.
  Result<std::optional<Bytes>> get(std::string_view key, const CallOptions& call = {}) const;
  /// True if written; false if `condition` kept it from being so.
  Result<bool> set(std::string_view key, std::string_view value, const SetOptions& options = {},
                   const CallOptions& call = {}) const;
  /// Writes `value` only where the entry now holds exactly `expected`. False: it does not, or is absent.
  Result<bool> compare_and_set(std::string_view key, std::string_view expected,
                               std::string_view value, const SetOptions& options = {},
                               const CallOptions& call = {}) const;
  /// True if there was something to erase.
  Result<bool> erase(std::string_view key, const CallOptions& call = {}) const;
  Result<bool> exists(std::string_view key, const CallOptions& call = {}) const;
  /// Gives a live entry a new deadline (`ttl` <= 0 erases it), or none at all. False: no such entry.
  Result<bool> expire(std::string_view key, std::optional<Millis> ttl,
                      const CallOptions& call = {}) const;
  Result<Ttl> ttl(std::string_view key, const CallOptions& call = {}) const;
  /// Adds to an integer (absent counts as 0) and answers the sum; `ttl_if_new` is set only when the call created it.
  /// Keeps the deadline an entry has. Errors: `not_a_number`, `overflow`.
  Result<std::int64_t> add(std::string_view key, std::int64_t delta,
                           std::optional<Millis> ttl_if_new = std::nullopt,
                           const CallOptions& call = {}) const;
  Result<double> add(std::string_view key, double delta,
                     std::optional<Millis> ttl_if_new = std::nullopt,
                     const CallOptions& call = {}) const;

  // Many keys, as strings, views or a list: answers in the order of the questions. Over several nodes these are not one
  // atomic step.
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string_view> keys,
                                                     const CallOptions& call = {}) const;
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> keys,
                                                     const CallOptions& call = {}) const;
  Result<std::vector<std::optional<Bytes>>> get_many(std::initializer_list<std::string_view> keys,
                                                     const CallOptions& call = {}) const {
    return get_many(std::span<const std::string_view>(keys), call);
  }
  Result<void> set_many(std::span<const KeyValue> entries, const SetOptions& options = {},
                        const CallOptions& call = {}) const;
  /// The same with an answer for each key: a server that fails costs its own keys only. Of those calls that tell all or
  /// none, `get_many` fails where a server does that is not known to be dead (a dead one's keys are misses), `set_many`
  /// where any does.
  std::vector<Result<std::optional<Bytes>>> get_each(std::span<const std::string_view> keys,
                                                     const CallOptions& call = {}) const;
  std::vector<Result<void>> set_each(std::span<const KeyValue> entries,
                                     const SetOptions& options = {},
                                     const CallOptions& call = {}) const;
  /// How many there were to erase.
  Result<std::size_t> erase_many(std::span<const std::string_view> keys,
                                 const CallOptions& call = {}) const;
  Result<std::size_t> erase_many(std::span<const std::string> keys,
                                 const CallOptions& call = {}) const;
  Result<std::size_t> erase_many(std::initializer_list<std::string_view> keys,
                                 const CallOptions& call = {}) const {
    return erase_many(std::span<const std::string_view>(keys), call);
  }

  // What recipes stand on: locks, limits, fills. Each is one atomic step over a key and what is kept beside it
  // (docs/formats/keys.md). `wrong_type`: the key holds what none of them wrote.

  /// The value, or leave to fill the miss: one caller of all gets a token, for at most `ttl` (up to 60 s); the others are
  /// told how long it has left.
  Result<Lease> lease(std::string_view key, Millis ttl, const CallOptions& call = {}) const;
  /// Writes what the lease was for. False: its time was over, or the key was written or erased meanwhile.
  /// Over a Redis server, a value that was written and is gone again, other than by `erase`, is not noticed.
  Result<bool> fill(std::string_view key, std::string_view value, std::uint64_t token,
                    std::optional<Millis> ttl = std::nullopt, const CallOptions& call = {}) const;

  /// Takes the lock `key` for `ttl` if it is free, or `owner`'s already: then its time begins anew, and the token stays.
  /// Tokens of a key only grow. What a Redis server loses in a failover, a lock among it, is lost here too.
  /// Units: `owner` 1 to 256 bytes that nobody else uses.
  Result<LockGrant> lock_acquire(std::string_view key, std::string_view owner, Millis ttl,
                                 const CallOptions& call = {}) const;
  /// False: the lock is not, or no longer, `owner`'s.
  Result<bool> lock_extend(std::string_view key, std::string_view owner, Millis ttl,
                           const CallOptions& call = {}) const;
  Result<bool> lock_release(std::string_view key, std::string_view owner,
                            const CallOptions& call = {}) const;
  /// Writes unless a greater token has written `key` before: the holder of a lock that was lost comes too late. Tokens
  /// up to 2^53; the greatest is remembered for 7 days. `options.condition` must be `always`.
  Result<bool> fenced_set(std::string_view key, std::string_view value, std::uint64_t token,
                          const SetOptions& options = {}, const CallOptions& call = {}) const;

  /// Takes `count` of the limit, all or nothing, by the store's clock. What is denied takes nothing.
  Result<Decision> limit_take(std::string_view key, const Limit& limit, std::uint32_t count = 1,
                              const CallOptions& call = {}) const;
  /// What limit_take would answer; takes nothing.
  Result<Decision> limit_peek(std::string_view key, const Limit& limit, std::uint32_t count = 1,
                              const CallOptions& call = {}) const;

  /// Takes of every limit if all of them allow it, else of none: a request that must pass its user's, its tenant's and
  /// the whole service's. The answers in the order of the questions; taken if each says `allowed`. On a Redis Cluster
  /// the keys must share a slot (a hash tag: "api:{tenant7}:ada").
  /// Errors: `bad_argument` on no limit, more than 64, or a key asked for twice.
  Result<std::vector<Decision>> limit_take_all(std::span<const LimitAsk> asks,
                                               const CallOptions& call = {}) const;
  Result<std::vector<Decision>> limit_peek_all(std::span<const LimitAsk> asks,
                                               const CallOptions& call = {}) const;

  /// Adds to an integer unless a call with the same `id` for this key has done so within `remember` (up to 30 days): may
  /// be repeated after `maybe_executed`, and is, where a connection was lost. Errors: `not_a_number`, `overflow`.
  /// Units: `id` 1 to 256 bytes. What remembers it is the entry `{key}~o:id`; under memory pressure it may be evicted.
  Result<Counted> add_once(std::string_view key, std::string_view id, std::int64_t delta,
                           Millis remember, std::optional<Millis> ttl_if_new = std::nullopt,
                           const CallOptions& call = {}) const;

  /// A share of `key` for `ttl`, if it fits beside all others that are held; to an `owner` who has one already, that one,
  /// with its time anew. Tokens grow as a lock's. The name of a share must not be that of a lock.
  Result<LockGrant> share_acquire(std::string_view key, std::string_view owner, Millis ttl,
                                  const Share& share, const CallOptions& call = {}) const;
  /// False: there is no, or no longer a, share of `owner`'s.
  Result<bool> share_extend(std::string_view key, std::string_view owner, Millis ttl,
                            const CallOptions& call = {}) const;
  Result<bool> share_release(std::string_view key, std::string_view owner,
                             const CallOptions& call = {}) const;

  /// The generation of each tag, at most 1,024 of them. One that was never asked for, or was forgotten, begins anew with a
  /// number it never had: what was stored under the old one is then out of date, and never the other way round.
  Result<std::vector<std::uint64_t>> generations(std::span<const std::string_view> tags,
                                                 const CallOptions& call = {}) const;
  Result<std::vector<std::uint64_t>> generations(std::initializer_list<std::string_view> tags,
                                                 const CallOptions& call = {}) const {
    return generations(std::span<const std::string_view>(tags), call);
  }
  /// Gives the tag a greater generation, and answers it.
  Result<std::uint64_t> bump_generation(std::string_view tag, const CallOptions& call = {}) const;

  /// Visits every key that stays in the store from the first page to the last at least once. Start with cursor 0.
  Result<ScanPage> scan(std::uint64_t cursor, const ScanOptions& options = {},
                        const CallOptions& call = {}) const;
  /// How many entries there are, those expired but not yet swept included.
  Result<std::size_t> size(const CallOptions& call = {}) const;
  /// Erases everything in this store (this database, on a Redis server).
  Result<void> flush(const CallOptions& call = {}) const;
  /// A round trip, for health checks.
  Result<void> ping(const CallOptions& call = {}) const;
  /// Changes a setting while the store runs: `max_bytes` to a size such as `64MiB` (0: no bound), `eviction` to a policy
  /// such as `allkeys-lru`; as in the URL of `memory:`. On a Redis server these are maxmemory and maxmemory-policy, and
  /// hold for all its databases. A bound that was lowered is reached by and by.
  /// Errors: `bad_argument` names the settings there are, or what one takes; `server_error`, `unauthorized` where the
  /// server does not let it be changed.
  Result<void> configure(std::string_view name, std::string_view value,
                         const CallOptions& call = {}) const;
  /// `INFO`-like text of the engine or server, for people.
  Result<std::string> info(const CallOptions& call = {}) const;
  /// The library's metrics of this store, in Prometheus' text format.
  std::string metrics_text() const;

  /// Over `redis+ring://`: takes another server in, or out, while calls go on. At most 1/n of the keys move, with
  /// `modulo` nearly all; what moves is not copied: it is a miss where it is looked for now. A server that comes back
  /// may still hold what it held: flush it first. With `jump` only the last server can go; `range` has fixed splits.
  /// Errors: `bad_argument`, `bad_url`; `unreachable`, `unauthorized` of the server that joins; `unsupported` of a store
  /// that is no ring.
  Result<void> add_server(std::string_view server, const ServerOptions& options = {}) const;
  Result<void> remove_server(std::string_view name) const;

  /// How each server is, in the order of their names' arrival. Cost: a few microseconds a server; no call to any.
  std::vector<ServerHealth> health() const;

  /// What is exact with this store, and what is best effort. Cost: no call to any server.
  std::vector<Capability> capabilities() const;

  // The same, as coroutines. Arguments are taken by value; they live until the call ends.
  Task<Result<std::optional<Bytes>>> async_get(std::string key, CallOptions call = {}) const;
  Task<Result<bool>> async_set(std::string key, std::string value, SetOptions options = {},
                               CallOptions call = {}) const;
  Task<Result<bool>> async_compare_and_set(std::string key, std::string expected, std::string value,
                                           SetOptions options = {}, CallOptions call = {}) const;
  Task<Result<bool>> async_erase(std::string key, CallOptions call = {}) const;
  Task<Result<bool>> async_exists(std::string key, CallOptions call = {}) const;
  Task<Result<bool>> async_expire(std::string key, std::optional<Millis> ttl,
                                  CallOptions call = {}) const;
  Task<Result<Ttl>> async_ttl(std::string key, CallOptions call = {}) const;
  Task<Result<std::int64_t>> async_add(std::string key, std::int64_t delta,
                                       std::optional<Millis> ttl_if_new = std::nullopt,
                                       CallOptions call = {}) const;
  Task<Result<double>> async_add(std::string key, double delta,
                                 std::optional<Millis> ttl_if_new = std::nullopt,
                                 CallOptions call = {}) const;
  Task<Result<std::vector<std::optional<Bytes>>>> async_get_many(std::vector<std::string> keys,
                                                                 CallOptions call = {}) const;
  Task<Result<void>> async_set_many(std::vector<std::pair<std::string, std::string>> entries,
                                    SetOptions options = {}, CallOptions call = {}) const;
  Task<std::vector<Result<std::optional<Bytes>>>> async_get_each(std::vector<std::string> keys,
                                                                 CallOptions call = {}) const;
  Task<std::vector<Result<void>>> async_set_each(
      std::vector<std::pair<std::string, std::string>> entries, SetOptions options = {},
      CallOptions call = {}) const;
  Task<Result<std::size_t>> async_erase_many(std::vector<std::string> keys,
                                             CallOptions call = {}) const;
  Task<Result<Lease>> async_lease(std::string key, Millis ttl, CallOptions call = {}) const;
  Task<Result<bool>> async_fill(std::string key, std::string value, std::uint64_t token,
                                std::optional<Millis> ttl = std::nullopt,
                                CallOptions call = {}) const;
  Task<Result<LockGrant>> async_lock_acquire(std::string key, std::string owner, Millis ttl,
                                             CallOptions call = {}) const;
  Task<Result<bool>> async_lock_extend(std::string key, std::string owner, Millis ttl,
                                       CallOptions call = {}) const;
  Task<Result<bool>> async_lock_release(std::string key, std::string owner,
                                        CallOptions call = {}) const;
  Task<Result<bool>> async_fenced_set(std::string key, std::string value, std::uint64_t token,
                                      SetOptions options = {}, CallOptions call = {}) const;
  Task<Result<Decision>> async_limit_take(std::string key, Limit limit, std::uint32_t count = 1,
                                          CallOptions call = {}) const;
  Task<Result<Decision>> async_limit_peek(std::string key, Limit limit, std::uint32_t count = 1,
                                          CallOptions call = {}) const;
  /// By key; what LimitAsk::key says does not count.
  Task<Result<std::vector<Decision>>> async_limit_take_all(
      std::vector<std::pair<std::string, LimitAsk>> asks, CallOptions call = {}) const;
  Task<Result<Counted>> async_add_once(std::string key, std::string id, std::int64_t delta,
                                       Millis remember,
                                       std::optional<Millis> ttl_if_new = std::nullopt,
                                       CallOptions call = {}) const;
  Task<Result<LockGrant>> async_share_acquire(std::string key, std::string owner, Millis ttl,
                                              Share share, CallOptions call = {}) const;
  Task<Result<bool>> async_share_extend(std::string key, std::string owner, Millis ttl,
                                        CallOptions call = {}) const;
  Task<Result<bool>> async_share_release(std::string key, std::string owner,
                                         CallOptions call = {}) const;
  Task<Result<std::vector<std::uint64_t>>> async_generations(std::vector<std::string> tags,
                                                             CallOptions call = {}) const;
  Task<Result<std::uint64_t>> async_bump_generation(std::string tag, CallOptions call = {}) const;

  /// For recipes that wait for what somebody may give back, here or in another process. Null: the store cannot tell of it.
  base::Wakes* wakes() const noexcept;
  /// The same store, of which every read goes to a primary, also where its URL says `reads=replica` (docs/redis.md): for who
  /// must see what was just written. The recipes (Cache, Counter, …) read so.
  Store at_primary() const {
    Store out = *this;
    out.may_be_stale_ = false;
    return out;
  }

  /// The driver behind the handle; also the identity of the store: copies share it.
  const std::shared_ptr<StoreDriver>& driver() const noexcept { return driver_; }

 private:
  std::shared_ptr<StoreDriver> driver_;
  bool may_be_stale_ = true;  ///< Its plain reads: means something only where replicas are read.
};

}  // namespace larder
