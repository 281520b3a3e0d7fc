// The core of a Cache: one Store call for each plain operation, with way made for it among the
// loads.
#include <larder/detail/cache_core.hpp>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "cache/flights.hpp"
#include "cache/words.hpp"

namespace larder {

std::string_view to_string(Source source) noexcept {
  switch (source) {
    case Source::hit:
      return "hit";
    case Source::loaded:
      return "loaded";
    case Source::waited:
      return "waited";
  }
  return "?";
}

namespace detail {
namespace {

Error bad_argument(std::string why) {
  return {Errc::bad_argument, Effect::not_sent, std::move(why)};
}

// With nothing else to return, the store writes its answer straight to where the caller wants it.
Result<std::optional<Bytes>> counted_get(const Store& store, cache::Tally& tally,
                                         std::string_view full_key, const CallOptions& call) {
  Result<std::optional<Bytes>> stored = store.get(full_key, call);
  cache::count_read(tally, stored);
  return stored;
}

}  // namespace

CacheCore::CacheCore(Store store, std::string_view space, Policy policy)
    : store_(store.at_primary()), space_(space), policy_(policy) {
  if (space.size() > base::limits::kSpaceBytesMax) {
    throw Failure(bad_argument("space of " + std::to_string(space.size()) + " bytes; the most is " +
                               std::to_string(base::limits::kSpaceBytesMax)));
  }
  if (policy_.ttl.negative()) {
    throw Failure(bad_argument("space " + base::quoted(space, 64) + ": negative ttl"));
  }
  flights_ = cache::Flights::of(store_.driver());
  tally_ = std::make_unique<cache::Tally>(space);
}

CacheCore::~CacheCore() = default;

inline std::optional<Error> CacheCore::make_way(std::string_view full_key, Millis at_most) const {
  return flights_->idle() ? std::nullopt : wait_for_fill(full_key, at_most);
}

CacheStats CacheCore::stats() const noexcept { return tally_->stats(); }
std::string CacheCore::metrics_text() const { return tally_->metrics.text(); }

Result<std::optional<Bytes>> CacheCore::get(std::string_view key, const CallOptions& call) const {
  if (key.empty()) return cache::empty_key();
  return counted_get(store_, *tally_, FullKey(space_, key), call);
}

Result<bool> CacheCore::set(std::string_view key, std::string_view value,
                            const WriteOptions& options) const {
  if (key.empty()) return cache::empty_key();
  const FullKey full(space_, key);
  if (auto late = make_way(full, options.deadline)) return *std::move(late);
  return store_.set(full, value, set_options(options), {options.deadline});
}

Result<bool> CacheCore::fenced_set(std::string_view key, std::string_view value, Guard guard,
                                   const WriteOptions& options) const {
  if (key.empty()) return cache::empty_key();
  const FullKey full(space_, key);
  if (guard.token == 0) return cache::guard_of_no_lock(full);
  if (auto late = make_way(full, options.deadline)) return *std::move(late);
  return store_.fenced_set(full, value, guard.token, set_options(options), {options.deadline});
}

Result<bool> CacheCore::compare_and_set(std::string_view key, std::string_view expected,
                                        std::string_view value, const WriteOptions& options) const {
  if (key.empty()) return cache::empty_key();
  const FullKey full(space_, key);
  if (auto late = make_way(full, options.deadline)) return *std::move(late);
  return store_.compare_and_set(full, expected, value, set_options(options), {options.deadline});
}

Result<bool> CacheCore::erase(std::string_view key, const CallOptions& call) const {
  if (key.empty()) return cache::empty_key();
  const FullKey full(space_, key);
  if (auto late = make_way(full, call.deadline)) return *std::move(late);
  return store_.erase(full, call);
}

Result<bool> CacheCore::exists(std::string_view key, const CallOptions& call) const {
  if (key.empty()) return cache::empty_key();
  return store_.exists(FullKey(space_, key), call);
}

Result<Ttl> CacheCore::ttl(std::string_view key, const CallOptions& call) const {
  if (key.empty()) return cache::empty_key();
  return store_.ttl(FullKey(space_, key), call);
}

Result<bool> CacheCore::expire(std::string_view key, Lifetime ttl, const CallOptions& call) const {
  if (key.empty()) return cache::empty_key();
  const FullKey full(space_, key);
  if (auto late = make_way(full, call.deadline)) return *std::move(late);
  return store_.expire(full, ttl.ttl(), call);
}

Result<std::string> CacheCore::full_key(std::string_view key) const {
  if (key.empty()) return cache::empty_key();
  return std::string(FullKey(space_, key).view());
}

Error CacheCore::empty_key() { return cache::empty_key(); }

Result<std::vector<std::optional<Bytes>>> CacheCore::get_many(
    std::span<const std::string_view> full_keys, const CallOptions& call) const {
  auto stored = store_.get_many(full_keys, call);
  cache::count_reads(*tally_, stored);
  return stored;
}

Result<void> CacheCore::set_many(const KeyedValues& entries, const WriteOptions& options) const {
  std::vector<KeyValue> views;
  views.reserve(entries.size());
  for (const auto& [name, value] : entries) {
    if (auto late = make_way(name, options.deadline)) return *std::move(late);
    views.push_back({name, value});
  }
  return store_.set_many(views, set_options(options), {options.deadline});
}

Result<std::size_t> CacheCore::erase_many(std::span<const std::string_view> full_keys,
                                          const CallOptions& call) const {
  for (const std::string_view name : full_keys) {
    if (auto late = make_way(name, call.deadline)) return *std::move(late);
  }
  return store_.erase_many(full_keys, call);
}

std::optional<Error> CacheCore::wait_for_fill(std::string_view full_key, Millis at_most) const {
  cache::Nap nap;
  cache::WriterSeat seat(*flights_, full_key, nap);
  if (!seat.waits()) return std::nullopt;
  nap.sleep(*flights_, cache::patience(at_most));
  if (seat.wake_up()) return std::nullopt;
  return cache::fill_still_there(full_key);
}

SetOptions CacheCore::set_options(const WriteOptions& options) const {
  // With keep_ttl the policy is silent, but a ttl of the call's own contradicts it: the store says
  // so.
  std::optional<Millis> ttl;
  if (options.ttl) {
    ttl = options.ttl->ttl();
  } else if (!options.keep_ttl) {
    ttl = policy_.ttl.ttl();
  }
  return {.ttl = ttl, .keep_ttl = options.keep_ttl, .condition = options.condition};
}

Error CacheCore::bad_value(std::string_view key, const Error& why) const {
  return bad_entry(FullKey(space_, key), why);
}

Error CacheCore::bad_entry(std::string_view full_key, const Error& why) const {
  tally_->bad_values.add();
  return {why.code, why.effect, base::quoted(full_key, 64) + ": " + why.detail};
}

}  // namespace detail
}  // namespace larder
