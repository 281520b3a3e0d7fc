// larder top: what a store does, once a second.
#include <cstdio>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/top_view.hpp"

namespace larder::apps {
namespace {

struct Top {
  std::string interval = "1s";
  std::uint64_t count = 0;
  bool json = false;
};

constexpr std::uint64_t kLinesOfAPage = 20;

TopLook look(std::string_view info) { return top_look(info, base::SystemClock::instance().now()); }

/// A server that is being started again is worth waiting for; one that refuses is not.
bool may_come_back(Errc code) {
  return code == Errc::disconnected || code == Errc::unreachable || code == Errc::timeout;
}

int top(const Top& options, const Target& target) {
  const auto interval = duration_or_bad_input(options.interval, "--interval");
  if (interval < Millis{10}) throw BadInput("--interval: 10ms at least");
  const auto store = open(target);
  auto before = look(value_or_end(store.info()));
  for (std::uint64_t line = 0; options.count == 0 || line < options.count;) {
    std::this_thread::sleep_for(interval);
    const auto info = store.info();
    if (!info && may_come_back(info.error().code)) {
      std::fprintf(stderr, "larder top: %s\n", info.error().detail.c_str());
      continue;
    }
    if (!info) end_with(info.error());
    const auto now = look(*info);
    const auto rates = top_rates(before, now);
    if (options.json) {
      print_line(top_json(rates, now).str());
    } else {
      if (line % kLinesOfAPage == 0) print_line(top_header());
      print_line(top_line(rates, now));
    }
    if (std::fflush(stdout) != 0) return kYes;  // Who read it has gone.
    before = now;
    ++line;
  }
  return kYes;
}

}  // namespace

Action declare_top(CLI::App& command) {
  auto options = std::make_shared<Top>();
  command.add_option("--interval", options->interval, "Time between two lines")
      ->type_name("TIME")
      ->capture_default_str();
  command.add_option("--count", options->count, "Stop after so many lines")->type_name("N");
  command.add_flag("--json", options->json, "Print a JSON object a line");
  return [options, target = declare_target(command)] { return top(*options, *target); };
}

}  // namespace larder::apps
