#include "store/redis/client_options.hpp"

#include "store/redis/native.hpp"
#include "store/url.hpp"

namespace larder::store {

Result<redis::ClientOptions> client_options(const RedisUrl& url, const StoreOptions& options) {
  redis::ClientOptions out;
  out.host = url.host;
  out.port = url.port;
  out.socket_path = url.socket_path;
  if (url.tls) {
    auto tls = net::TlsContext::for_client(url.tls->options);
    if (!tls) return bad_url(url.shown + ": " + tls.error().detail);
    out.tls = *std::move(tls);
    out.tls_name = url.tls->name;
  }
  const bool in_url = !url.password.empty();
  out.identity = {in_url || !url.user.empty() ? url.user : options.user,
                  in_url ? url.password : options.password, options.client_name, url.database};
  out.connect_timeout = options.connect_timeout;
  out.io_context = options.io_context;
  out.asks = native_names();
  return out;
}

}  // namespace larder::store
