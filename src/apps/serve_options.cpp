#include "apps/serve_options.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "apps/command.hpp"
#include "base/files.hpp"
#include "base/limits.hpp"
#include "base/units.hpp"
#include "net/socket.hpp"

namespace larder::apps {
namespace {

void refuse_what_is_not_there_yet(const ServeFlags& flags) {
  if (!flags.dir.empty()) {
    throw BadInput(
        "--dir: this version keeps everything in memory and cannot write to a folder yet; "
        "leave --dir away, and nothing survives a restart");
  }
  if (!flags.fsync.empty()) {
    throw BadInput(
        "--fsync: says how the log in --dir reaches the disk, and there is no --dir; "
        "leave it away");
  }
}

std::string read_password(const std::string& path) {
  auto secret = value_or_bad_input(base::read_secret(path));
  if (secret.others_can_read) {
    std::fprintf(stderr, "larder serve: others can read %s: chmod 600 %s\n", path.c_str(),
                 path.c_str());
  }
  return secret.text;
}

/// So little is a unit forgotten, not a cache.
std::uint64_t read_memory_max(const std::string& text) {
  const auto bytes = base::parse_size(text);
  if (!bytes) throw BadInput("--max-memory: " + bytes.error().detail);
  if (*bytes != 0 && *bytes < base::limits::kMiB) {
    throw BadInput("--max-memory " + text + ": that is " + base::size_text(*bytes) +
                   ", and a cache needs 1 MiB at least; units are kb, mb, gb and KiB, MiB, GiB");
  }
  return *bytes;
}

/// More threads than four do not help before the network is faster than 10 Gbit/s.
unsigned threads_of_this_machine() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

}  // namespace

std::string eviction_names(std::string_view separator) {
  std::string names;
  for (const auto policy : policy::kEvictions) {
    names.append(names.empty() ? "" : separator).append(to_string(policy));
  }
  return names;
}

ServeOptions checked(const ServeFlags& flags) {
  refuse_what_is_not_there_yet(flags);
  ServeOptions options{
      .bind = flags.bind,
      .port = flags.port,
      .threads = flags.threads == 0 ? threads_of_this_machine() : flags.threads,
      .password = flags.password_file.empty() ? flags.password : read_password(flags.password_file),
      .config_file = flags.config_file,
      .settings = flags.settings,
      .metrics = flags.metrics,
      .metrics_bind = flags.metrics_bind,
      .metrics_port = flags.metrics_port};
  if (options.password.empty() && !net::is_loopback(options.bind)) {
    throw BadInput("--bind " + options.bind +
                   ": whoever reaches this address could read and erase everything; give "
                   "--requirepass-file FILE, or listen on 127.0.0.1");
  }
  if (!flags.memory_max.empty()) options.memory_bytes_max = read_memory_max(flags.memory_max);
  const auto eviction = policy::eviction_from(flags.eviction);
  if (!eviction) {
    throw BadInput("--eviction: no policy '" + flags.eviction + "'; there are " +
                   eviction_names(", "));
  }
  options.eviction = *eviction;
  return options;
}

}  // namespace larder::apps
