#include "support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace larder::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// After fork, in the child: only calls that are safe there.
[[noreturn]] void become(char* const* argv, int input, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::execvp(argv[0], argv);
  ::_exit(127);
}

}  // namespace

TempFolder::TempFolder(const std::string& prefix) {
  std::string pattern = (std::filesystem::temp_directory_path() / (prefix + "-XXXXXX")).string();
  if (!::mkdtemp(pattern.data())) fail("mkdtemp");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, raw, length) != 0 || ::getsockname(fd, raw, &length) != 0)
    fail("free_port");
  ::close(fd);
  return ntohs(address.sin_port);
}

Process::Process(const std::vector<std::string>& argv, const std::filesystem::path& output,
                 const std::string& input) {
  std::vector<char*> pointers;
  for (const auto& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  int feed[2];
  if (::pipe2(feed, O_CLOEXEC) != 0) fail("pipe");
  const int log = ::open(output.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) fail("open");
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(pointers.data(), feed[0], log);
  ::close(feed[0]);
  ::close(log);
  // A configuration fits into the pipe, so this cannot block.
  if (!input.empty() && ::write(feed[1], input.data(), input.size()) < 0) fail("write");
  ::close(feed[1]);
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

bool Process::running() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Process::stop(int number) {
  if (pid_ <= 0) return 0;
  signal(number);
  // A stopped process would never take the signal.
  signal(SIGCONT);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::string output_of(const std::vector<std::string>& argv) {
  const TempFolder folder;
  Process process{argv, folder.path() / "out"};
  process.stop(0);
  std::ifstream file{folder.path() / "out"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

namespace {

bool wait_for(Process& process, const sockaddr* address, socklen_t size,
              std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (process.running() && std::chrono::steady_clock::now() < end) {
    const int fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool up = ::connect(fd, address, size) == 0;
    ::close(fd);
    if (up) return true;
    ::poll(nullptr, 0, 5);
  }
  return false;
}

}  // namespace

bool wait_for_port(Process& process, std::uint16_t port, std::chrono::milliseconds at_most) {
  const auto address = loopback(port);
  return wait_for(process, reinterpret_cast<const sockaddr*>(&address), sizeof address, at_most);
}

bool wait_for_socket(Process& process, const std::string& path, std::chrono::milliseconds at_most) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return wait_for(process, reinterpret_cast<const sockaddr*>(&address), sizeof address, at_most);
}

}  // namespace larder::test
