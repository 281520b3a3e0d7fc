// Store::open: from a scheme to the driver that serves it.
#include <larder/store.hpp>

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "store/local/driver.hpp"
#include "store/local/durable_driver.hpp"
#include "store/redis/driver.hpp"
#include "store/redis/url.hpp"
#include "store/url.hpp"

namespace larder {
namespace {

using Opened = Result<std::shared_ptr<StoreDriver>>;

Opened open_memory(std::string_view url, const StoreOptions&) {
  const auto read = store::read_memory_url(url);
  if (!read) return read.error();
  if (!read->folder.empty()) {
    return store::DurableDriver::open(std::string(url), *read, base::SystemClock::instance());
  }
  return std::make_shared<store::LocalDriver>(std::string(url), read->node,
                                              base::SystemClock::instance());
}

Opened open_redis(std::string_view url, const StoreOptions& options) {
  const auto read = store::read_redis_url(url);
  if (!read) return read.error();
  return store::open_redis(*read, options, base::SystemClock::instance());
}

Opened open_ring(std::string_view url, const StoreOptions& options) {
  const auto read = store::read_servers_url(url);
  if (!read) return read.error();
  return store::open_ring(*read, options, base::SystemClock::instance());
}

Opened open_sentinel(std::string_view url, const StoreOptions& options) {
  const auto read = store::read_servers_url(url);
  if (!read) return read.error();
  return store::open_sentinel(*read, options, base::SystemClock::instance());
}

Opened open_cluster(std::string_view url, const StoreOptions& options) {
  const auto read = store::read_servers_url(url);
  if (!read) return read.error();
  return store::open_cluster(*read, options, base::SystemClock::instance());
}

struct Scheme {
  std::string_view name;
  Opened (*open)(std::string_view url, const StoreOptions& options);
};

constexpr std::array kSchemes{
    Scheme{"memory", &open_memory},
    Scheme{"redis", &open_redis},
    Scheme{"rediss", &open_redis},
    Scheme{"unix", &open_redis},
    Scheme{"redis+sentinel", &open_sentinel},
    Scheme{"redis+ring", &open_ring},
    Scheme{"redis+cluster", &open_cluster},
};

Error bad_scheme(const std::string& scheme) {
  std::string served;
  for (const auto& row : kSchemes) {
    served.append(served.empty() ? "" : ", ").append(row.name).append(":");
  }
  return {Errc::bad_url, Effect::not_sent,
          scheme + ": is no scheme of a store; known are " + served};
}

}  // namespace

Result<Store> Store::open(std::string_view url, const StoreOptions& options) {
  const auto scheme = store::scheme_of(url);
  if (!scheme) return scheme.error();
  const auto* row = std::find_if(kSchemes.begin(), kSchemes.end(),
                                 [&](const auto& known) { return known.name == *scheme; });
  if (row == kSchemes.end()) return bad_scheme(*scheme);
  auto driver = row->open(url, options);
  if (!driver) return driver.error();
  return Store{*std::move(driver)};
}

}  // namespace larder
