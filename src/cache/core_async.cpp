// The plain operations of a Cache as coroutines.
#include <larder/detail/cache_core.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>

#include "cache/doze.hpp"
#include "cache/words.hpp"

namespace larder::detail {

namespace asio = boost::asio;

Task<std::optional<Error>> CacheCore::async_make_way(std::string full_key, Millis at_most) const {
  if (flights_->idle()) co_return std::nullopt;
  cache::Doze doze(co_await asio::this_coro::executor);
  cache::WriterSeat seat(*flights_, full_key, doze);
  if (!seat.waits()) co_return std::nullopt;
  co_await doze.sleep(cache::patience(at_most));
  if (seat.wake_up()) co_return std::nullopt;
  co_return cache::fill_still_there(full_key);
}

Task<Result<std::optional<Bytes>>> CacheCore::async_get(std::string key, CallOptions call) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  Result<std::optional<Bytes>> stored = co_await store_.async_get(std::move(full), call);
  cache::count_read(*tally_, stored);
  co_return stored;
}

Task<Result<bool>> CacheCore::async_set(std::string key, std::string value,
                                        WriteOptions options) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  std::optional<Error> late = co_await async_make_way(full, options.deadline);
  if (late) co_return *std::move(late);
  CallOptions call{options.deadline};
  co_return co_await store_.async_set(std::move(full), std::move(value), set_options(options),
                                      call);
}

Task<Result<bool>> CacheCore::async_fenced_set(std::string key, std::string value, Guard guard,
                                               WriteOptions options) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  if (guard.token == 0) co_return cache::guard_of_no_lock(full);
  std::optional<Error> late = co_await async_make_way(full, options.deadline);
  if (late) co_return *std::move(late);
  CallOptions call{options.deadline};
  co_return co_await store_.async_fenced_set(std::move(full), std::move(value), guard.token,
                                             set_options(options), call);
}

Task<Result<bool>> CacheCore::async_compare_and_set(std::string key, std::string expected,
                                                    std::string value, WriteOptions options) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  std::optional<Error> late = co_await async_make_way(full, options.deadline);
  if (late) co_return *std::move(late);
  CallOptions call{options.deadline};
  co_return co_await store_.async_compare_and_set(std::move(full), std::move(expected),
                                                  std::move(value), set_options(options), call);
}

Task<Result<bool>> CacheCore::async_erase(std::string key, CallOptions call) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  std::optional<Error> late = co_await async_make_way(full, call.deadline);
  if (late) co_return *std::move(late);
  co_return co_await store_.async_erase(std::move(full), call);
}

Task<Result<bool>> CacheCore::async_exists(std::string key, CallOptions call) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  co_return co_await store_.async_exists(std::move(full), call);
}

Task<Result<Ttl>> CacheCore::async_ttl(std::string key, CallOptions call) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  co_return co_await store_.async_ttl(std::move(full), call);
}

Task<Result<bool>> CacheCore::async_expire(std::string key, Lifetime ttl, CallOptions call) const {
  if (key.empty()) co_return cache::empty_key();
  std::string full{FullKey(space_, key).view()};
  std::optional<Error> late = co_await async_make_way(full, call.deadline);
  if (late) co_return *std::move(late);
  co_return co_await store_.async_expire(std::move(full), ttl.ttl(), call);
}

Task<Result<std::vector<std::optional<Bytes>>>> CacheCore::async_get_many(
    std::vector<std::string> full_keys, CallOptions call) const {
  auto stored = co_await store_.async_get_many(std::move(full_keys), call);
  cache::count_reads(*tally_, stored);
  co_return stored;
}

Task<Result<void>> CacheCore::async_set_many(KeyedValues entries, WriteOptions options) const {
  for (const auto& entry : entries) {
    std::optional<Error> late = co_await async_make_way(entry.first, options.deadline);
    if (late) co_return *std::move(late);
  }
  CallOptions call{options.deadline};
  co_return co_await store_.async_set_many(std::move(entries), set_options(options), call);
}

Task<Result<std::size_t>> CacheCore::async_erase_many(std::vector<std::string> full_keys,
                                                      CallOptions call) const {
  for (const auto& name : full_keys) {
    std::optional<Error> late = co_await async_make_way(name, call.deadline);
    if (late) co_return *std::move(late);
  }
  co_return co_await store_.async_erase_many(std::move(full_keys), call);
}

}  // namespace larder::detail
