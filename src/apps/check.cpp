// larder check: what a folder of `larder serve --dir` holds, and what can be saved of a damaged one.
#include "node/check.hpp"

#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "apps/report.hpp"
#include "base/clock.hpp"
#include "base/units.hpp"
#include "node/durability.hpp"
#include "node/folder.hpp"

namespace larder::apps {
namespace {

struct Check {
  std::string folder, repaired;
};

/// A folder and the node that is filled from it.
struct Scratch {
  node::LoadClock clock{base::SystemClock::instance()};
  node::Node node{{.databases = 128}, clock};
};

std::unique_ptr<base::Disk> open_existing(const std::string& folder) {
  if (!std::filesystem::is_directory(folder)) throw BadInput(folder + ": there is no such folder");
  return value_or_bad_input(base::open_system_disk(folder));
}

void print_entries(node::Node& node) {
  print_line(base::count_text(node.stats().entries) + " entries");
}

/// Into a folder that does not hold anything yet, as one whole snapshot.
int repair(const Check& options, base::Disk& disk) {
  std::error_code ignored;
  if (std::filesystem::exists(options.repaired, ignored) &&
      !std::filesystem::is_empty(options.repaired, ignored)) {
    throw BadInput("--repair " + options.repaired + ": it has files already; name a new folder");
  }
  Scratch scratch;
  const auto saved = value_or_bad_input(node::salvage(disk, scratch.node, scratch.clock));
  for (const std::string& note : saved.notes) print_line(note);
  auto made = value_or_bad_input(
      node::Durability::open(value_or_bad_input(base::open_system_disk(options.repaired)),
                             scratch.node, scratch.clock, {.own_thread = false}));
  if (auto done = made->save(); !done) throw BadInput(done.error().detail);
  print_entries(scratch.node);
  print_line("saved to " + options.repaired + "; " + options.folder + " is as it was");
  return saved.notes.empty() ? kYes : kNo;
}

int check_folder(const Check& options) {
  const auto disk = open_existing(options.folder);
  const auto lock = value_or_bad_input(disk->lock(node::kLockName));
  if (!options.repaired.empty()) return repair(options, *disk);
  Scratch scratch;
  const auto report = value_or_bad_input(node::check_folder(*disk, scratch.node, scratch.clock));
  for (const auto& file : report.files) {
    print_line((file.good ? "  " : "! ") + file.name + "  " + file.what);
  }
  if (!report.starts) throw BadInput("a server would not start from it: " + report.notes.front());
  for (const std::string& note : report.notes) print_line(note);
  print_entries(scratch.node);
  print_line(report.notes.empty() ? "sound" : "a server would start, and do as said above");
  return report.notes.empty() ? kYes : kNo;
}

}  // namespace

Action declare_check(CLI::App& command) {
  auto options = std::make_shared<Check>();
  command.add_option("DIR", options->folder, "The folder, which no server is using")->required();
  command
      .add_option("--repair", options->repaired,
                  "Save everything good into this new folder; DIR itself is never changed")
      ->type_name("NEW");
  return [options] { return check_folder(*options); };
}

}  // namespace larder::apps
