#include "base/process.hpp"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace larder::base {
namespace {

sigset_t stop_signals(bool with_hangup) noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (with_hangup) sigaddset(&set, SIGHUP);
  return set;
}

std::uint64_t resident_bytes() noexcept {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long total = 0;
  unsigned long resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))
                   : 0;
}

std::uint64_t open_descriptors() noexcept {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  std::uint64_t entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries > 3 ? entries - 3 : 0;  // ".", "..", and the folder itself.
}

double seconds(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

StopSignals::StopSignals(bool with_hangup) noexcept : with_hangup_(with_hangup) {
  const sigset_t set = stop_signals(with_hangup_);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopSignals::~StopSignals() { release(); }

std::string StopSignals::wait(const std::function<void()>& on_hangup) {
  const sigset_t set = stop_signals(with_hangup_);
  int number = 0;
  while (sigwait(&set, &number) != 0 || number == SIGHUP) {
    if (std::exchange(number, 0) == SIGHUP && on_hangup) on_hangup();
  }
  release();
  return number == SIGINT ? "SIGINT" : "SIGTERM";
}

void StopSignals::request() noexcept { ::kill(::getpid(), SIGTERM); }

void StopSignals::release() noexcept {
  if (!held_) return;
  held_ = false;
  const sigset_t set = stop_signals(false);  // A renewal must not cut short the end.
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void ignore_broken_pipes() noexcept {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

void give_back_large_memory() noexcept {
  // A system call and fresh pages for each megabyte cost about as much as copying it. Any fixed size also keeps glibc
  // from raising it to that of the largest piece freed.
  ::mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
}

bool is_terminal(Standard stream) noexcept { return ::isatty(static_cast<int>(stream)) == 1; }

int process_id() noexcept { return ::getpid(); }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Usage process_usage() {
  Usage usage{.memory_bytes = resident_bytes(), .descriptors_open = open_descriptors()};
  rusage times{};
  if (::getrusage(RUSAGE_SELF, &times) == 0) {
    usage.cpu_system_seconds = seconds(times.ru_stime);
    usage.cpu_seconds = seconds(times.ru_utime) + seconds(times.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.descriptors_max = limit.rlim_cur;
  return usage;
}

}  // namespace larder::base
