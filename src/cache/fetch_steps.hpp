// The steps of a get_or_load that do not care whether a thread or a coroutine takes them.
#pragma once

#include <larder/detail/cache_core.hpp>

#include <optional>
#include <string>
#include <utility>

#include "cache/words.hpp"

namespace larder::cache {

/// What one look into the store taught.
struct Look {
  bool hit = false;
  std::optional<Error> refused;     ///< The caller's own fault: no load will help.
  std::optional<Bytes> unreadable;  ///< What is there but is no T: the fill replaces just this.
};

template <class Typed>
Look look(Tally& tally, Typed& typed, Result<std::optional<Bytes>> stored) {
  Look seen;
  if (!stored) {
    tally.store_read_errors.add();
    if (is_callers(stored.error())) seen.refused = stored.error();
    return seen;
  }
  if (!*stored) return seen;
  seen.hit = typed.accept(**stored);
  if (seen.hit) {
    tally.hits.add();
  } else {
    tally.bad_values.add();
    seen.unreadable = std::move(**stored);
  }
  return seen;
}

/// What a caller that waited makes of another's load.
template <class Typed>
Result<detail::CoreFetched> take(Tally& tally, Typed& typed, const Outcome& outcome,
                                 std::string_view full_key) {
  tally.waits.add();
  if (!*outcome) return outcome->error();
  if (!**outcome) {
    if (!typed.takes_nothing()) return nothing_found(full_key);
    return detail::CoreFetched{Source::waited, false};
  }
  Bytes copy{std::string_view(***outcome)};
  if (!typed.accept(copy)) return other_type(full_key);
  return detail::CoreFetched{Source::waited, true};
}

/// What the caller whose loader ran makes of it.
inline Result<detail::CoreFetched> own(const Outcome& outcome) {
  if (!*outcome) return outcome->error();
  return detail::CoreFetched{Source::loaded, (*outcome)->has_value()};
}

inline bool wants_store(const Outcome& outcome, std::optional<Millis> ttl) {
  return *outcome && (*outcome)->has_value() && ttl != Millis::zero();
}

inline void count_fill(Tally& tally, const Result<bool>& filled) noexcept {
  if (!filled) {
    tally.store_fill_errors.add();
  } else if (!*filled) {
    tally.loads_not_stored.add();
  }
}

}  // namespace larder::cache
