// Tally: what a cache counts of itself, readable as numbers and as Prometheus' text.
#pragma once

#include <larder/cache_options.hpp>

#include <string>
#include <string_view>

#include "base/metrics.hpp"

namespace larder::cache {

struct Tally {
  explicit Tally(std::string_view space);
  CacheStats stats() const noexcept;

 private:
  base::Counter& counter(std::string_view name, std::string_view help, std::string_view space);

 public:
  base::Metrics metrics;
  base::Counter& hits;
  base::Counter& misses;
  base::Counter& loads;
  base::Counter& load_failures;
  base::Counter& waits;
  base::Counter& loads_not_stored;
  base::Counter& bad_values;
  base::Counter& store_read_errors;
  base::Counter& store_fill_errors;
};

}  // namespace larder::cache
