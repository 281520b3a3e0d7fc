// What Cache<T> is underneath, over bytes: compiled once, whatever T is. Not for direct use.
#pragma once

#include <larder/cache_options.hpp>
#include <larder/detail/full_key.hpp>
#include <larder/key.hpp>
#include <larder/store.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::cache {
class Flights;
struct Tally;
}  // namespace larder::cache

namespace larder::detail {

/// The typed side of one blocking get_or_load, lent to the core for the call.
class Fetcher {
 public:
  /// Decodes stored bytes (and may take them); false: they are not what the type expects.
  virtual bool accept(Bytes& stored) = 0;
  /// Whether the call can say that there is no such thing.
  virtual bool takes_nothing() const noexcept = 0;
  /// Runs the loader and encodes what it brought. None: it found nothing.
  virtual Result<std::optional<std::string>> load(Load& load) = 0;

 protected:
  ~Fetcher() = default;
};

/// The same for a coroutine.
class AsyncFetcher {
 public:
  virtual bool accept(Bytes& stored) = 0;
  virtual bool takes_nothing() const noexcept = 0;
  /// True: `load` runs on the calling thread without a suspension.
  virtual bool plain() const noexcept = 0;
  virtual Task<Result<std::optional<std::string>>> load(Load& load) = 0;

 protected:
  ~AsyncFetcher() = default;
};

struct CoreFetched {
  Source source;
  bool found;  ///< False: the loader found nothing, and that is what it says.
};

/// Threads  Safe from any thread; const throughout, shared by all copies of a Cache.
class CacheCore : public std::enable_shared_from_this<CacheCore> {
 public:
  using KeyedValues = std::vector<std::pair<std::string, std::string>>;

  /// Throws Failure (`bad_argument`) on a space or policy that no call could use.
  CacheCore(Store store, std::string_view space, Policy policy);
  ~CacheCore();
  CacheCore(const CacheCore&) = delete;
  CacheCore& operator=(const CacheCore&) = delete;

  const Store& store() const noexcept { return store_; }
  std::string_view space() const noexcept { return space_.name(); }
  const Policy& policy() const noexcept { return policy_; }
  CacheStats stats() const noexcept;
  std::string metrics_text() const;

  Result<std::optional<Bytes>> get(std::string_view key, const CallOptions& call) const;
  Result<bool> set(std::string_view key, std::string_view value, const WriteOptions& options) const;
  Result<bool> fenced_set(std::string_view key, std::string_view value, Guard guard,
                          const WriteOptions& options) const;
  Result<bool> compare_and_set(std::string_view key, std::string_view expected,
                               std::string_view value, const WriteOptions& options) const;
  Result<bool> erase(std::string_view key, const CallOptions& call) const;
  Result<bool> exists(std::string_view key, const CallOptions& call) const;
  Result<Ttl> ttl(std::string_view key, const CallOptions& call) const;
  Result<bool> expire(std::string_view key, Lifetime ttl, const CallOptions& call) const;

  // The many forms take full keys, as full_keys makes them.
  Result<std::string> full_key(std::string_view key) const;
  void add_full_key(FullKeys& names, std::string_view key) const { names.add(space_, key); }
  static Error empty_key();
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string_view> full_keys,
                                                     const CallOptions& call) const;
  Result<void> set_many(const KeyedValues& entries, const WriteOptions& options) const;
  Result<std::size_t> erase_many(std::span<const std::string_view> full_keys,
                                 const CallOptions& call) const;

  Result<CoreFetched> fetch(std::string_view key, Fetcher& typed, const LoadOptions& options) const;

  Task<Result<std::optional<Bytes>>> async_get(std::string key, CallOptions call) const;
  Task<Result<bool>> async_set(std::string key, std::string value, WriteOptions options) const;
  Task<Result<bool>> async_fenced_set(std::string key, std::string value, Guard guard,
                                      WriteOptions options) const;
  Task<Result<bool>> async_compare_and_set(std::string key, std::string expected, std::string value,
                                           WriteOptions options) const;
  Task<Result<bool>> async_erase(std::string key, CallOptions call) const;
  Task<Result<bool>> async_exists(std::string key, CallOptions call) const;
  Task<Result<Ttl>> async_ttl(std::string key, CallOptions call) const;
  Task<Result<bool>> async_expire(std::string key, Lifetime ttl, CallOptions call) const;
  Task<Result<std::vector<std::optional<Bytes>>>> async_get_many(std::vector<std::string> full_keys,
                                                                 CallOptions call) const;
  Task<Result<void>> async_set_many(KeyedValues entries, WriteOptions options) const;
  Task<Result<std::size_t>> async_erase_many(std::vector<std::string> full_keys,
                                             CallOptions call) const;
  /// `typed` lives in the caller's frame, which awaits this.
  Task<Result<CoreFetched>> async_fetch(std::string key, AsyncFetcher& typed,
                                        LoadOptions options) const;

  /// `why`, with the entry's name before it.
  Error bad_value(std::string_view key, const Error& why) const;
  Error bad_entry(std::string_view full_key, const Error& why) const;

 private:
  Task<Result<CoreFetched>> async_fly(const std::string& key, AsyncFetcher& typed,
                                      LoadOptions options) const;
  std::optional<Error> make_way(std::string_view full_key, Millis at_most) const;
  std::optional<Error> wait_for_fill(std::string_view full_key, Millis at_most) const;
  Task<std::optional<Error>> async_make_way(std::string full_key, Millis at_most) const;
  SetOptions set_options(const WriteOptions& options) const;

  Store store_;
  Space space_;
  Policy policy_;
  std::shared_ptr<cache::Flights> flights_;
  std::unique_ptr<cache::Tally> tally_;
};

// Task is only declared in the headers: <boost/asio/awaitable.hpp> takes longer to compile than all
// of them. These two make the coroutine forms depend on T, so that they are looked at only where
// somebody calls them.
template <class T>
struct CoreOf {
  using type = CacheCore;
};
template <class T, class Answer>
struct TaskOf {
  using type = Task<Answer>;
};

}  // namespace larder::detail
