// The commands that change something: set, del, expire, incr, decr, flush.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/keep_whole.hpp"
#include "apps/report.hpp"
#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/numbers.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace larder::apps {
namespace {

struct Set {
  std::string key, value, file, ttl;
  bool value_given = false;
  bool nx = false;
  bool xx = false;
  bool keep_ttl = false;
  bool json = false;
};

std::string value_to_set(const Set& options) {
  if (options.value_given && !options.file.empty()) {
    throw BadInput("a value and --file: only one of them can be meant");
  }
  if (!options.value_given && options.file.empty()) {
    throw BadInput("no value: give one behind the key, - for standard input, or --file FILE");
  }
  if (options.value_given && options.value != "-") return options.value;
  const auto& path = options.value_given ? options.value : options.file;
  return value_or_bad_input(base::read_file(path, base::limits::kValueBytesMax),
                            path == "-" ? "" : "nothing was set");
}

int set(const Set& options, const Target& target) {
  SetOptions how{.keep_ttl = options.keep_ttl};
  if (!options.ttl.empty()) how.ttl = duration_or_bad_input(options.ttl, "--ttl");
  if (how.ttl == Millis{0})
    throw BadInput("--ttl: a time to live is longer than 0; `larder del` erases");
  if (options.nx) how.condition = SetIf::absent;
  if (options.xx) how.condition = SetIf::present;
  const auto value = value_to_set(options);
  const bool done = value_or_end(open(target).set(options.key, value, how));
  if (options.json) {
    print_line(Json{}.bytes("key", options.key).boolean("set", done).str());
    return done ? kYes : kNo;
  }
  if (!done) {
    throw Negative(options.nx ? "not set: the key is there already (--nx)"
                              : "not set: there is no such key (--xx)");
  }
  print_line("OK");
  return kYes;
}

struct Del {
  std::vector<std::string> keys;
  bool json = false;
};

int del(Del& options, const Target& target) {
  auto& keys = options.keys;
  take_whole(keys);
  const auto erased = value_or_end(open(target).erase_many(keys));
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  print_line(
      options.json
          ? Json{}.number("erased", number(erased)).number("asked", number(keys.size())).str()
          : std::to_string(erased));
  return erased > 0 ? kYes : kNo;
}

struct Expire {
  std::string key, ttl;
  bool never = false;
  bool json = false;
};

int expire(const Expire& options, const Target& target) {
  if (options.never == !options.ttl.empty()) {
    throw BadInput("either a time to live such as 20m, or --never");
  }
  std::optional<Millis> ttl;
  if (!options.never) ttl = duration_or_bad_input(options.ttl, "TIME");
  const bool found = value_or_end(open(target).expire(options.key, ttl));
  if (options.json) {
    Json json;
    json.bytes("key", options.key).boolean("found", found);
    print_line((ttl ? json.number("ttl_ms", ttl->count()) : json.null("ttl_ms")).str());
    return found ? kYes : kNo;
  }
  if (!found) {
    throw Negative("no key " + base::quoted(options.key));
  }
  print_line("OK");
  return kYes;
}

struct Add {
  std::string key, by = "1", ttl;
  bool json = false;
};

template <class Number>
int print_sum(const Add& options, Number sum) {
  if (options.json) {
    print_line(Json{}.bytes("key", options.key).number("value", sum).str());
  } else if constexpr (std::is_floating_point_v<Number>) {
    print_line(base::float_text(sum));
  } else {
    print_line(std::to_string(sum));
  }
  return kYes;
}

int add(const Add& options, const Target& target, int sign) {
  std::optional<Millis> ttl;
  if (!options.ttl.empty()) ttl = duration_or_bad_input(options.ttl, "--ttl");
  if (const auto whole = base::parse_integer(options.by)) {
    std::int64_t delta = 0;
    if (__builtin_mul_overflow(*whole, sign, &delta))
      throw BadInput("--by: " + options.by + " is too large");
    return print_sum(options, value_or_end(open(target).add(options.key, delta, ttl)));
  }
  const auto real = base::parse_float(options.by);
  if (!real || !std::isfinite(*real))
    throw BadInput("--by: expected a number, found '" + options.by + "'");
  const auto delta = static_cast<double>(*real) * sign;
  return print_sum(options, value_or_end(open(target).add(options.key, delta, ttl)));
}

std::string keys_text(std::size_t keys) {
  return base::count_text(keys) + (keys == 1 ? " key" : " keys");
}

/// Nothing but a whole "yes" counts, and only from a terminal.
void ask_before_flush(std::size_t keys, std::string_view url) {
  if (!base::is_terminal(base::Standard::input)) {
    throw BadInput("nobody is here to be asked; --yes flushes without a question");
  }
  std::fprintf(stderr, "Erase %s of %.*s? Type yes: ", keys_text(keys).c_str(),
               static_cast<int>(url.size()), url.data());
  char line[16] = "";
  if (std::fgets(line, sizeof line, stdin) == nullptr || std::string_view{line} != "yes\n") {
    throw Negative("nothing was erased");
  }
}

int flush(bool yes, bool json, const Target& target) {
  const auto store = open(target);
  const auto keys = value_or_end(store.size());
  if (!yes) ask_before_flush(keys, store.url());
  check(store.flush());
  print_line(json ? Json{}.number("erased", static_cast<std::int64_t>(keys)).str()
                  : "erased " + keys_text(keys));
  return kYes;
}

Action declare_add(CLI::App& command, int sign) {
  auto options = std::make_shared<Add>();
  command.add_option("KEY", options->key, "The name")->required();
  command.add_option("--by", options->by, "How much; 0.5 makes it a floating-point number")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--ttl", options->ttl, "Time to live, where the key is new")
      ->type_name("TIME");
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, sign, target = declare_target(command)] { return add(*options, *target, sign); };
}

}  // namespace

