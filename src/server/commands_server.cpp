// The server as a whole: its clock, its settings, its end.
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/glob.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "server/call.hpp"
#include "server/handlers.hpp"
#include "server/slow_log.hpp"

namespace larder::server {
namespace {

/// A setting that CONFIG knows. Without `set` it is fixed for this process.
struct Setting {
  std::string_view name;
  std::string (*get)(Call& call);
  /// Applies the text; words of what is wrong with it, or none.
  std::string (*set)(Call& call, std::string_view text);
};

std::string set_maxmemory(Call& call, std::string_view text) {
  const auto bytes = base::parse_size(text);
  if (!bytes) return "argument must be a memory value";
  call.node().set_bytes_max(static_cast<std::size_t>(*bytes));
  return {};
}

std::string set_policy(Call& call, std::string_view text) {
  const auto policy = policy::eviction_from(base::lower(text));
  if (!policy) return "argument(s) must be one of the eviction policies";
  call.node().set_eviction(*policy);
  return {};
}

std::string set_slow_threshold(Call& call, std::string_view text) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const auto micros = base::parse_integer(text);
  if (!micros) return "argument couldn't be parsed into an integer";
  if (*micros < -1) {
    return "argument must be between -1 and " + std::to_string(kMax) + " inclusive";
  }
  call.context.host.slow_log().set_threshold(*micros);
  return {};
}

std::string set_slow_length(Call& call, std::string_view text) {
  const auto length = base::parse_integer(text);
  if (!length) return "argument couldn't be parsed into an integer";
  if (*length < 0 || *length > SlowLog::kLengthLimit) {
    return "argument must be between 0 and " + std::to_string(SlowLog::kLengthLimit) + " inclusive";
  }
  call.context.host.slow_log().set_length_max(static_cast<std::size_t>(*length));
  return {};
}

constexpr Setting kSettings[] = {
    {"appendonly", [](Call&) { return std::string("no"); }, nullptr},
    {"bind", [](Call& call) { return call.context.options.bind; }, nullptr},
    {"databases", [](Call& call) { return std::to_string(call.node().databases()); }, nullptr},
    {"io-threads", [](Call& call) { return std::to_string(call.context.options.threads); },
     nullptr},
    {"maxclients", [](Call& call) { return std::to_string(call.context.options.clients_max); },
     nullptr},
    {"maxmemory", [](Call& call) { return std::to_string(call.node().stats().bytes_max); },
     &set_maxmemory},
    {"maxmemory-policy",
     [](Call& call) { return std::string(policy::to_string(call.node().eviction())); },
     &set_policy},
    {"port", [](Call& call) { return std::to_string(call.context.host.port()); }, nullptr},
    {"proto-max-bulk-len", [](Call&) { return std::to_string(base::limits::kBulkBytesMax); },
     nullptr},
    {"save", [](Call&) { return std::string(); }, nullptr},
    {"slowlog-log-slower-than",
     [](Call& call) { return std::to_string(call.context.host.slow_log().threshold_micros()); },
     &set_slow_threshold},
    {"slowlog-max-len",
     [](Call& call) { return std::to_string(call.context.host.slow_log().length_max()); },
     &set_slow_length},
    {"tcp-keepalive", [](Call&) { return std::to_string(base::limits::kKeepaliveIdle.count()); },
     nullptr},
    {"timeout", [](Call&) { return std::string("0"); }, nullptr},
};

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (base::same_word(setting.name, name)) return &setting;
  }
  return nullptr;
}

bool matches_any(Args patterns, std::string_view name) {
  for (const std::string_view pattern : patterns) {
    if (base::glob_match(base::lower(pattern), name)) return true;
  }
  return false;
}

}  // namespace

void config_get(Call& call) {
  std::vector<const Setting*> found;
  for (const Setting& setting : kSettings) {
    if (matches_any(call.args.subspan(2), setting.name)) found.push_back(&setting);
  }
  call.reply.map(found.size());
  for (const Setting* setting : found) {
    call.reply.bulk(setting->name);
    call.reply.bulk(setting->get(call));
  }
}

void config_set(Call& call) {
  if (call.args.size() % 2 != 0) {
    return call.fail("ERR wrong number of arguments for 'config|set' command");
  }
  // All names are looked at before anything is changed.
  for (std::size_t i = 2; i < call.args.size(); i += 2) {
    const Setting* setting = find_setting(call.arg(i));
    const std::string name(call.arg(i));
    if (setting == nullptr) {
      return call.fail("ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
    }
    if (setting->set == nullptr) {
      return call.fail("ERR CONFIG SET failed (possibly related to argument '" + name +
                       "') - can't set immutable config");
    }
  }
  for (std::size_t i = 2; i < call.args.size(); i += 2) {
    const std::string wrong = find_setting(call.arg(i))->set(call, call.arg(i + 1));
    if (!wrong.empty()) {
      return call.fail("ERR CONFIG SET failed (possibly related to argument '" +
                       std::string(call.arg(i)) + "') - " + wrong);
    }
  }
  call.ok();
}

void config_reset_stat(Call& call) {
  call.context.host.reset_stats();
  call.ok();
}

void time(Call& call) {
  const auto millis = call.context.clock.wall().time_since_epoch().count();
  call.reply.array(2);
  call.reply.bulk(std::to_string(millis / 1'000));
  call.reply.bulk(std::to_string(millis % 1'000 * 1'000));
}

void shutdown(Call& call) {
  for (const std::string_view word : call.args.subspan(1)) {
    const bool known = base::same_word(word, "nosave") || base::same_word(word, "save") ||
                       base::same_word(word, "now") || base::same_word(word, "force");
    if (!known) return call.fail(errors::kSyntax);
  }
  const auto& end = call.context.options.on_shutdown;
  if (!end) return call.fail("ERR Errors trying to SHUTDOWN. Check logs.");
  end();
  // As in Redis, there is no reply: the connection ends with the server.
  call.client.closing = true;
}

void container(Call&) {}

}  // namespace larder::server
