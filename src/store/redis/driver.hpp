// The driver behind the URLs of Redis servers: every operation is one request over a connection that all callers share, or one
// to each of several servers at once.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "store/driver.hpp"
#include "store/redis/url.hpp"

namespace larder::store {

/// Opens and connects. With a given io_context it does not wait for the connection, which that
/// context's threads make. Errors: `unreachable`, `unauthorized`, `protocol`, `bad_url`, naming host
/// and port, with no secret.
Result<std::shared_ptr<StoreDriver>> open_redis(const RedisUrl& url, const StoreOptions& options,
                                                const base::Clock& clock);

/// Servers of a ring that are away do not keep it from opening, unless all are.
Result<std::shared_ptr<StoreDriver>> open_ring(const ServersUrl& url, const StoreOptions& options,
                                               const base::Clock& clock);

/// Opens when the sentinels name a primary that says it is one.
Result<std::shared_ptr<StoreDriver>> open_sentinel(const ServersUrl& url,
                                                   const StoreOptions& options,
                                                   const base::Clock& clock);

/// Opens when one of the servers has told who has which slot.
Result<std::shared_ptr<StoreDriver>> open_cluster(const ServersUrl& url,
                                                  const StoreOptions& options,
                                                  const base::Clock& clock);

}  // namespace larder::store
