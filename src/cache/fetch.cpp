// get_or_load for a thread: look, take a seat in the key's flight, and either load or sleep until
// somebody has.
#include <larder/detail/cache_core.hpp>

#include "cache/fetch_steps.hpp"
#include "cache/flights.hpp"

namespace larder::detail {

using cache::Seat;

namespace {

cache::Outcome run_loader(cache::Tally& tally, Fetcher& typed, std::string_view key,
                          std::string_view full_key) {
  tally.misses.add();
  tally.loads.add();
  Load load(key);
  cache::Outcome outcome;
  try {
    outcome = cache::outcome_of(typed.load(load));
  } catch (...) {
    outcome = cache::outcome_of(cache::loader_failed(full_key, std::current_exception()));
  }
  if (!*outcome) tally.load_failures.add();
  return outcome;
}

/// Only into the gap that was seen: what another process wrote meanwhile is newer than this load.
Result<bool> fill(const Store& store, std::string_view full_key, std::string_view bytes,
                  const cache::Look& seen, std::optional<Millis> ttl, const CallOptions& call) {
  if (seen.unreadable) {
    return store.compare_and_set(full_key, *seen.unreadable, bytes, {.ttl = ttl}, call);
  }
  return store.set(full_key, bytes, {.ttl = ttl, .condition = SetIf::absent}, call);
}

}  // namespace

Result<CoreFetched> CacheCore::fetch(std::string_view key, Fetcher& typed,
                                     const LoadOptions& options) const {
  const FullKey full(space_, key);
  if (key.empty()) return cache::empty_key();
  const Lifetime ttl = options.ttl.value_or(policy_.ttl);
  if (ttl.negative()) return cache::negative_ttl(full);
  const CallOptions call{options.deadline};

  const auto endings = flights_->endings(full);
  cache::Look seen = cache::look(*tally_, typed, store_.get(full, call));
  if (seen.hit) return CoreFetched{Source::hit, true};
  if (seen.refused) return *std::move(seen.refused);

  // The loader may do away with the handle that was asked.
  const auto self = shared_from_this();
  cache::Nap nap;
  Seat seat(*flights_, full, cache::this_caller(), nap);
  if (seat.role() == Seat::Role::wait) {
    nap.sleep(*flights_, cache::bounded(options.wait));
    if (!seat.wake_up()) {
      tally_->misses.add();
      return cache::waited_too_long(full, options.wait);
    }
  }
  if (seat.role() != Seat::Role::lead) {
    tally_->misses.add();
    if (auto error = cache::role_error(seat.role(), full)) return *std::move(error);
    return cache::take(*tally_, typed, seat.outcome(), full);
  }

  if (flights_->endings(full) != endings) {
    // A flight of this key (or of one that shares its count) ended since the look: it may be there
    // by now.
    auto again = store_.get(full, call);
    auto bytes = again && *again ? std::optional<std::string>(**again) : std::nullopt;
    seen = cache::look(*tally_, typed, std::move(again));
    if (seen.hit) {
      seat.landed(cache::outcome_of(std::move(bytes)), false);
      return CoreFetched{Source::hit, true};
    }
  }
  const cache::Outcome outcome = run_loader(*tally_, typed, key, full);
  const bool wants_store = cache::wants_store(outcome, ttl.ttl());
  if (seat.landed(outcome, wants_store)) {
    cache::count_fill(*tally_, fill(store_, full, ***outcome, seen, ttl.ttl(), call));
    seat.stored();
  } else if (wants_store) {
    tally_->loads_not_stored.add();
  }
  return cache::own(outcome);
}

}  // namespace larder::detail
