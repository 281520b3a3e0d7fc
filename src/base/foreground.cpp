#include "base/foreground.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/process.hpp"

namespace larder::base {
namespace {

constexpr int kEnding[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

sigset_t passed_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : kEnding) sigaddset(&set, number);
  sigaddset(&set, SIGCHLD);
  return set;
}

/// In the child, between fork and exec: nothing here may allocate or lock.
[[noreturn]] void become(char* const* words, bool leads, pid_t parent, int failure) {
  const sigset_t set = passed_signals();
  if (leads) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);  // It died before that was asked for.
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::execvp(words[0], words);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(failure, &error, sizeof error);
  ::_exit(127);
}

std::error_code of(int error) { return {error, std::generic_category()}; }

}  // namespace

PassedSignals::PassedSignals() noexcept {
  const sigset_t set = passed_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

PassedSignals::~PassedSignals() {
  const sigset_t set = passed_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool PassedSignals::pending() const noexcept {
  sigset_t come;
  ::sigpending(&come);
  for (const int number : kEnding) {
    struct sigaction now {};
    // nohup(1) has SIGHUP ignored; held back, it is pending all the same.
    if (sigismember(&come, number) == 1 && ::sigaction(number, nullptr, &now) == 0 &&
        now.sa_handler != SIG_IGN)
      return true;
  }
  return false;
}

void PassedSignals::obey() const noexcept {
  sigset_t come;
  ::sigpending(&come);
  for (const int number : kEnding) {
    if (sigismember(&come, number) != 1) continue;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  }
}

boost::system::result<Child, std::error_code> Child::start(const std::vector<std::string>& words) {
  int failure[2];
  if (::pipe2(failure, O_CLOEXEC) != 0) return of(errno);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const bool leads = !is_terminal(Standard::input);
  const pid_t parent = ::getpid(), process = ::fork();
  if (process == 0) become(arguments.data(), leads, parent, failure[1]);
  int error = process < 0 ? errno : 0;
  ::close(failure[1]);
  if (process > 0) {
    while (::read(failure[0], &error, sizeof error) < 0 && errno == EINTR) continue;
    if (error != 0) ::waitpid(process, nullptr, 0);
  }
  ::close(failure[0]);
  if (error != 0) return of(error);
  return Child{process, leads};
}

Child::Child(Child&& other) noexcept
    : process_(std::exchange(other.process_, 0)), leads_(other.leads_) {}

Child::~Child() {
  if (process_ == 0) return;
  ask_to_end();
  if (!wait(Millis{1'000})) end();
  (void)wait(Millis{1'000});
}

void Child::tell(int signal) const noexcept {
  if (process_ != 0) ::kill(leads_ ? -process_ : process_, signal);
}

void Child::ask_to_end() const noexcept { tell(SIGTERM); }
void Child::end() const noexcept { tell(SIGKILL); }

std::optional<int> Child::ended() {
  int status = 0;
  if (process_ == 0 || ::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  process_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<int> Child::wait(Millis at_most) {
  const Instant until = SystemClock::instance().now() + at_most;
  const sigset_t set = passed_signals();
  for (;;) {
    if (auto status = ended()) return status;
    const Nanos left = until - SystemClock::instance().now();
    if (left <= Nanos{0}) return std::nullopt;
    timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    siginfo_t info{};
    const int number = ::sigtimedwait(&set, &info, &time);
    // What the terminal sends it sends to the child too, if that is in its group.
    const bool has_it = !leads_ && info.si_code == SI_KERNEL;
    if (number > 0 && number != SIGCHLD && !has_it) tell(number);
  }
}

}  // namespace larder::base
