// larder copy: every entry of a store into another.
#include <larder/copy.hpp>

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/report.hpp"
#include "base/clock.hpp"
#include "base/process.hpp"
#include "base/units.hpp"
#include "lab/progress.hpp"

namespace larder::apps {
namespace {

struct Copy {
  Target from, to;
  std::string match;
  bool replace = false, json = false;
};

std::string told(const CopyCounts& counts) {
  std::string text =
      "copied " + base::count_text(counts.copied) + (counts.copied == 1 ? " entry" : " entries");
  const auto add = [&](std::uint64_t count, const char* words) {
    if (count != 0) text += ", " + base::count_text(count) + words;
  };
  add(counts.there, " there already (--replace writes over them)");
  add(counts.gone, " gone meanwhile");
  add(counts.other_kinds, " of another kind left out (list, hash, …)");
  return text;
}

Json json_of(const CopyCounts& counts) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  return Json{}
      .number("copied", number(counts.copied))
      .number("there", number(counts.there))
      .number("gone", number(counts.gone))
      .number("other_kinds", number(counts.other_kinds));
}

int copy_all(const Copy& options) {
  if (options.from.url == options.to.url) throw BadInput("FROM and TO are the same store");
  const auto from = open(options.from);
  const auto to = open(options.to);
  // Of a pattern nobody knows how many keys it has.
  const auto all = options.match.empty() ? value_or_end(from.size()) : 0;
  lab::ProgressBar bar(stderr, base::is_terminal(base::Standard::error),
                       base::SystemClock::instance());
  CopyCounts last;
  CopyOptions how{.match = options.match, .replace = options.replace};
  how.progress = [&](const CopyCounts& counts) {
    last = counts;
    const auto part =
        static_cast<double>(counts.seen) / static_cast<double>(std::max<std::size_t>(all, 1));
    bar.update("copying", all == 0 ? std::optional<double>() : part, base::count_text(counts.seen));
    return true;
  };
  const auto counts = copy(from, to, how);
  if (!counts) {
    auto error = counts.error();
    error.detail = (error.detail.empty() ? to_string(error) : error.detail) +
                   "; until then: " + told(last) + ", and the same command goes on from there";
    throw BadInput(error.detail);
  }
  print_line(options.json ? json_of(*counts).str() : told(*counts));
  return kYes;
}

void declare_end(CLI::App& command, Target& target, const std::string& name, const char* what) {
  target.url.clear();
  command.add_option(name, target.url, what)->required()->type_name("");
}

}  // namespace

Action declare_copy(CLI::App& command) {
  auto options = std::make_shared<Copy>();
  declare_end(command, options->from, "FROM", "The store to read: redis://…, memory:/folder, …");
  declare_end(command, options->to, "TO", "The store to write");
  command
      .add_option("--match,--pattern", options->match,
                  "Only keys like this: * ? [a-z] and \\ as in Redis")
      ->type_name("PATTERN");
  command.add_flag("--replace", options->replace, "Write over keys that TO has already");
  command.add_flag("--json", options->json, "Print a JSON object");
  const auto password = [&](const char* flag, Target& target) {
    command
        .add_option(flag, target.password_file,
                    "Its first line is the password; without it, LARDER_PASSWORD is")
        ->type_name("FILE")
        ->group("Connection");
  };
  password("--from-password-file", options->from);
  password("--to-password-file", options->to);
  command.add_option("--timeout", options->from.timeout, "How long one call may take")
      ->type_name("TIME")
      ->capture_default_str()
      ->group("Connection");
  return [options] {
    options->to.timeout = options->from.timeout;
    return copy_all(*options);
  };
}

}  // namespace larder::apps
