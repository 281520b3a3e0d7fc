// What survives: a process writes and is killed, and another finds what it wrote: in the log, then in a snapshot.
//
//     ./05_survival
#include <larder/larder.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const fs::path folder =
    fs::temp_directory_path() / ("larder-survival-" + std::to_string(::getpid()));

larder::Store open() {
  // A call that writes returns when its record is in the kernel; with fsync=always, on the disk.
  return larder::Store::open("memory:" + folder.string() + "?fsync=everysec").value();
}

/// Runs `work` in a process of its own, which ends as `kill -9` ends one.
void in_a_process_that_is_killed(const std::function<void(larder::Store&)>& work) {
  std::fflush(stdout);
  if (const pid_t child = ::fork(); child != 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  auto store = open();
  work(store);
  ::raise(SIGKILL);
}

int count(const std::string& beginning) {
  int files = 0;
  for (const auto& file : fs::directory_iterator(folder))
    files += file.path().filename().string().starts_with(beginning) ? 1 : 0;
  return files;
}

}  // namespace

int main() {
  in_a_process_that_is_killed([](larder::Store& store) {
    for (int i = 0; i < 1'000; ++i) store.set("k" + std::to_string(i), "v").value();
    store.set("session", "token", {.ttl = 1h}).value();
    store.add("hits", std::int64_t{42}).value();
    store.erase("k0").value();
  });
  std::printf("killed: %d log, %d snapshots\n", count("log"), count("snapshot"));

  {
    auto store = open();
    std::printf("from the log: %zu entries, hits %s, the session still has a time to live: %s\n",
                store.size().value(), store.get("hits").value()->c_str(),
                store.ttl("session").value().state == larder::Ttl::State::remaining ? "yes" : "no");
  }  // The last handle goes: a snapshot takes the place of the log.
  std::printf("closed: %d snapshot\n", count("snapshot"));

  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().filename().string().starts_with("log")) fs::remove(file.path());
  }
  {
    auto store = open();
    std::printf("from the snapshot alone: %zu entries, hits %s\n", store.size().value(),
                store.get("hits").value()->c_str());
    // A folder has one process at a time.
    std::printf("opened twice: %s\n",
                larder::Store::open("memory:" + folder.string()) ? "yes" : "refused");
  }
  fs::remove_all(folder);
}
