// What all deeds share: the folder's lock, its state, and which processes are ours.
#include "manage/local_redis.hpp"

#include <algorithm>

#include "base/numbers.hpp"
#include "manage/info_text.hpp"
#include "manage/state_file.hpp"

namespace larder::manage {
namespace {

// A start of many servers may take its time; who waits longer has met one that hangs.
constexpr base::Millis kLockTime{120'000};
constexpr base::Millis kLockPause{50};

Error nothing_here(const std::string& folder) {
  return {Errc::bad_argument, Effect::refused,
          "no Redis was started in " + folder +
              "; `larder redis start` starts one, --dir names another folder"};
}

}  // namespace

LocalRedis::LocalRedis(Host& host, std::string folder, Say say)
    : host_(host), folder_(std::move(folder)), say_(std::move(say)) {}

Result<std::unique_ptr<HostLock>> LocalRedis::lock() {
  if (auto made = host_.make_folder(folder_); !made) return made.error();
  const auto until = host_.now() + kLockTime;
  for (bool told = false; host_.now() < until; host_.sleep(kLockPause)) {
    auto lock = host_.lock(folder_);
    if (!lock) return lock.error();
    if (*lock) return std::move(*lock);
    if (!std::exchange(told, true)) say_("waiting for another `larder redis` in " + folder_);
  }
  return Error{Errc::timeout, Effect::not_sent,
               "another `larder redis` has been at work in " + folder_ + " for " +
                   std::to_string(kLockTime.count() / 1000) + " s; end it, then come back"};
}

Result<std::optional<Setup>> LocalRedis::load() {
  auto text = host_.read(folder_ + "/state");
  if (!text) return text.error();
  if (!*text) return std::optional<Setup>();
  auto setup = read_state(**text);
  if (!setup) {
    return Error{Errc::bad_value, Effect::refused,
                 folder_ + "/state: " + setup.error().detail +
                     "; end its servers by hand if any run, and remove the folder"};
  }
  return std::optional<Setup>(std::move(*setup));
}

Result<void> LocalRedis::save(const Setup& setup) {
  return host_.write(folder_ + "/state", state_text(setup));
}

Result<std::string> LocalRedis::password() {
  auto text = host_.read(password_file());
  if (!text) return text.error();
  auto password = text->value_or("");
  password.resize(std::min(password.size(), password.find('\n')));
  return password;
}

std::string LocalRedis::conf_of(const Node& node) const {
  return folder_of(node) + (node.sentinel ? "/sentinel.conf" : "/redis.conf");
}

bool LocalRedis::runs(const Setup& setup, const Node& node) {
  if (node.process.id == 0 || setup.boot != host_.boot_name()) return false;
  const auto facts = host_.process_facts(node.process.id);
  // A server that was just started may not have gone to its folder yet; ours are started in it.
  return facts && facts->mark == node.process &&
         (facts->folder.empty() || facts->folder == folder_of(node));
}

void LocalRedis::find_lost(Setup& setup, const std::string& password) {
  for (Node& node : setup.nodes) {
    if (runs(setup, node)) continue;
    node.process = {};
    const auto file = host_.read(folder_of(node) + "/pid");
    if (!file || !*file || node.port == 0) continue;
    const auto text = std::string_view(**file).substr(0, (*file)->find_first_not_of("0123456789"));
    const auto number = base::parse_unsigned(text);
    if (!number || *number > 0x7fffffff) continue;
    const auto facts = host_.process_facts(static_cast<int>(*number));
    if (!facts || facts->folder != folder_of(node)) continue;
    const auto info = host_.ask(node.port, node.sentinel ? "" : password, {"INFO", "server"});
    if (!info || info_field(*info, "config_file") != conf_of(node)) continue;
    if (info_number(*info, "process_id") != *number) continue;
    node.process = facts->mark;
    setup.boot = host_.boot_name();
  }
}

Result<Setup> LocalRedis::known() {
  auto setup = load();
  if (!setup) return setup.error();
  if (!*setup) return nothing_here(folder_);
  auto secret = password();
  if (!secret) return secret.error();
  find_lost(**setup, *secret);
  return std::move(**setup);
}

Result<Setup> LocalRedis::running() {
  auto setup = known();
  if (!setup) return setup;
  const bool any = std::any_of(setup->nodes.begin(), setup->nodes.end(),
                               [&](const Node& node) { return runs(*setup, node); });
  if (any) return setup;
  return Error{Errc::bad_argument, Effect::refused,
               "the Redis in " + folder_ + " is stopped; `larder redis start` starts it again"};
}

}  // namespace larder::manage
