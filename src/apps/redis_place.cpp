// larder redis: the group of commands, and the folder that each of them works in.
#include "apps/redis_place.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "apps/declare.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "manage/system_host.hpp"

namespace larder::apps {
namespace {

/// Where programs keep what is theirs from one run to the next (XDG Base Directory Specification).
std::string default_folder() {
  if (const auto state = base::environment("XDG_STATE_HOME"); state.starts_with('/')) {
    return state + "/larder/redis";
  }
  const auto home = base::environment("HOME");
  if (home.empty()) throw BadInput("neither XDG_STATE_HOME nor HOME is set; --dir names a folder");
  return home + "/.local/state/larder/redis";
}

std::string full_path(const RedisPlace& place) {
  const auto folder = place.folder.empty() ? default_folder() : place.folder;
  std::error_code error;
  auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(folder, error), error);
  if (error) throw BadInput(folder + ": " + error.message());
  auto text = path.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  if (text.find('\n') != std::string::npos) throw BadInput("--dir: a name without line ends");
  return text;
}

}  // namespace

std::shared_ptr<RedisPlace> declare_place(CLI::App& command) {
  auto place = std::make_shared<RedisPlace>();
  command
      .add_option("--dir", place->folder,
                  "Where its state, logs and data are; without it, ~/.local/state/larder/redis")
      ->type_name("FOLDER");
  return place;
}

RedisHere::RedisHere(const RedisPlace& place, bool quiet)
    : host(manage::make_system_host()),
      redis(*host, full_path(place), [quiet](const std::string& words) {
        if (!quiet) std::fprintf(stderr, "larder: %s\n", words.c_str());
      }) {
  value_or_bad_input(base::check_own_folder(redis.folder()));
  base::keep_new_files_private();
}

const manage::Node& node_of(const manage::Setup& setup, const std::string& wanted) {
  for (std::size_t i = 0; i < setup.nodes.size(); ++i) {
    if (setup.nodes[i].name == wanted || std::to_string(i + 1) == wanted) return setup.nodes[i];
  }
  std::string names;
  for (const auto& node : setup.nodes) names += (names.empty() ? "" : ", ") + node.name;
  throw BadInput("--node " + wanted + ": there are " + names);
}

Action declare_redis(CLI::App& command) {
  auto actions = std::make_shared<RedisActions>();
  command.require_subcommand(1, 1);
  for (const auto declare :
       {&declare_redis_start, &declare_redis_stop, &declare_redis_status, &declare_redis_cli,
        &declare_redis_flush, &declare_redis_logs, &declare_redis_info, &declare_redis_policy}) {
    declare(command, *actions);
    actions->back().first->get_option("--help")->description("Print this and end");
  }
  return [actions] {
    const auto chosen = std::find_if(actions->begin(), actions->end(),
                                     [](const auto& row) { return row.first->parsed(); });
    return chosen->second();
  };
}

}  // namespace larder::apps
