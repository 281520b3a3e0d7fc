// Host: the machine that servers run on, handed in. Processes, files, ports, time and what a server answers.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/child.hpp"
#include "base/clock.hpp"

namespace larder::manage {

/// Held until it goes away.
class HostLock {
 public:
  virtual ~HostLock() = default;
};

/// Paths are absolute. Errors: `io` with the system's words, unless it says otherwise.
class Host {
 public:
  virtual ~Host() = default;

  // Programs and processes: as the functions of the same names in base/child.hpp.
  virtual std::string find_program(std::string_view name) = 0;
  virtual std::string boot_name() = 0;
  virtual std::optional<base::ProcessFacts> process_facts(int id) = 0;
  virtual Result<base::ProcessMark> start(const base::Launch& launch) = 0;
  virtual Result<bool> signal(const base::ProcessMark& mark, base::Signal signal) = 0;

  // Files. What is written is for this user alone.
  virtual Result<void> make_folder(const std::string& path) = 0;
  virtual Result<void> erase_folder(const std::string& path) = 0;
  /// None: there is none.
  virtual Result<std::optional<std::string>> read(const std::string& path) = 0;
  /// The last bytes of a file, at most so many; empty: there is none.
  virtual std::string tail(const std::string& path, std::size_t bytes_max) = 0;
  virtual Result<void> write(const std::string& path, std::string_view text) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// None: somebody else holds it.
  virtual Result<std::unique_ptr<HostLock>> lock(const std::string& folder) = 0;

  virtual bool port_is_free(std::uint16_t port) = 0;
  virtual base::Instant now() = 0;
  virtual void sleep(base::Millis time) = 0;
  /// One command to a server of this machine; the text of its reply. Errors: `unreachable`, `unauthorized`, `timeout`;
  /// `server_error` with the server's words.
  virtual Result<std::string> ask(std::uint16_t port, const std::string& password,
                                  const std::vector<std::string>& words) = 0;
};

}  // namespace larder::manage
