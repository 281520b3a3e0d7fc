// Cache<T>: typed values under `space:key` in any Store, and a load that runs once for all who wait.
#pragma once

#include <larder/cache_options.hpp>
#include <larder/codec.hpp>
#include <larder/detail/cache_core.hpp>
#include <larder/detail/typed.hpp>
#include <larder/detail/typed_async.hpp>
#include <larder/key.hpp>
#include <larder/store.hpp>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder {

/// A handle on the entries `space:*` of a Store, read and written as T. Copy it freely.
///
/// Keys     Strings or integers; 1 and "1" are the same key. Empty: `bad_argument`.
///          An empty space adds no prefix: the key itself is the entry's name.
/// Errors   Those of the Store; `bad_value` where stored bytes are not a T. A miss is a value.
/// Threads  Safe from any thread. Blocking forms must not run on a Store's own I/O threads
///          (`would_deadlock`).
/// Lifetime A load and a coroutine keep what they need: the handle may go away meanwhile.
/// Cost     One Store call each, except where it says otherwise.
template <class T>
class Cache {
  template <class Answer>
  using Task = typename detail::TaskOf<T, Answer>::type;  // larder::Task

 public:
  using Value = T;

  /// Throws Failure (`bad_argument`) on a space that leaves no room for keys or a negative TTL.
  Cache(Store store, std::string space, Policy policy)
      : core_(std::make_shared<const Core>(std::move(store), std::move(space), policy)) {}

  /// None: a miss.
  Result<std::optional<T>> get(const Key& key, const CallOptions& call = {}) const {
    return detail::get<T>(*core_, key.text(), call);
  }

  /// True if written; false if `condition` kept it from being so.
  Result<bool> set(const Key& key, const T& value, const WriteOptions& options = {}) const {
    return detail::with_bytes(*core_, key.text(), value, [&](std::string_view bytes) {
      return core_->set(key.text(), bytes, options);
    });
  }
  /// Writes unless a greater token has written this entry: `users.set("7", user, guard(lock))`. False: one has, the lock
  /// that `guard` came from has passed on. Every writer of the entry must come with a guard; plain sets know no fences.
  /// Errors   `lock_lost` for the guard of a lock that is not held; `bad_argument` with a condition.
  Result<bool> set(const Key& key, const T& value, Guard guard,
                   const WriteOptions& options = {}) const {
    return detail::with_bytes(*core_, key.text(), value, [&](std::string_view bytes) {
      return core_->fenced_set(key.text(), bytes, guard, options);
    });
  }
  /// Writes only where there is no entry.
  Result<bool> add(const Key& key, const T& value, WriteOptions options = {}) const {
    options.condition = SetIf::absent;
    return set(key, value, options);
  }
  /// Writes only where there is an entry.
  Result<bool> replace(const Key& key, const T& value, WriteOptions options = {}) const {
    options.condition = SetIf::present;
    return set(key, value, options);
  }
  /// Writes `desired` only where the entry now equals `expected`, atomically. False: it does not,
  /// or is absent. Bytes that another program wrote in its own style (spaces in JSON) count by
  /// their value, at one more round trip.
  Result<bool> compare_and_set(const Key& key, const T& expected, const T& desired,
                               const WriteOptions& options = {}) const {
    return detail::compare_and_set(*core_, key.text(), expected, desired, options);
  }
  /// True if there was something to erase. Loads under way do not bring the old value back:
  /// what they load goes to those who joined before, and later callers load anew.
  Result<bool> erase(const Key& key, const CallOptions& call = {}) const {
    return core_->erase(key.text(), call);
  }

  Result<bool> exists(const Key& key, const CallOptions& call = {}) const {
    return core_->exists(key.text(), call);
  }
  /// Missing, persistent, or how long remains.
  Result<Ttl> ttl(const Key& key, const CallOptions& call = {}) const {
    return core_->ttl(key.text(), call);
  }
  /// Gives a live entry a new deadline; a duration of 0 erases it. False: no such entry.
  Result<bool> expire(const Key& key, Lifetime ttl, const CallOptions& call = {}) const {
    return core_->expire(key.text(), ttl, call);
  }
  /// Takes a live entry's deadline away. False: no such entry.
  Result<bool> persist(const Key& key, const CallOptions& call = {}) const {
    return core_->expire(key.text(), forever, call);
  }

  // Many keys, any range of them: answers in the order of the questions. One Store call; over
  // several nodes not atomic.
  template <class Keys = std::initializer_list<Key>>
  Result<std::vector<std::optional<T>>> get_many(const Keys& keys,
                                                 const CallOptions& call = {}) const {
    auto names = detail::full_keys(*core_, keys);
    if (!names) return names.error();
    return detail::get_many<T>(*core_, names->views(), call);
  }
  /// `entries`: a range of pairs of key and value.
  template <class Entries = std::initializer_list<std::pair<Key, T>>>
  Result<void> set_many(const Entries& entries, const WriteOptions& options = {}) const {
    auto encoded = detail::encoded_many<T>(*core_, entries);
    if (!encoded) return encoded.error();
    return core_->set_many(*encoded, options);
  }
  /// How many there were to erase.
  template <class Keys = std::initializer_list<Key>>
  Result<std::size_t> erase_many(const Keys& keys, const CallOptions& call = {}) const {
    auto names = detail::full_keys(*core_, keys);
    if (!names) return names.error();
    return core_->erase_many(names->views(), call);
  }

