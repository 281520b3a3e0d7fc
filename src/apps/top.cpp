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

TopLook look(const Store& store) {
  const auto info = value_or_end(store.info());
  return top_look(info, base::SystemClock::instance().now());
}

int top(const Top& options, const Target& target) {
  const auto interval = duration_or_bad_input(options.interval, "--interval");
  if (interval < Millis{10}) throw BadInput("--interval: 10ms at least");
  const auto store = open(target);
  auto before = look(store);
  for (std::uint64_t line = 0; options.count == 0 || line < options.count; ++line) {
    std::this_thread::sleep_for(interval);
    const auto now = look(store);
    const auto rates = top_rates(before, now);
    if (options.json) {
      print_line(top_json(rates, now).str());
    } else {
      if (line % kLinesOfAPage == 0) print_line(top_header());
      print_line(top_line(rates, now));
    }
    if (std::fflush(stdout) != 0) return kYes;  // Who read it has gone.
    before = now;
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
