// The commands that only look: get, exists, ttl, keys, info.
#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/keep_whole.hpp"
#include "apps/report.hpp"
#include "base/files.hpp"
#include "base/side_key.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::apps {
namespace {

struct Get {
  std::string key, out;
  bool json = false;
};

int get(const Get& options, const Target& target) {
  const auto value = value_or_end(open(target).get(options.key));
  if (options.json) {
    Json json;
    json.bytes("key", options.key);
    print_line((value ? json.bytes("value", *value) : json.null("value")).str());
    return value ? kYes : kNo;
  }
  if (!value) throw Negative("no key " + base::quoted(options.key));
  if (options.out.empty()) {
    print_bytes(*value);
  } else {
    check(base::write_file(options.out, *value));
  }
  return kYes;
}

struct Exists {
  std::vector<std::string> keys;
  bool json = false;
};

int exists(Exists& options, const Target& target) {
  take_whole(options.keys);
  const auto store = open(target);
  std::int64_t found = 0;
  for (const auto& key : options.keys) found += value_or_end(store.exists(key)) ? 1 : 0;
  const auto asked = static_cast<std::int64_t>(options.keys.size());
  print_line(options.json ? Json{}.number("exist", found).number("asked", asked).str()
                          : std::to_string(found));
  return found == asked ? kYes : kNo;
}

struct TimeToLive {
  std::string key;
  bool json = false;
};

int ttl(const TimeToLive& options, const Target& target) {
  const auto ttl = value_or_end(open(target).ttl(options.key));
  const bool missing = ttl.state == Ttl::State::missing;
  const bool remaining = ttl.state == Ttl::State::remaining;
  if (options.json) {
    Json json;
    json.bytes("key", options.key)
        .text("state", missing     ? "missing"
                       : remaining ? "remaining"
                                   : "persistent");
    print_line((remaining ? json.number("left_ms", ttl.left.count()) : json.null("left_ms")).str());
  } else if (missing) {
    throw Negative("no key " + base::quoted(options.key));
  } else {
    print_line(remaining ? base::duration_text(ttl.left) : "persistent");
  }
  return missing ? kNo : kYes;
}

struct Keys {
  std::string match;
  std::uint64_t limit = 0;
  bool json = false;
};

int keys(const Keys& options, const Target& target) {
  const auto store = open(target);
  std::uint64_t printed = 0;
  // What Larder remembers beside a key is shown to who asks for it by its mark.
  const bool side_keys_too = options.match.find('~') != std::string::npos;
  ScanPage page;
  do {
    page = value_or_end(store.scan(page.cursor, {.match = options.match, .count = 1'000}));
    for (const auto& key : page.keys) {
      if (options.limit != 0 && printed == options.limit) break;
      if (!side_keys_too && base::is_side_key(key)) continue;
      if (options.json) {
        print_line((printed == 0 ? "[" : ",") + json_of_bytes(key));
      } else {
        print_bytes(key);
      }
      ++printed;
    }
  } while (page.cursor != 0 && (options.limit == 0 || printed < options.limit));
  if (options.json) print_line(printed == 0 ? "[]" : "]");
  return kYes;
}

int info(bool json, const Target& target) {
  auto text = value_or_end(open(target).info());
  if (json) {
    print_line(info_as_json(text).str());
    return kYes;
  }
  std::erase(text, '\r');
  while (text.ends_with('\n')) text.pop_back();
  print_line(text);
  return kYes;
}

}  // namespace

Action declare_get(CLI::App& command) {
  auto options = std::make_shared<Get>();
  command.add_option("KEY", options->key, "The name")->required();
  command
      .add_option("--out", options->out, "Write the exact bytes to a file; - is standard output")
      ->type_name("FILE");
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, target = declare_target(command)] { return get(*options, *target); };
}

Action declare_exists(CLI::App& command) {
  auto options = std::make_shared<Exists>();
  command.add_option("KEY", options->keys, "The names")->required()->type_name("");
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, target = declare_target(command)] { return exists(*options, *target); };
}

Action declare_ttl(CLI::App& command) {
  auto options = std::make_shared<TimeToLive>();
  command.add_option("KEY", options->key, "The name")->required();
  command.add_flag("--json", options->json, "Print a JSON object, the time in milliseconds");
  return [options, target = declare_target(command)] { return ttl(*options, *target); };
}

Action declare_keys(CLI::App& command) {
  auto options = std::make_shared<Keys>();
  command
      .add_option("--match", options->match, "Only keys like this: * ? [a-z] and \\ as in Redis")
      ->type_name("PATTERN");
  command.add_option("--limit", options->limit, "Stop after so many")->type_name("N");
  command.add_flag("--json", options->json, "Print a JSON array");
  return [options, target = declare_target(command)] { return keys(*options, *target); };
}

Action declare_info(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Print a JSON object");
  return [json, target = declare_target(command)] { return info(*json, *target); };
}

}  // namespace larder::apps
