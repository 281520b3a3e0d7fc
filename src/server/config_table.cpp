#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"
#include "node/durability.hpp"
#include "server/config.hpp"
#include "server/config_tls.hpp"
#include "server/latency.hpp"
#include "server/slow_log.hpp"

namespace larder::server {
namespace {

constexpr std::int64_t kIntMax = std::numeric_limits<int>::max();
constexpr std::int64_t kLongMax = std::numeric_limits<std::int64_t>::max();
/// Beside the clients: loops, listeners, files.
constexpr std::size_t kDescriptorsOfOurOwn = 64;

Change wrong(std::string words) { return {std::move(words), {}}; }
Change change(std::function<void()> apply) { return {{}, std::move(apply)}; }

struct Range {
  std::int64_t least;
  std::int64_t most;
};

/// An integer within a range, handed to `apply`.
template <class Apply>
Change integer(std::string_view text, Range range, Apply apply) {
  const auto number = base::parse_integer(text);
  if (!number) return wrong("argument couldn't be parsed into an integer");
  if (*number < range.least || *number > range.most) {
    return wrong("argument must be between " + std::to_string(range.least) + " and " +
                 std::to_string(range.most) + " inclusive");
  }
  return change([apply, value = *number] { apply(value); });
}

template <class Apply>
Change yes_or_no(std::string_view text, Apply apply) {
  const bool yes = base::same_word(text, "yes");
  if (!yes && !base::same_word(text, "no")) return wrong("argument must be 'yes' or 'no'");
  return change([apply, yes] { apply(yes); });
}

Change read_maxmemory(const Ground& ground, std::string_view text) {
  const auto bytes = base::parse_size(text);
  if (!bytes) return wrong("argument must be a memory value");
  return change([node = ground.node, bytes = static_cast<std::size_t>(*bytes)] {
    node.set_bytes_max(bytes);
  });
}

Change read_policy(const Ground& ground, std::string_view text) {
  using policy::Eviction;
  if (const auto policy = policy::eviction_from(base::lower(text))) {
    return change([node = ground.node, policy = *policy] { node.set_eviction(policy); });
  }
  std::string names;
  for (const Eviction one :
       {Eviction::adaptive, Eviction::volatile_lru, Eviction::volatile_lfu,
        Eviction::volatile_random, Eviction::volatile_ttl, Eviction::allkeys_lru,
        Eviction::allkeys_lfu, Eviction::allkeys_random, Eviction::noeviction}) {
    names.append(names.empty() ? "" : ", ").append(policy::to_string(one));
  }
  return wrong("argument(s) must be one of the following: " + names);
}

Change read_clients_max(const Ground& ground, std::string_view text) {
  constexpr std::int64_t kUnsignedMax = std::numeric_limits<std::uint32_t>::max();
  Change read = integer(text, {1, kUnsignedMax}, [&settings = ground.settings](std::int64_t n) {
    settings.clients_max = static_cast<std::size_t>(n);
  });
  if (!read.wrong.empty()) return read;
  const auto wanted = static_cast<std::size_t>(*base::parse_integer(text)) + kDescriptorsOfOurOwn;
  const std::size_t allowed = net::raise_descriptor_limit(wanted);
  if (allowed >= wanted) return read;
  const std::size_t fit = allowed - std::min(allowed, kDescriptorsOfOurOwn);
  return wrong(
      "The operating system is not able to handle the specified number of clients, try with " +
      std::to_string(fit));
}

std::string show_client_memory(const Ground& ground) {
  const unsigned percent = ground.settings.client_percent_max;
  return percent > 0 ? std::to_string(percent) + "%"
                     : std::to_string(ground.settings.client_bytes_max);
}

Change read_client_memory(const Ground& ground, std::string_view text) {
  constexpr std::string_view kWrong = "argument must be a memory or percent value";
  Settings& settings = ground.settings;
  if (text.ends_with('%')) {
    const auto percent = base::parse_integer(text.substr(0, text.size() - 1));
    if (!percent || *percent < 0) return wrong(std::string(kWrong));
    if (*percent > 100) return wrong("percentage argument must be less or equal to 100");
    return change([&settings, percent = static_cast<unsigned>(*percent)] {
      settings.client_bytes_max = std::size_t{0};
      settings.client_percent_max = percent;
    });
  }
  const auto bytes = base::parse_size(text);
  if (!bytes) return wrong(std::string(kWrong));
  return change([&settings, bytes = static_cast<std::size_t>(*bytes)] {
    settings.client_bytes_max = bytes;
    settings.client_percent_max = 0U;
  });
}

constexpr std::string_view kClassNames[] = {"normal", "slave", "pubsub"};

std::string show_output_limits(const Ground& ground) {
  std::string text;
  for (std::size_t i = 0; i < std::size(kClassNames); ++i) {
    const OutputLimit& limit = ground.settings.output_limits[i];
    text.append(text.empty() ? "" : " ").append(kClassNames[i]);
    text += ' ' + std::to_string(limit.hard_bytes) + ' ' + std::to_string(limit.soft_bytes) + ' ' +
            std::to_string(limit.soft_seconds);
  }
  return text;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

struct ReadLimit {
  std::size_t client_class;
  std::size_t hard_bytes;
  std::size_t soft_bytes;
  std::int64_t soft_seconds;
};

std::optional<ReadLimit> read_output_limit(std::span<const std::string_view> words) {
  const std::string_view name = base::same_word(words[0], "replica") ? "slave" : words[0];
  const auto* found = std::find_if(std::begin(kClassNames), std::end(kClassNames),
                                   [&](auto known) { return base::same_word(known, name); });
  const auto hard = base::parse_size(words[1]);
  const auto soft = base::parse_size(words[2]);
  const auto seconds = base::parse_integer(words[3]);
  if (found == std::end(kClassNames) || !hard || !soft || !seconds || *seconds < 0) {
    return std::nullopt;
  }
  return ReadLimit{static_cast<std::size_t>(found - kClassNames), static_cast<std::size_t>(*hard),
                   static_cast<std::size_t>(*soft), *seconds};
}

Change read_output_limits(const Ground& ground, std::string_view text) {
  const auto words = words_of(text);
  if (words.empty() || words.size() % 4 != 0) {
    return wrong("Wrong number of arguments in buffer limit configuration.");
  }
  std::vector<ReadLimit> limits;
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const auto limit = read_output_limit(std::span(words).subspan(i, 4));
    if (!limit)
      return wrong("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    limits.push_back(*limit);
  }
  return change([&settings = ground.settings, limits] {
    for (const ReadLimit& limit : limits) {
      OutputLimit& into = settings.output_limits[limit.client_class];
      into.hard_bytes = limit.hard_bytes;
      into.soft_bytes = limit.soft_bytes;
      into.soft_seconds = limit.soft_seconds;
    }
  });
}

using net::TlsOptions;

// ---- what is kept on disk --------------------------------------------------------------------------

constexpr std::string_view kNoFolder =
    "nothing is kept on disk: start the server with --dir FOLDER";

std::string show_fsync(const Ground& ground) {
  const auto* const durability = ground.options.durability;
  return std::string(
      to_string(durability != nullptr ? durability->fsync() : node::Fsync::everysec));
}

Change read_fsync(const Ground& ground, std::string_view text) {
  const auto fsync = node::fsync_from(base::lower(text));
  if (!fsync) return wrong("argument(s) must be one of the following: always, everysec, no");
  auto* const durability = ground.options.durability;
  if (durability == nullptr) return wrong(std::string(kNoFolder));
  return change([durability, fsync = *fsync] { durability->set_fsync(fsync); });
}

std::string show_save(const Ground& ground) {
  const auto* const durability = ground.options.durability;
  if (durability == nullptr || durability->snapshot_every().count() == 0) return {};
  const auto every = std::chrono::ceil<std::chrono::seconds>(durability->snapshot_every());
  return std::to_string(every.count()) + " 1";
}

/// As Redis writes it: seconds and changes, in pairs. The shortest time counts; one change is enough.
Change read_save(const Ground& ground, std::string_view text) {
  auto words = words_of(text);
  if (words.size() == 1 && words[0] == "\"\"") words.clear();
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto time = base::parse_integer(words[i]);
    const auto changes = i + 1 < words.size() ? base::parse_integer(words[i + 1]) : std::nullopt;
    if (!time || !changes || *time < 1 || *time > kIntMax || *changes < 0) {
      return wrong("Invalid save parameters");
    }
    seconds = seconds == 0 ? *time : std::min(seconds, *time);
  }
  auto* const durability = ground.options.durability;
  if (durability == nullptr) {
    return seconds == 0 ? change([] {}) : wrong(std::string(kNoFolder));
  }
  return change(
      [durability, seconds] { durability->set_snapshot_every(std::chrono::seconds(seconds)); });
}

// clang-format off: a table is read by its columns
constexpr Setting kSettings[] = {
    {"appendfsync", &show_fsync, &read_fsync},
    {"appendonly",
     [](const Ground& g) { return std::string(g.options.durability != nullptr ? "yes" : "no"); },
     nullptr},
    {"bind", [](const Ground& g) { return g.options.bind; }, nullptr},
    {"client-output-buffer-limit", &show_output_limits, &read_output_limits, Setting::Form::words},
    {"cluster-enabled", [](const Ground&) { return std::string("no"); }, nullptr},
    {"databases", [](const Ground& g) { return std::to_string(g.node.databases()); }, nullptr},
    {"dir",
     [](const Ground& g) {
       return g.options.durability != nullptr ? g.options.durability->folder() : std::string();
     },
     nullptr},
    {"io-threads", [](const Ground& g) { return std::to_string(g.options.threads); }, nullptr},
    {"latency-monitor-threshold",
     [](const Ground& g) { return std::to_string(g.host.latency().threshold_millis()); },
     [](const Ground& g, std::string_view text) {
       return integer(text, {0, kLongMax},
                      [&host = g.host](std::int64_t n) { host.latency().set_threshold(n); });
     }},
    {"maxclients", [](const Ground& g) { return std::to_string(g.settings.clients_max); },
     &read_clients_max},
    {"maxmemory", [](const Ground& g) { return std::to_string(g.node.stats().bytes_max); },
     &read_maxmemory},
    {"maxmemory-clients", &show_client_memory, &read_client_memory},
    {"maxmemory-policy",
     [](const Ground& g) { return std::string(policy::to_string(g.node.eviction())); },
     &read_policy},
    {"port", [](const Ground& g) { return std::to_string(g.host.port()); }, nullptr},
    {"protected-mode",
     [](const Ground& g) { return std::string(g.settings.is_protected ? "yes" : "no"); },
     [](const Ground& g, std::string_view text) {
       return yes_or_no(text, [&s = g.settings](bool yes) { s.is_protected = yes; });
     }},
    {"proto-max-bulk-len",
     [](const Ground&) { return std::to_string(base::limits::kBulkBytesMax); }, nullptr},
    {"requirepass",
     [](const Ground& g) { return std::string(g.settings.password.is_set() ? "(redacted)" : ""); },
     [](const Ground& g, std::string_view text) {
       return change([&s = g.settings, text = std::string(text)] { s.password.set(text); });
     },
     Setting::Form::secret, [](const Ground& g) { return g.settings.password.reveal(); }},
    {"save", &show_save, &read_save, Setting::Form::words},
    {"slowlog-log-slower-than",
     [](const Ground& g) { return std::to_string(g.host.slow_log().threshold_micros()); },
     [](const Ground& g, std::string_view text) {
       return integer(text, {-1, kLongMax},
                      [&host = g.host](std::int64_t n) { host.slow_log().set_threshold(n); });
     }},
    {"slowlog-max-len",
     [](const Ground& g) { return std::to_string(g.host.slow_log().length_max()); },
     [](const Ground& g, std::string_view text) {
       return integer(text, {0, SlowLog::kLengthLimit}, [&host = g.host](std::int64_t n) {
         host.slow_log().set_length_max(static_cast<std::size_t>(n));
       });
     }},
    {"tcp-backlog", [](const Ground&) { return std::to_string(base::limits::kListenBacklog); },
     nullptr},
    {"tcp-keepalive", [](const Ground& g) { return std::to_string(g.settings.keepalive_seconds); },
     [](const Ground& g, std::string_view text) {
       return integer(text, {0, kIntMax},
                      [&s = g.settings](std::int64_t n) { s.keepalive_seconds = n; });
     }},
    {"timeout", [](const Ground& g) { return std::to_string(g.settings.idle_seconds_max); },
     [](const Ground& g, std::string_view text) {
       return integer(text, {0, kIntMax},
                      [&s = g.settings](std::int64_t n) { s.idle_seconds_max = n; });
     }},
    {"tls-auth-clients", &show_tls_auth_clients, &read_tls_auth_clients},
    {"tls-ca-cert-dir", &show_tls<&TlsOptions::ca_cert_dir>, &read_tls<&TlsOptions::ca_cert_dir>},
    {"tls-ca-cert-file", &show_tls<&TlsOptions::ca_cert_file>,
     &read_tls<&TlsOptions::ca_cert_file>},
    {"tls-cert-file", &show_tls<&TlsOptions::cert_file>, &read_tls<&TlsOptions::cert_file>},
    {"tls-ciphers", &show_tls<&TlsOptions::ciphers>, &read_tls<&TlsOptions::ciphers>},
    {"tls-ciphersuites", &show_tls<&TlsOptions::ciphersuites>,
     &read_tls<&TlsOptions::ciphersuites>},
    {"tls-key-file", &show_tls<&TlsOptions::key_file>, &read_tls<&TlsOptions::key_file>},
    {"tls-key-file-pass", &show_tls_key_pass, &read_tls<&TlsOptions::key_file_pass>,
     Setting::Form::secret, &show_tls<&TlsOptions::key_file_pass>},
    {"tls-port", [](const Ground& g) { return std::to_string(g.host.tls_port()); }, nullptr},
    {"tls-prefer-server-ciphers", &show_tls<&TlsOptions::prefer_server_ciphers>,
     &read_tls<&TlsOptions::prefer_server_ciphers>},
    {"tls-protocols", &show_tls<&TlsOptions::protocols>, &read_tls<&TlsOptions::protocols>},
    {"tls-session-cache-size", &show_tls_number<&TlsOptions::sessions_max>,
     &read_tls_number<&TlsOptions::sessions_max>},
    {"tls-session-cache-timeout", &show_tls_number<&TlsOptions::session_seconds>,
     &read_tls_number<&TlsOptions::session_seconds>},
    {"tls-session-caching", &show_tls<&TlsOptions::session_caching>,
     &read_tls<&TlsOptions::session_caching>},
};
// clang-format on

}  // namespace

std::span<const Setting> settings() noexcept { return kSettings; }

const Setting* find_setting(std::string_view name) noexcept {
  for (const Setting& setting : kSettings) {
    if (base::same_word(setting.name, name)) return &setting;
  }
  return nullptr;
}

}  // namespace larder::server
