// Child: a program that runs under this one, told what this one is told.
#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <boost/system/result.hpp>

#include "base/clock.hpp"

namespace larder::base {

/// Signals that ask this process to end are held back, to be passed on to a child, from here to the end of the object.
///
/// Lifetime  Construct before the first thread starts. One per process.
class PassedSignals {
 public:
  PassedSignals() noexcept;
  ~PassedSignals();
  PassedSignals(const PassedSignals&) = delete;
  PassedSignals& operator=(const PassedSignals&) = delete;

  /// Whether one has come that would end this process. Threads: any.
  bool pending() const noexcept;
  /// While there is no child: ends this process as the signal would have, if one has come.
  void obey() const noexcept;
};

/// Lifetime  A child that was not waited for is asked to end, and ended, by the destructor.
class Child {
 public:
  /// Starts `words[0]`, looked for in PATH, with this process' files and environment. Where nobody sits at the terminal it
  /// leads a process group of its own, so that what it starts is ended with it. It is asked to end if this process dies.
  /// Errors   As the system says them: no such file, not to be executed, no process to be had.
  static boost::system::result<Child, std::error_code> start(const std::vector<std::string>& words);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// The status it has ended with, 128 and the signal's number for one that was killed; none after `at_most`. Passes
  /// signals on meanwhile.
  std::optional<int> wait(Millis at_most);
  /// SIGTERM, and SIGKILL.
  void ask_to_end() const noexcept;
  void end() const noexcept;

 private:
  Child(int process, bool leads) noexcept : process_(process), leads_(leads) {}
  void tell(int signal) const noexcept;
  std::optional<int> ended();

  int process_;  ///< 0: waited for, or moved away.
  bool leads_;
};

}  // namespace larder::base