  /// The value; on a miss, what `loader(Load&)` brings, stored on the way.
  ///
  /// However many callers ask at once, in this process one loader runs; the others wait for it and
  /// share its value or its error. Handles share loads where they share a Store and a space.
  ///
  /// A loader answers T or Result<T>. Where there may be no such thing it answers std::optional<T>
  /// or Result<std::optional<T>>: then so does get_or_load, and none is not stored.
  ///
  /// Bytes that are no T count as a miss. A store that is down fails no load that can succeed; see
  /// stats(). A write or an erase of the key during the load wins: what was loaded is not stored.
  ///
  /// Errors   `loader_failed` if the loader threw; its own error if it answered one;
  ///          `timeout` after LoadOptions::wait for another's load;
  ///          `would_deadlock` for a load inside itself, on one thread or around a circle of them;
  ///          `bad_value` if the value cannot be encoded.
  /// Cost     A hit is one get. A miss runs the loader on the calling thread and adds one set.
  template <class F>
  Result<typename detail::LoaderTraits<T, F>::Value> get_or_load(
      const Key& key, F&& loader, const LoadOptions& options = {}) const {
    return detail::value_of(fetch(key, loader, options));
  }
  /// get_or_load that also says where the value came from.
  template <class F>
  Result<Fetched<typename detail::LoaderTraits<T, F>::Value>> fetch(
      const Key& key, F&& loader, const LoadOptions& options = {}) const {
    return detail::fetch<T>(*core_, key.text(), loader, options);
  }

  // The same as coroutines: they resume on the caller's executor. Include
  // <boost/asio/awaitable.hpp> to call them.
  Task<Result<std::optional<T>>> async_get(const Key& key, CallOptions call = {}) const {
    return detail::async_get<T>(core_, std::string(key.text()), call);
  }
  Task<Result<bool>> async_set(const Key& key, T value, WriteOptions options = {}) const {
    return detail::async_set<T>(core_, std::string(key.text()), std::move(value), options);
  }
  Task<Result<bool>> async_set(const Key& key, T value, Guard guard,
                               WriteOptions options = {}) const {
    return detail::async_fenced_set<T>(core_, std::string(key.text()), std::move(value), guard,
                                       options);
  }
  Task<Result<bool>> async_add(const Key& key, T value, WriteOptions options = {}) const {
    options.condition = SetIf::absent;
    return async_set(key, std::move(value), options);
  }
  Task<Result<bool>> async_replace(const Key& key, T value, WriteOptions options = {}) const {
    options.condition = SetIf::present;
    return async_set(key, std::move(value), options);
  }
  Task<Result<bool>> async_compare_and_set(const Key& key, T expected, T desired,
                                           WriteOptions options = {}) const {
    return detail::async_compare_and_set<T>(core_, std::string(key.text()), std::move(expected),
                                            std::move(desired), options);
  }
  Task<Result<bool>> async_erase(const Key& key, CallOptions call = {}) const {
    return detail::keep(core_, core_->async_erase(std::string(key.text()), call));
  }
  Task<Result<bool>> async_exists(const Key& key, CallOptions call = {}) const {
    return detail::keep(core_, core_->async_exists(std::string(key.text()), call));
  }
  Task<Result<Ttl>> async_ttl(const Key& key, CallOptions call = {}) const {
    return detail::keep(core_, core_->async_ttl(std::string(key.text()), call));
  }
  Task<Result<bool>> async_expire(const Key& key, Lifetime ttl, CallOptions call = {}) const {
    return detail::keep(core_, core_->async_expire(std::string(key.text()), ttl, call));
  }
  Task<Result<bool>> async_persist(const Key& key, CallOptions call = {}) const {
    return async_expire(key, forever, call);
  }
  template <class Keys = std::initializer_list<Key>>
  Task<Result<std::vector<std::optional<T>>>> async_get_many(const Keys& keys,
                                                             CallOptions call = {}) const {
    return detail::async_get_many<T>(core_, detail::full_keys(*core_, keys), call);
  }
  template <class Entries = std::initializer_list<std::pair<Key, T>>>
  Task<Result<void>> async_set_many(const Entries& entries, WriteOptions options = {}) const {
    return detail::async_set_many<T>(core_, detail::encoded_many<T>(*core_, entries), options);
  }
  template <class Keys = std::initializer_list<Key>>
  Task<Result<std::size_t>> async_erase_many(const Keys& keys, CallOptions call = {}) const {
    return detail::async_erase_many<T>(core_, detail::full_keys(*core_, keys), call);
  }
  /// The loader may be plain or a coroutine; it lives until the call ends. Waiters of both forms
  /// share one load. A caller that is cancelled while its loader runs hands the load to the next
  /// who waits: that one's loader runs. A coroutine that loads the key it is loading is found by
  /// `wait`, not by thread.
  template <class F>
  auto async_get_or_load(const Key& key, F loader, LoadOptions options = {}) const {
    return detail::async_get_or_load<T>(core_, std::string(key.text()), std::move(loader), options);
  }
  template <class F>
  auto async_fetch(const Key& key, F loader, LoadOptions options = {}) const {
    return detail::async_fetch<T>(core_, std::string(key.text()), std::move(loader), options);
  }

  const Store& store() const noexcept { return core_->store(); }
  std::string_view space() const noexcept { return core_->space(); }
  const Policy& policy() const noexcept { return core_->policy(); }
  /// What this handle and its copies have seen.
  CacheStats stats() const noexcept { return core_->stats(); }
  /// The same in Prometheus' text format, with the space as a label.
  std::string metrics_text() const { return core_->metrics_text(); }

 private:
  using Core = typename detail::CoreOf<T>::type;
  std::shared_ptr<const Core> core_;
};

}  // namespace larder
