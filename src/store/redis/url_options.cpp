#include "store/redis/url_options.hpp"

#include <algorithm>
#include <array>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"
#include "store/url.hpp"

namespace larder::store {
namespace {

constexpr std::array<std::string_view, 6> kKinds{"redis",      "rediss",         "unix",
                                                 "redis+ring", "redis+sentinel", "redis+cluster"};

constexpr unsigned bit(UrlKind kind) { return 1U << static_cast<unsigned>(kind); }
constexpr unsigned kSeveral = bit(UrlKind::ring) | bit(UrlKind::sentinel) | bit(UrlKind::cluster);
constexpr unsigned kOfTls = kSeveral | bit(UrlKind::tls);
constexpr unsigned kOfRing = bit(UrlKind::ring);

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (;;) {
    const auto comma = list.find(',');
    words.emplace_back(list.substr(0, comma));
    if (comma == list.npos) return words;
    list.remove_prefix(comma + 1);
  }
}

std::optional<bool> yes_or_no(std::string_view value) {
  if (value == "yes" || value == "true" || value == "1") return true;
  if (value == "no" || value == "false" || value == "0") return false;
  return std::nullopt;
}

TlsWish& tls_of(ServersUrl& url) {
  auto& tls = url.servers.front().tls;
  return tls ? *tls : tls.emplace();
}

redis::PlacedNode& ring_node(ServersUrl& url, std::size_t index) {
  if (url.ring.nodes.size() <= index) url.ring.nodes.resize(index + 1);
  return url.ring.nodes[index];
}

struct RedisOption {
  std::string_view name;
  std::string_view takes;
  unsigned kinds;
  bool (*set)(ServersUrl& url, const std::string& value);
};

constexpr std::string_view kTakesFile = "a file in PEM";
constexpr std::string_view kTakesWords = "words with commas between";

constexpr std::array kRedisOptions{
    RedisOption{"db", "a number from 0 to 65535", ~bit(UrlKind::cluster),
                [](ServersUrl& url, const std::string& value) {
                  const auto database = database_from(value);
                  if (database) url.servers.front().database = *database;
                  return database.has_value();
                }},
    RedisOption{"tls", "yes or no", kSeveral,
                [](ServersUrl& url, const std::string& value) {
                  const auto yes = yes_or_no(value);
                  if (yes && *yes) tls_of(url);
                  return yes.has_value();
                }},
    RedisOption{"ca", kTakesFile, kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  tls_of(url).options.ca_cert_file = value;
                  return !value.empty();
                }},
    RedisOption{"ca_dir", "a folder", kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  tls_of(url).options.ca_cert_dir = value;
                  return !value.empty();
                }},
    RedisOption{"cert", kTakesFile, kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  tls_of(url).options.cert_file = value;
                  return !value.empty();
                }},
    RedisOption{"key", kTakesFile, kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  tls_of(url).options.key_file = value;
                  return !value.empty();
                }},
    RedisOption{"sni", "the name in the server's certificate", kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  tls_of(url).name = value;
                  return !value.empty();
                }},
    RedisOption{"verify", "yes or no", kOfTls,
                [](ServersUrl& url, const std::string& value) {
                  const auto yes = yes_or_no(value);
                  if (yes) tls_of(url).options.verify_server = *yes;
                  return yes.has_value();
                }},
    RedisOption{"scheme", "rendezvous, ketama, jump, modulo or range", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  const auto scheme = redis::scheme_from(value);
                  if (scheme) url.ring.scheme = *scheme;
                  return scheme.has_value();
                }},
    RedisOption{"names", kTakesWords, kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  const auto words = words_of(value);
                  for (std::size_t i = 0; i < words.size(); ++i) ring_node(url, i).name = words[i];
                  return std::find(words.begin(), words.end(), "") == words.end() &&
                         words.size() == url.servers.size();
                }},
    RedisOption{"weights", "a number from 1 to 100 for each server, with commas between", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  const auto words = words_of(value);
                  for (std::size_t i = 0; i < words.size(); ++i) {
                    const auto weight = base::parse_unsigned(words[i]);
                    if (!weight || *weight > redis::kWeightMax) return false;
                    ring_node(url, i).weight = static_cast<unsigned>(*weight);
                  }
                  return words.size() == url.servers.size();
                }},
    RedisOption{"splits", "words with commas between, one fewer than servers", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  url.ring.splits = words_of(value);
                  return true;
                }},
    RedisOption{"probe", "a time such as 5s", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  const auto time = base::parse_duration(value);
                  if (time && *time > base::Millis::zero()) url.ring.probe = *time;
                  return time && *time > base::Millis::zero();
                }},
    RedisOption{"dead_after", "a number from 1 to 1000", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  const auto count = base::parse_unsigned(value);
                  if (!count || *count == 0 || *count > 1'000) return false;
                  url.ring.dead_after = static_cast<unsigned>(*count);
                  return true;
                }},
    RedisOption{"on_failure", "miss or rehash", kOfRing,
                [](ServersUrl& url, const std::string& value) {
                  url.ring.rehash = value == "rehash";
                  return value == "miss" || value == "rehash";
                }},
    RedisOption{"reads", "primary or replica", bit(UrlKind::cluster) | bit(UrlKind::sentinel),
                [](ServersUrl& url, const std::string& value) {
                  url.reads_replicas = value == "replica";
                  return value == "primary" || value == "replica";
                }},
    RedisOption{"sentinel_user", "a user of the sentinels", bit(UrlKind::sentinel),
                [](ServersUrl& url, const std::string& value) {
                  url.sentinel_user = value;
                  return true;
                }},
    RedisOption{"sentinel_password", "the sentinels' password", bit(UrlKind::sentinel),
                [](ServersUrl& url, const std::string& value) {
                  url.sentinel_password = value;
                  return true;
                }},
};

