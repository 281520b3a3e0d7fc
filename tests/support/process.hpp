// A child process of a test: started with its own output file, ended by its own id, never left
// behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace larder::test {

/// A folder under the system's temporary one that goes away with its owner.
class TempFolder {
 public:
  explicit TempFolder(const std::string& prefix = "larder-test");
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A loopback port that nothing listened on a moment ago. Whoever takes it may still lose a race:
/// try again.
std::uint16_t free_port();

class Process {
 public:
  Process() = default;
  /// Runs `argv[0]` with `input` on its standard input; its output goes to `output`. It dies with
  /// the test.
  Process(const std::vector<std::string>& argv, const std::filesystem::path& output,
          const std::string& input = {});
  ~Process() { stop(9); }
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const noexcept { return pid_; }
  bool running();
  void signal(int number) const;
  /// Sends the signal and waits for the end; answers the exit status, or -signal.
  int stop(int number);

 private:
  pid_t pid_ = -1;
};

/// Runs a program to its end and answers what it wrote.
std::string output_of(const std::vector<std::string>& argv);

/// True as soon as something accepts on 127.0.0.1:port; false once the process is gone or the time
/// is up.
bool wait_for_port(Process& process, std::uint16_t port, std::chrono::milliseconds at_most);
/// The same of a socket in the file system.
bool wait_for_socket(Process& process, const std::string& path, std::chrono::milliseconds at_most);

}  // namespace larder::test
