// Other processes: starting programs that outlive this one, telling them apart, signalling none but them.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::base {

/// A process as no other ever was: numbers are used again, but not with the same time of birth on one boot.
struct ProcessMark {
  int id = 0;
  std::uint64_t started_ticks = 0;  ///< Since boot, as /proc counts.
  friend bool operator==(const ProcessMark&, const ProcessMark&) = default;
};

/// What /proc tells of a process.
struct ProcessFacts {
  ProcessMark mark;
  std::string folder;  ///< Where it works; empty: not ours to see.
};
/// None: no such process, or it ended and only waits for its parent to notice.
std::optional<ProcessFacts> process_facts(int id);

/// Tells one boot of the machine from another; empty where the system does not say.
std::string boot_name();

enum class Signal : std::uint8_t {
  terminate,  ///< SIGTERM, and SIGCONT so that one that was halted hears it.
  kill,
};
/// False: that process is gone, and nobody else got the signal. Errors: `io`, no right to.
Result<bool> signal_process(const ProcessMark& mark, Signal signal);

struct Launch {
  std::string program;  ///< A path.
  std::vector<std::string> arguments = {};
  std::string folder = {};                ///< Where it is to work.
  std::string log = {};                   ///< What it prints is added to this file.
  std::vector<std::string> without = {};  ///< Names of variables that it is not to inherit.
};
/// Starts a program in a session of its own, so that it stays when this process or its terminal goes. It inherits no
/// descriptor. Errors: `io`.
Result<ProcessMark> start_detached(const Launch& launch);

/// Becomes another program, with these variables besides; returns only where that fails.
Error become(const std::string& program, const std::vector<std::string>& arguments,
             const std::vector<std::pair<std::string, std::string>>& variables);

/// The path of the first program of this name in PATH; empty: none.
std::string find_program(std::string_view name);

/// From now on, what this process and its children make is for their user alone (umask 077).
void keep_new_files_private() noexcept;

}  // namespace larder::base