std::string names_known_to(UrlKind kind) {
  std::string names;
  for (const auto& option : kRedisOptions) {
    if ((option.kinds & bit(kind)) == 0) continue;
    names.append(names.empty() ? "" : ", ").append(option.name);
  }
  return names;
}

}  // namespace

std::optional<UrlKind> url_kind_of(std::string_view scheme) noexcept {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (base::same_word(kKinds[i], scheme)) return static_cast<UrlKind>(i);
  }
  return std::nullopt;
}

bool is_for_many(UrlKind kind) noexcept { return (bit(kind) & kSeveral) != 0; }

std::optional<unsigned> database_from(std::string_view text) noexcept {
  constexpr unsigned kDatabaseMax = 65'535;
  const auto database = base::parse_unsigned(text);
  if (!database || *database > kDatabaseMax) return std::nullopt;
  return static_cast<unsigned>(*database);
}

Result<void> set_url_option(ServersUrl& url, UrlKind kind, const std::string& scheme,
                            const std::string& name, const std::string& value) {
  const auto* known = std::find_if(kRedisOptions.begin(), kRedisOptions.end(),
                                   [&](const RedisOption& option) { return option.name == name; });
  if (known == kRedisOptions.end() || (known->kinds & bit(kind)) == 0) {
    return bad_url(scheme + " has no option \"" + name + "\"; known are " + names_known_to(kind));
  }
  if (known->set(url, value)) return {};
  const bool secret = name.ends_with("password");
  return bad_url(scheme + " " + name + (secret ? "" : "=\"" + value + "\"") +
                 " does not fit; it takes " + std::string(known->takes));
}

Result<void> finish_options(ServersUrl& url, UrlKind kind) {
  if (const auto& tls = url.servers.front().tls; tls) {
    if (!net::has_tls()) return bad_url("TLS is not in this build (LARDER_TLS)");
    if (tls->options.cert_file.empty() != tls->options.key_file.empty()) {
      return bad_url("cert and key go together: a certificate and its private key");
    }
  }
  if (kind != UrlKind::ring) return {};
  for (std::size_t i = 0; i < url.servers.size(); ++i) {
    auto& node = ring_node(url, i);
    if (node.name.empty()) node.name = net::to_string({url.servers[i].host, url.servers[i].port});
  }
  const auto placement = redis::Placement::make(url.ring.scheme, url.ring.nodes, url.ring.splits);
  if (!placement) return bad_url("redis+ring:// " + placement.error().detail);
  return {};
}

}  // namespace larder::store