Action declare_set(CLI::App& command) {
  auto options = std::make_shared<Set>();
  command.add_option("KEY", options->key, "The name")->required();
  auto* value = command.add_option("VALUE", options->value, "The value; - reads standard input");
  command
      .add_option("--file", options->file, "Take the exact bytes of a file; - is standard input")
      ->type_name("FILE");
  auto* ttl = command.add_option("--ttl", options->ttl, "Time to live: 250ms, 10s, 5m, 1h, 7d")
                  ->type_name("TIME");
  auto* nx = command.add_flag("--nx", options->nx, "Only if there is no such key yet");
  command.add_flag("--xx", options->xx, "Only if there is such a key already")->excludes(nx);
  command.add_flag("--keep-ttl", options->keep_ttl, "Leave the time to live as it is")
      ->excludes(ttl);
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, value, target = declare_target(command)] {
    options->value_given = value->count() > 0;
    return set(*options, *target);
  };
}

Action declare_del(CLI::App& command) {
  auto options = std::make_shared<Del>();
  command.add_option("KEY", options->keys, "The names")->required()->type_name("");
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, target = declare_target(command)] { return del(*options, *target); };
}

Action declare_expire(CLI::App& command) {
  auto options = std::make_shared<Expire>();
  command.add_option("KEY", options->key, "The name")->required();
  command.add_option("TIME", options->ttl, "250ms, 10s, 5m, 1h, 7d; 0 erases the key");
  command.add_flag("--never", options->never, "Take the time to live away");
  command.add_flag("--json", options->json, "Print a JSON object");
  return [options, target = declare_target(command)] { return expire(*options, *target); };
}

Action declare_incr(CLI::App& command) { return declare_add(command, 1); }
Action declare_decr(CLI::App& command) { return declare_add(command, -1); }

Action declare_flush(CLI::App& command) {
  auto yes = std::make_shared<bool>(false);
  auto json = std::make_shared<bool>(false);
  command.add_flag("--yes", *yes, "Do not ask");
  command.add_flag("--json", *json, "Print a JSON object");
  return [yes, json, target = declare_target(command)] { return flush(*yes, *json, *target); };
}

}  // namespace larder::apps
