#include "store/url.hpp"

#include <algorithm>
#include <array>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "store/setting.hpp"

namespace larder::store {
namespace {

Error bad_url(std::string detail) { return {Errc::bad_url, Effect::not_sent, std::move(detail)}; }

// The URL as far as it can be repeated in a message: up to the scheme when it may hold a password.
std::string without_secret(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == url.npos) return std::string(url);
  const auto authority = url.find("://");
  return std::string(url.substr(0, authority == url.npos ? 0 : authority + 3)) + "***" +
         std::string(url.substr(at));
}

Result<boost::urls::url_view> parse(std::string_view url) {
  if (url.size() > base::limits::kUrlBytesMax) {
    return bad_url("a URL of " + std::to_string(url.size()) + " bytes; the most is " +
                   std::to_string(base::limits::kUrlBytesMax));
  }
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (parsed) return *parsed;
  return bad_url("\"" + without_secret(url) + "\": " + parsed.error().message());
}

struct MemoryOption {
  std::string_view name;
  std::string_view takes;
  bool (*set)(MemoryUrl& url, std::string_view value);
  bool of_folder = false;  ///< Means something only where there is a folder.
};

bool set_max_bytes(MemoryUrl& url, std::string_view value) {
  const auto bytes = base::parse_size(value);
  if (bytes) url.node.bytes_max = *bytes;
  return bytes.has_value();
}

bool set_eviction(MemoryUrl& url, std::string_view value) {
  const auto eviction = policy::eviction_from(value);
  if (eviction) url.node.eviction = *eviction;
  return eviction.has_value();
}

bool set_shards(MemoryUrl& url, std::string_view value) {
  const auto shards = base::parse_unsigned(value);
  if (!shards || *shards == 0 || *shards > node::kShardsMax) return false;
  url.node.shards = *shards;
  return true;
}

bool set_seed(MemoryUrl& url, std::string_view value) {
  const auto seed = base::parse_unsigned(value);
  if (seed) url.node.seed = *seed;
  return seed.has_value();
}

bool set_fsync(MemoryUrl& url, std::string_view value) {
  const auto fsync = node::fsync_from(value);
  if (fsync) url.fsync = *fsync;
  return fsync.has_value();
}

bool set_snapshot_every(MemoryUrl& url, std::string_view value) {
  const auto every = base::parse_duration(value);
  if (every) url.snapshot_every = *every;
  return every.has_value();
}

constexpr std::array kMemoryOptions{
    MemoryOption{"max_bytes", kTakesSize, &set_max_bytes},
    MemoryOption{"eviction", kTakesEviction, &set_eviction},
    MemoryOption{"shards", "a number from 1 to 4096", &set_shards},
    MemoryOption{"seed", "a number; 0 takes one from the operating system", &set_seed},
    MemoryOption{"fsync", "always, everysec or no", &set_fsync, true},
    MemoryOption{"snapshot_every", "a time such as 60s or 5m; 0 is never", &set_snapshot_every,
                 true},
};

std::string known_options() {
  std::string names;
  for (const auto& option : kMemoryOptions) {
    names.append(names.empty() ? "" : ", ").append(option.name);
  }
  return names;
}

Result<void> read_option(MemoryUrl& url, const std::string& name, const std::string& value) {
  const auto* known = std::find_if(kMemoryOptions.begin(), kMemoryOptions.end(),
                                   [&](const auto& option) { return option.name == name; });
  if (known == kMemoryOptions.end()) {
    return bad_url("memory: has no option \"" + name + "\"; known are " + known_options());
  }
  if (known->of_folder && url.folder.empty()) {
    return bad_url("memory: " + name +
                   " is about what is kept on disk; name a folder: memory:/path?" + name + "=" +
                   value);
  }
  if (known->set(url, value)) return {};
  return bad_url("memory: " + name + "=\"" + value + "\" does not fit; it takes " +
                 std::string(known->takes));
}

Result<unsigned> read_database(std::string_view path) {
  if (path.empty() || path == "/") return 0u;
  constexpr unsigned kDatabaseMax = 65'535;
  const auto database = base::parse_unsigned(path.substr(1));
  if (database && *database <= kDatabaseMax) return static_cast<unsigned>(*database);
  // A password with a bare slash in it ends up here.
  if (path.find('@') != path.npos) {
    return bad_url("redis:// has an @ after the host; in a password write / as %2F and @ as %40");
  }
  return bad_url("redis:// path \"" + std::string(path) + "\" is not a database number such as /0");
}

}  // namespace

Result<std::string> scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == 0 || colon == url.npos) {
    return bad_url("\"" + without_secret(url) +
                   "\" has no scheme; memory: and redis://host[:port][/database] are known");
  }
  return base::lower(url.substr(0, colon));
}

Result<MemoryUrl> read_memory_url(std::string_view url) {
  const auto parsed = parse(url);
  if (!parsed) return parsed.error();
  if (parsed->has_authority()) {
    return bad_url("memory: is in this process and takes no host: \"" + without_secret(url) + "\"");
  }
  if (parsed->has_fragment()) return bad_url("memory: takes no #fragment");
  MemoryUrl out;
  out.folder = parsed->path();
  for (const auto& option : parsed->params()) {
    if (auto read = read_option(out, option.key, option.value); !read) return read.error();
  }
  return out;
}

Result<RedisUrl> read_redis_url(std::string_view url) {
  const auto parsed = parse(url);
  if (!parsed) return parsed.error();
  if (!parsed->has_authority() || parsed->encoded_host().empty()) {
    return bad_url("redis:// names no host; write redis://host[:port][/database]");
  }
  if (parsed->has_query() || parsed->has_fragment()) {
    return bad_url("redis:// takes no ?options and no #fragment");
  }
  RedisUrl out;
  out.user = parsed->user();
  out.password = parsed->password();
  out.host = parsed->host_address();
  if (parsed->has_port() && !parsed->port().empty()) {
    const auto port = base::parse_unsigned(parsed->port());
    if (!port || *port == 0 || *port > 65'535) {
      return bad_url("redis:// port \"" + std::string(parsed->port()) + "\" is not 1 to 65535");
    }
    out.port = static_cast<std::uint16_t>(*port);
  }
  const auto database = read_database(parsed->path());
  if (!database) return database.error();
  out.database = *database;
  out.shown = "redis://" + std::string(parsed->encoded_host()) + ":" + std::to_string(out.port);
  if (out.database != 0) out.shown += "/" + std::to_string(out.database);
  return out;
}

}  // namespace larder::store
