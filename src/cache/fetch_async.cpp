// get_or_load for a coroutine: the same steps as fetch.cpp, in the same flights.
#include <larder/detail/cache_core.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "cache/doze.hpp"
#include "cache/fetch_steps.hpp"

namespace larder::detail {

namespace asio = boost::asio;
using cache::Seat;

namespace {

bool cancelled(const asio::cancellation_state& stop) {
  return stop.cancelled() != asio::cancellation_type::none;
}

Task<cache::Outcome> run_loader(cache::Tally& tally, AsyncFetcher& typed, Load& load,
                                std::string_view full_key) {
  tally.misses.add();
  tally.loads.add();
  cache::Outcome outcome;
  try {
    Result<std::optional<std::string>> loaded = co_await typed.load(load);
    outcome = cache::outcome_of(std::move(loaded));
  } catch (...) {
    outcome = cache::outcome_of(cache::loader_failed(full_key, std::current_exception()));
  }
  if (!*outcome) tally.load_failures.add();
  co_return outcome;
}

Task<Result<bool>> fill(const Store& store, std::string full_key, std::string bytes,
                        const cache::Look& seen, std::optional<Millis> ttl, CallOptions call) {
  SetOptions options{.ttl = ttl};
  try {
    if (seen.unreadable) {
      std::string expected = *seen.unreadable;
      co_return co_await store.async_compare_and_set(std::move(full_key), std::move(expected),
                                                     std::move(bytes), options, call);
    }
    options.condition = SetIf::absent;
    co_return co_await store.async_set(std::move(full_key), std::move(bytes), options, call);
  } catch (const boost::system::system_error&) {
    // Cancelled on the way: the value was loaded all the same.
    co_return Error{Errc::cancelled, Effect::maybe_executed, "fill"};
  }
}

}  // namespace

Task<Result<CoreFetched>> CacheCore::async_fetch(std::string key, AsyncFetcher& typed,
                                                 LoadOptions options) const {
  try {
    co_return co_await async_fly(key, typed, options);
  } catch (const boost::system::system_error& stop) {
    // Asio's way to say that a coroutine that awaits is cancelled; a loader's own exceptions end in
    // run_loader.
    if (stop.code() != asio::error::operation_aborted) throw;
    co_return cache::gave_up(FullKey(space_, key));
  }
}

Task<Result<CoreFetched>> CacheCore::async_fly(const std::string& key, AsyncFetcher& typed,
                                               LoadOptions options) const {
  if (key.empty()) co_return cache::empty_key();
  const std::string full{FullKey(space_, key).view()};
  const Lifetime ttl = options.ttl.value_or(policy_.ttl);
  if (ttl.negative()) co_return cache::negative_ttl(full);
  const CallOptions call{options.deadline};
  const asio::cancellation_state stop = co_await asio::this_coro::cancellation_state;

  const auto endings = flights_->endings(full);
  Result<std::optional<Bytes>> stored = co_await store_.async_get(full, call);
  cache::Look seen = cache::look(*tally_, typed, std::move(stored));
  if (seen.hit) co_return CoreFetched{Source::hit, true};
  if (seen.refused) co_return *std::move(seen.refused);

  // A coroutine that waits blocks no thread: it is no Caller.
  cache::Doze doze(co_await asio::this_coro::executor);
  Seat seat(*flights_, full, 0, doze);
  if (seat.role() == Seat::Role::wait) {
    co_await doze.sleep(cache::bounded(options.wait));
    const bool woken = seat.wake_up();
    if (!woken || seat.role() == Seat::Role::lead) {
      // Gone before the wake, or just when the load was handed on: it goes to the next.
      if (cancelled(stop)) co_return cache::gave_up(full);
    }
    if (!woken) {
      tally_->misses.add();
      co_return cache::waited_too_long(full, options.wait);
    }
  }
  if (seat.role() != Seat::Role::lead) {
    tally_->misses.add();
    if (auto error = cache::role_error(seat.role(), full)) co_return *std::move(error);
    co_return cache::take(*tally_, typed, seat.outcome(), full);
  }

  if (flights_->endings(full) != endings) {
    Result<std::optional<Bytes>> again = co_await store_.async_get(full, call);
    auto bytes = again && *again ? std::optional<std::string>(**again) : std::nullopt;
    seen = cache::look(*tally_, typed, std::move(again));
    if (seen.hit) {
      seat.landed(cache::outcome_of(std::move(bytes)), false);
      co_return CoreFetched{Source::hit, true};
    }
  }
  Load load(key);
  if (typed.plain()) seat.lead_on(cache::this_caller());
  const cache::Outcome outcome = co_await run_loader(*tally_, typed, load, full);
  // A load that failed because its caller was told to stop is nobody's answer: the seat passes it
  // on.
  if (!*outcome && cancelled(stop)) co_return cache::gave_up(full);
  const bool wants_store = cache::wants_store(outcome, ttl.ttl());
  if (seat.landed(outcome, wants_store)) {
    Result<bool> filled = co_await fill(store_, full, ***outcome, seen, ttl.ttl(), call);
    cache::count_fill(*tally_, filled);
    seat.stored();
  } else if (wants_store) {
    tally_->loads_not_stored.add();
  }
  co_return cache::own(outcome);
}

}  // namespace larder::detail
