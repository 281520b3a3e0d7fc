// From a URL and the user's options to what a Redis client takes.
#pragma once

#include <larder/error.hpp>
#include <larder/store.hpp>

#include "redis/client.hpp"
#include "store/redis/url.hpp"

namespace larder::store {

/// Cost: with TLS, reads certificates. Errors: `bad_url`, where those are not as they should be.
Result<redis::ClientOptions> client_options(const RedisUrl& url, const StoreOptions& options);

}  // namespace larder::store
