#include "store/url.hpp"

#include <algorithm>
#include <array>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "store/local/setting.hpp"

namespace larder::store {
namespace {

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

bool set_snapshot_compression(MemoryUrl& url, std::string_view value) {
  const auto compression = node::compression_from(value);
  if (compression) url.snapshot_compression = *compression;
  return compression.has_value();
}

constexpr std::array kMemoryOptions{
    MemoryOption{"max_bytes", kTakesSize, &set_max_bytes},
    MemoryOption{"eviction", kTakesEviction, &set_eviction},
    MemoryOption{"shards", "a number from 1 to 4096", &set_shards},
    MemoryOption{"seed", "a number; 0 takes one from the operating system", &set_seed},
    MemoryOption{"fsync", "always, everysec or no", &set_fsync, true},
    MemoryOption{"snapshot_every", "a time such as 60s or 5m; 0 is never", &set_snapshot_every,
                 true},
    MemoryOption{"snapshot_compression", "none, or zstd where this build has it",
                 &set_snapshot_compression, true},
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

}  // namespace

Error bad_url(std::string detail) { return {Errc::bad_url, Effect::not_sent, std::move(detail)}; }

std::string without_secret(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == url.npos) return std::string(url);
  const auto authority = url.find("://");
  return std::string(url.substr(0, authority == url.npos ? 0 : authority + 3)) + "***" +
         std::string(url.substr(at));
}

Result<std::string> scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == 0 || colon == url.npos) {
    return bad_url(
        "\"" + without_secret(url) +
        "\" has no scheme; memory: and redis://host[:port][/database] are two that are known");
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

}  // namespace larder::store
