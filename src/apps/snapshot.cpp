// larder snapshot: asks a server to write one, and waits until it is on the disk.
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/ask.hpp"
#include "apps/connect.hpp"
#include "apps/declare.hpp"
#include "apps/report.hpp"
#include "base/numbers.hpp"

namespace larder::apps {
namespace {

constexpr Millis kLookEvery{50};

/// A field of INFO; empty: it has none.
std::string field(const std::string& info, const std::string& name) {
  const auto at = info.find("\n" + name + ":");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 2;
  return info.substr(begin, info.find_first_of("\r\n", begin) - begin);
}

int snapshot(const Target& target) {
  const auto store = open(target);
  const auto saves = field(value_or_end(store.info()), "rdb_saves");
  value_or_end(ask(target, {"BGSAVE"}));
  for (;;) {
    std::this_thread::sleep_for(kLookEvery);
    const auto info = value_or_end(store.info());
    if (field(info, "rdb_bgsave_in_progress") != "0") continue;
    if (field(info, "rdb_last_bgsave_status") != "ok") {
      throw Negative("the snapshot failed: " + field(info, "rdb_last_bgsave_error"));
    }
    if (!saves.empty() && field(info, "rdb_saves") == saves) continue;  // Not yet begun.
    print_line("OK");
    return kYes;
  }
}

}  // namespace

Action declare_snapshot(CLI::App& command) {
  return [target = declare_target(command)] { return snapshot(*target); };
}

}  // namespace larder::apps
