// What the URLs of Redis servers say, as plain structs. Nothing here connects.
//
// one      := ( "redis://" | "rediss://" ) [ login "@" ] server [ "/" database ] [ options ]
// socket   := "unix://" [ login "@" ] "/" path [ options ]                  ; ?db=n is its database
// ring     := "redis+ring://" [ login "@" ] servers [ "/" database ] [ options ]
// sentinel := "redis+sentinel://" [ login "@" ] servers "/" name-of-primary [ "/" database ] [ options ]
// cluster  := "redis+cluster://" [ login "@" ] servers [ options ]
// servers  := server ( "," server )*
// server   := host [ ":" port ]
// login    := [ user ] ":" password                                        ; percent-encoded where needed
// options  := "?" name "=" value ( "&" name "=" value )*                   ; docs/redis.md lists them
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/tls.hpp"
#include "redis/placement.hpp"

namespace larder::store {

struct TlsWish {
  net::TlsOptions options;
  std::string name;  ///< What the certificate must be for; empty: the host of the URL.
};

/// One server, as far as a URL tells.
struct RedisUrl {
  std::string user, password;  ///< Percent-decoded. Empty: none given.
  std::string host;            ///< Without the brackets of an IPv6 address.
  std::uint16_t port = 6379;
  std::string socket_path;  ///< Instead of host and port.
  unsigned database = 0;
  std::optional<TlsWish> tls;
  std::string shown;  ///< The URL without user, password and options: for messages.
};

struct RingWish {
  redis::Scheme scheme = redis::Scheme::rendezvous;
  std::vector<redis::PlacedNode> nodes;  ///< As many as there are servers.
  std::vector<std::string> splits;       ///< For `range`: one fewer.
  base::Millis probe{5'000};             ///< Between two looks at a server.
  unsigned dead_after = 3;               ///< So many missed looks.
  bool rehash = false;                   ///< The dead one's keys go to the others.
};

/// Several servers that are one store.
struct ServersUrl {
  std::vector<RedisUrl> servers;  ///< At least one; in a sentinel's URL these are the sentinels.
  RingWish ring;
  std::string primary;  ///< Sentinel: the name it is watched under.
  std::string sentinel_user = {},
              sentinel_password = {};  ///< Sentinel: who we are to the sentinels.
  bool reads_replicas = false;         ///< Cluster, sentinel: plain reads may be of a moment ago.
  std::string shown;
};

/// Of redis://, rediss:// and unix://. Errors of both: `bad_url`, as in url.hpp.
Result<RedisUrl> read_redis_url(std::string_view url);
/// Of redis+ring://, redis+sentinel:// and redis+cluster://.
Result<ServersUrl> read_servers_url(std::string_view url);
/// "host:port", with the login, database and TLS of `like`: a server that joins later.
Result<RedisUrl> read_server(std::string_view server, const RedisUrl& like);

}  // namespace larder::store
