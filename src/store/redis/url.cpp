#include "store/redis/url.hpp"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "store/redis/url_options.hpp"
#include "store/url.hpp"

namespace larder::store {
namespace {

// As far as a Unix address has room (sun_path, with its end).
constexpr std::size_t kSocketPathBytesMax = 107;

/// A URL taken apart where several servers may stand, which no general parser knows. Views into the URL.
struct RedisUrlParts {
  UrlKind kind{};
  std::string_view scheme;   ///< "redis+ring"
  std::string_view login;    ///< "user:pw@", or nothing
  std::string_view servers;  ///< "a:1,b:2"
  std::string_view rest;     ///< "/0?scheme=jump"
};

Result<RedisUrlParts> take_apart(std::string_view url) {
  if (url.size() > base::limits::kUrlBytesMax) {
    return bad_url("a URL of " + std::to_string(url.size()) + " bytes; the most is " +
                   std::to_string(base::limits::kUrlBytesMax));
  }
  RedisUrlParts parts;
  const auto colon = url.find("://");
  if (colon == url.npos) return bad_url("\"" + without_secret(url) + "\" has no ://");
  parts.scheme = url.substr(0, colon);
  const auto kind = url_kind_of(parts.scheme);
  if (!kind) return bad_url(std::string(parts.scheme) + "://: is no scheme of Redis servers");
  parts.kind = *kind;
  url.remove_prefix(colon + 3);
  const auto authority = url.substr(0, url.find_first_of("/?#"));
  parts.rest = url.substr(authority.size());
  // A password with a bare slash in it: what looks like a port is its beginning.
  if (parts.kind != UrlKind::socket &&
      parts.rest.substr(0, parts.rest.find('?')).find('@') != url.npos) {
    return bad_url(std::string(parts.scheme) +
                   ":// has an @ after the host; in a password write / as %2F and @ as %40");
  }
  const auto at = authority.rfind('@');
  parts.login = authority.substr(0, at == authority.npos ? 0 : at + 1);
  parts.servers = authority.substr(parts.login.size());
  return parts;
}

/// Parses `text`, which a message may show only as far as it holds no login.
Result<boost::urls::url_view> parse_redis(const std::string& text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (parsed) return *parsed;
  return bad_url("\"" + without_secret(text) + "\": " + parsed.error().message());
}

Result<unsigned> read_database(const std::string& scheme, std::string_view path) {
  if (path.empty() || path == "/") return 0u;
  if (const auto database = database_from(path.substr(1))) return *database;
  return bad_url(scheme + " path \"" + std::string(path) +
                 "\" is not a database number such as /0");
}

Result<RedisUrl> read_one(const std::string& scheme, std::string_view login,
                          std::string_view server) {
  const std::string text = "redis://" + std::string(login) + std::string(server) + "/";
  const auto parsed = parse_redis(text);
  if (!parsed) return parsed.error();
  RedisUrl out;
  out.user = parsed->user();
  out.password = parsed->password();
  out.host = parsed->host_address();
  // The parser takes what follows the colon and is no number for a path.
  const std::string path(parsed->encoded_path());
  if (path.size() > 1) {
    return bad_url(scheme + " port \"" + path.substr(0, path.size() - 1) + "\" is not 1 to 65535");
  }
  if (out.host.empty()) {
    return bad_url(scheme + " names no host; write " + scheme + "host[:port]");
  }
  if (!parsed->has_port() || parsed->port().empty()) return out;
  const auto port = base::parse_unsigned(parsed->port());
  if (!port || *port == 0 || *port > 65'535) {
    return bad_url(scheme + " port \"" + std::string(parsed->port()) + "\" is not 1 to 65535");
  }
  out.port = static_cast<std::uint16_t>(*port);
  return out;
}

std::string shown_of(const RedisUrl& server) {
  const bool v6 = server.host.find(':') != server.host.npos;
  return (v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

Result<std::vector<RedisUrl>> read_servers(const RedisUrlParts& parts, const std::string& scheme) {
  std::vector<RedisUrl> servers;
  std::string_view left = parts.servers;
  do {
    const auto end = left.find(',');
    auto one = read_one(scheme, parts.login, left.substr(0, end));
    if (!one) return one.error();
    servers.push_back(*std::move(one));
    left = end == left.npos ? std::string_view{} : left.substr(end + 1);
  } while (!left.empty());
  return servers;
}

/// The path: a socket's, or the name of a primary, or a database.
Result<void> read_path(ServersUrl& out, UrlKind kind, const std::string& scheme, std::string path) {
  RedisUrl& first = out.servers.front();
  if (kind == UrlKind::socket) {
    if (path.size() < 2) return bad_url("unix:// names no socket; write unix:///run/redis.sock");
    if (path.size() > kSocketPathBytesMax) {
      return bad_url("unix:// path is longer than the " + std::to_string(kSocketPathBytesMax) +
                     " bytes that a socket's may have");
    }
    first.socket_path = std::move(path);
    return {};
  }
  if (kind == UrlKind::sentinel) {
    const auto slash = path.find('/', 1);
    out.primary = path.substr(std::min<std::size_t>(path.size(), 1), slash - 1);
    if (out.primary.empty()) {
      return bad_url(scheme + " names no primary; write " + scheme + "host[:port],…/mymaster");
    }
    path = slash == path.npos ? "" : path.substr(slash);
  }
  const auto database = read_database(scheme, path);
  if (!database) return database.error();
  if (kind == UrlKind::cluster && *database != 0) {
    return bad_url("redis+cluster:// has one database only, /0");
  }
  first.database = *database;
  return {};
}

Result<ServersUrl> read(std::string_view url, bool many) {
  const auto parts = take_apart(url);
  if (!parts) return parts.error();
  const std::string scheme = std::string(parts->scheme) + "://";
  const UrlKind kind = parts->kind;
  if (is_for_many(kind) != many) {
    return bad_url(scheme + (many ? " is one server" : " is several servers"));
  }
  ServersUrl out;
  if (kind == UrlKind::socket) {
    if (!parts->servers.empty())
      return bad_url("unix:// takes no host; write unix:///run/redis.sock");
    auto login = read_one(scheme, parts->login, "localhost");
    if (!login) return login.error();
    out.servers.push_back(*std::move(login));
  } else {
    auto servers = read_servers(*parts, scheme);
    if (!servers) return servers.error();
    out.servers = *std::move(servers);
  }
  if (!many && out.servers.size() > 1) {
    return bad_url(
        scheme +
        " names one server; several are redis+ring://, redis+sentinel:// or redis+cluster://");
  }
  const std::string rest = "redis://h" + std::string(parts->rest);
  const auto parsed = parse_redis(rest);
  if (!parsed) return parsed.error();
  if (parsed->has_fragment()) return bad_url(scheme + " takes no #fragment");
  if (auto path = read_path(out, kind, scheme, parsed->path()); !path) return path.error();
  if (kind == UrlKind::tls) out.servers.front().tls.emplace();
  for (const auto& option : parsed->params()) {
    if (auto set = set_url_option(out, kind, scheme, option.key, option.value); !set)
      return set.error();
  }
  if (auto fits = finish_options(out, kind); !fits) return fits.error();
  for (auto& server : out.servers) {
    server.tls = out.servers.front().tls;
    server.database = out.servers.front().database;
    server.shown = (server.tls ? "rediss://" : "redis://") + shown_of(server);
    if (server.database != 0) server.shown += "/" + std::to_string(server.database);
    out.shown += (out.shown.empty() ? scheme : ",") + shown_of(server);
  }
  if (!out.primary.empty()) out.shown += "/" + out.primary;
  if (out.servers.front().database != 0)
    out.shown += "/" + std::to_string(out.servers.front().database);
  return out;
}

}  // namespace

Result<RedisUrl> read_redis_url(std::string_view url) {
  auto out = read(url, false);
  if (!out) return out.error();
  RedisUrl& server = out->servers.front();
  if (!server.socket_path.empty()) {
    server.shown = "unix://" + server.socket_path;
    if (server.database != 0) server.shown += "?db=" + std::to_string(server.database);
  }
  return std::move(server);
}

Result<ServersUrl> read_servers_url(std::string_view url) { return read(url, true); }

Result<RedisUrl> read_server(std::string_view server, const RedisUrl& like) {
  if (server.find_first_of("/@?#,") != server.npos) {
    return bad_url("a server is host[:port], not \"" + without_secret(server) + "\"");
  }
  auto read = read_one("redis://", {}, server);
  if (!read) return read.error();
  RedisUrl out = like;
  out.host = read->host;
  out.port = read->port;
  out.shown = (out.tls ? "rediss://" : "redis://") + shown_of(out);
  return out;
}

}  // namespace larder::store
