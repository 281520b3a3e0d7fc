#include "cache/tally.hpp"

namespace larder::cache {

Tally::Tally(std::string_view space)
    : hits(counter("hits", "Reads that found a value.", space)),
      misses(counter("misses", "Reads that found nothing, or nothing readable.", space)),
      loads(counter("loads", "Loaders that were run.", space)),
      load_failures(counter("load_failures", "Loaders that threw or answered an error.", space)),
      waits(counter("waits", "Calls that another's load served.", space)),
      loads_not_stored(
          counter("loads_not_stored", "Loads overtaken by a write or an erase.", space)),
      bad_values(counter("bad_values", "Stored bytes that are not what the type expects.", space)),
      store_read_errors(counter("store_read_errors", "Reads the store could not answer.", space)),
      store_fill_errors(
          counter("store_fill_errors", "Loaded values the store would not take.", space)) {}

base::Counter& Tally::counter(std::string_view name, std::string_view help,
                              std::string_view space) {
  return metrics.counter("larder_cache_" + std::string(name) + "_total", help,
                         {{"space", std::string(space)}});
}

CacheStats Tally::stats() const noexcept {
  return {.hits = hits.value(),
          .misses = misses.value(),
          .loads = loads.value(),
          .load_failures = load_failures.value(),
          .waits = waits.value(),
          .loads_not_stored = loads_not_stored.value(),
          .bad_values = bad_values.value(),
          .store_read_errors = store_read_errors.value(),
          .store_fill_errors = store_fill_errors.value()};
}

}  // namespace larder::cache
