#include "base/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/files.hpp"
#include "base/numbers.hpp"

extern char** environ;

namespace larder::base {
namespace {

constexpr std::uint64_t kProcFileBytesMax = 16 * 1024;

Error io_failure(const std::string& what, int error) {
  return {Errc::io, Effect::refused, what + ": " + std::generic_category().message(error)};
}

/// The fields of /proc/N/stat behind the name, which may itself hold spaces and brackets: state is the first.
std::vector<std::string_view> fields_of(std::string_view stat) {
  std::vector<std::string_view> fields;
  const auto end = stat.rfind(')');
  if (end == std::string_view::npos) return fields;
  auto rest = stat.substr(end + 1);
  while (!rest.empty()) {
    const auto begin = rest.find_first_not_of(" \n");
    if (begin == std::string_view::npos) break;
    rest.remove_prefix(begin);
    const auto word = rest.substr(0, rest.find_first_of(" \n"));
    fields.push_back(word);
    rest.remove_prefix(word.size());
  }
  return fields;
}

std::string link_target(const std::string& path) {
  char target[4096];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size > 0 && size < static_cast<ssize_t>(sizeof target)
             ? std::string(target, static_cast<std::size_t>(size))
             : std::string();
}

class SpawnActions {
 public:
  SpawnActions() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_without(const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    if (std::find(names.begin(), names.end(), name) == names.end()) kept.emplace_back(text);
  }
  return kept;
}

/// By a descriptor of the process: between the look and the signal its number cannot come to mean another.
int signal_once(int descriptor, int number) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, descriptor, number, nullptr, 0));
}

}  // namespace

std::optional<ProcessFacts> process_facts(int id) {
  constexpr std::size_t kState = 0, kStarted = 19;
  const auto folder = "/proc/" + std::to_string(id);
  const auto stat = read_file(folder + "/stat", kProcFileBytesMax);
  if (!stat) return std::nullopt;
  const auto fields = fields_of(*stat);
  if (fields.size() <= kStarted || fields[kState] == "Z" || fields[kState] == "X")
    return std::nullopt;
  const auto started = parse_unsigned(fields[kStarted]);
  if (!started) return std::nullopt;
  return ProcessFacts{{id, *started}, link_target(folder + "/cwd")};
}

std::string boot_name() {
  auto name = read_file("/proc/sys/kernel/random/boot_id", kProcFileBytesMax);
  if (!name) return {};
  while (name->ends_with('\n')) name->pop_back();
  return std::move(*name);
}

Result<bool> signal_process(const ProcessMark& mark, Signal signal) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, mark.id, 0));
  if (descriptor < 0 && errno == ESRCH) return false;
  const auto name = "process " + std::to_string(mark.id);
  if (descriptor < 0) return io_failure(name, errno);
  const auto facts = process_facts(mark.id);
  const bool same = facts && facts->mark == mark;
  int failed = 0;
  if (same) {
    const bool sent = signal_once(descriptor, signal == Signal::kill ? SIGKILL : SIGTERM) == 0;
    if (!sent) failed = errno;
    if (sent && signal == Signal::terminate) signal_once(descriptor, SIGCONT);
  }
  ::close(descriptor);
  if (failed == ESRCH) return false;
  if (failed != 0) return io_failure(name, failed);
  return same;
}

Result<ProcessMark> start_detached(const Launch& launch) {
  SpawnActions spawn;
  ::posix_spawn_file_actions_addopen(&spawn.actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&spawn.actions, 1,
                                     launch.log.empty() ? "/dev/null" : launch.log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&spawn.actions, 1, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&spawn.actions, 3);
  if (!launch.folder.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&spawn.actions, launch.folder.c_str());
  }
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&spawn.attributes, &none);
  ::posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> words{launch.program};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  auto variables = environment_without(launch.without);
  pid_t id = 0;
  const int failed = ::posix_spawn(&id, launch.program.c_str(), &spawn.actions, &spawn.attributes,
                                   pointers(words).data(), pointers(variables).data());
  if (failed != 0) return io_failure("start " + launch.program, failed);
  const auto facts = process_facts(id);
  // It may be over already: then it waits for us, its number is taken, and no time of birth can be the right one.
  return facts ? facts->mark : ProcessMark{id, 0};
}

Error become(const std::string& program, const std::vector<std::string>& arguments,
             const std::vector<std::pair<std::string, std::string>>& variables) {
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  ::execv(program.c_str(), pointers(words).data());
  return io_failure("start " + program, errno);
}

std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  for (;;) {
    const auto folder = rest.substr(0, rest.find(':'));
    auto file = (folder.empty() ? "." : std::string(folder)) + "/" + std::string(name);
    struct stat facts {};
    if (::stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
        ::access(file.c_str(), X_OK) == 0) {
      return file;
    }
    if (folder.size() == rest.size()) return {};
    rest.remove_prefix(folder.size() + 1);
  }
}

void keep_new_files_private() noexcept { ::umask(077); }

}  // namespace larder::base
