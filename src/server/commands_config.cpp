// CONFIG: settings shown, changed together or not at all, and written back to the file they came from.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "base/glob.hpp"
#include "base/text.hpp"
#include "server/call.hpp"
#include "server/config.hpp"
#include "server/config_file.hpp"
#include "server/handlers.hpp"

namespace larder::server {
namespace {

Ground ground_of(Call& call, TlsDraft& tls) {
  return {call.node(), call.context.settings, call.context.host, call.context.options, tls};
}

bool matches_any(Args patterns, std::string_view name) {
  for (const std::string_view pattern : patterns) {
    if (base::glob_match(base::lower(pattern), name)) return true;
  }
  return false;
}

void fail_set(Call& call, std::string_view name, std::string_view why) {
  call.fail("ERR CONFIG SET failed (possibly related to argument '" + std::string(quotable(name)) +
            "') - " + std::string(why));
}

/// Each pair's setting; replies with an error and says none when a name may not stand there.
std::vector<const Setting*> named_settings(Call& call) {
  std::vector<const Setting*> found;
  for (std::size_t i = 2; i < call.args.size(); i += 2) {
    const Setting* setting = find_setting(call.arg(i));
    if (setting == nullptr) {
      call.fail("ERR Unknown option or number of arguments for CONFIG SET - '" +
                std::string(quotable(call.arg(i))) + "'");
      return {};
    }
    const bool twice = std::find(found.begin(), found.end(), setting) != found.end();
    if (setting->read == nullptr || twice) {
      fail_set(call, call.arg(i), twice ? "duplicate parameter" : "can't set immutable config");
      return {};
    }
    found.push_back(setting);
  }
  return found;
}

std::string line_value(const Setting& setting, const Ground& ground) {
  switch (setting.form) {
    case Setting::Form::word:
      break;
    case Setting::Form::words:
      return setting.show(ground);
    case Setting::Form::secret:
      return quoted_value(setting.reveal(ground));
  }
  return quoted_value(setting.show(ground));
}

/// What a file that others can read must not be given.
bool holds_secret(const std::set<std::string_view>& changed, const Ground& ground) {
  return std::any_of(changed.begin(), changed.end(), [&](std::string_view name) {
    const Setting& setting = *find_setting(name);
    return setting.form == Setting::Form::secret && !setting.reveal(ground).empty();
  });
}

Result<void> write_back(const std::string& path, const Ground& ground) {
  const auto changed = ground.settings.changed();
  const auto privacy = base::privacy_of(path);
  if (!privacy) return privacy.error();
  if (holds_secret(changed, ground) && privacy->others_can_read) {
    return Error{Errc::bad_argument, Effect::refused,
                 "others can read " + path + ", which would hold a password: chmod 600"};
  }
  const auto text = base::read_file(path, kConfigBytesMax);
  if (!text) return text.error();
  std::map<std::string, std::string> values;
  for (const std::string_view name : changed) {
    values.emplace(name, line_value(*find_setting(name), ground));
  }
  return base::write_file(path, rewrite_config(*text, values), base::Durable::yes);
}

}  // namespace

void config_get(Call& call) {
  TlsDraft none(call.context.settings.tls);
  const Ground ground = ground_of(call, none);
  std::vector<const Setting*> found;
  for (const Setting& setting : settings()) {
    if (matches_any(call.args.subspan(2), setting.name)) found.push_back(&setting);
  }
  call.reply.map(found.size());
  for (const Setting* setting : found) {
    call.reply.bulk(setting->name);
    call.reply.bulk(setting->show(ground));
  }
}

void config_set(Call& call) {
  if (call.args.size() % 2 != 0) {
    return call.fail("ERR wrong number of arguments for 'config|set' command");
  }
  const auto named = named_settings(call);
  if (named.empty()) return;
  TlsDraft tls(call.context.settings.tls);
  const Ground ground = ground_of(call, tls);
  std::vector<Change> changes;
  for (std::size_t i = 0; i < named.size(); ++i) {
    changes.push_back(named[i]->read(ground, call.arg(3 + 2 * i)));
    if (!changes.back().wrong.empty()) {
      return fail_set(call, call.arg(2 + 2 * i), changes.back().wrong);
    }
  }
  if (const auto ready = tls.prepare(); !ready) {
    const auto of_tls = [](const Setting* setting) { return setting->name.starts_with("tls-"); };
    const Setting* first = *std::find_if(named.begin(), named.end(), of_tls);
    return fail_set(call, first->name, ready.error().detail);
  }
  tls.apply();
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (changes[i].apply) changes[i].apply();
    ground.settings.note_change(named[i]->name);
  }
  call.ok();
}

void config_reset_stat(Call& call) {
  call.context.host.reset_stats();
  call.ok();
}

void config_rewrite(Call& call) {
  const std::string& path = call.context.options.config_file;
  if (path.empty()) return call.fail("ERR The server is running without a config file");
  TlsDraft none(call.context.settings.tls);
  const auto written = write_back(path, ground_of(call, none));
  if (!written) return call.fail("ERR Rewriting config file: " + written.error().detail);
  call.ok();
}

}  // namespace larder::server
