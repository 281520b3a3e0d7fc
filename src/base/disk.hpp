// Disk: the one door to durable files. Logs and snapshots go through it, so that a power cut is a
// seeded unit test.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace larder::base {

/// One open file. Closes when it goes away; closing makes nothing durable.
///
/// Errors   `io`, with the file's name and the system's words. After a failed `append` the file may
/// have grown by a part:
///          truncate it to what you know. After a failed `sync` nobody knows what is durable, and a
///          later one that succeeds does not tell: stop using the file.
/// Threads  One at a time; `sync` may run beside the others, and then covers what was written before it began.
class File {
 public:
  virtual ~File() = default;
  /// Up to `bytes_max` bytes from `offset`; fewer only where the file ends.
  virtual Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const = 0;
  /// All of `bytes` at the end of the file: in the kernel when it returns, on the disk after
  /// `sync`.
  virtual Result<void> append(std::string_view bytes) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Makes content and size durable (fdatasync). A new file also needs Disk::sync.
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

enum class Open : std::uint8_t {
  existing,  ///< `io` if there is none.
  create,    ///< Made empty if there is none.
  fresh,     ///< `io` if there is one already.
};

/// Held until it goes away; the operating system lets go of it when the process dies.
class DiskLock {
 public:
  virtual ~DiskLock() = default;
};

/// One folder of plain files. Names are single path components of letters, digits, `.`, `_`, `-`,
/// not beginning with a dot: no name can leave the folder. Errors: `io`; `bad_argument` for any
/// other name.
///
/// Threads  Safe from any thread.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(std::string_view name, Open mode) = 0;
  /// Replaces `to`. Atomic: after a crash there is the old `to` or the new one. Durable after
  /// `sync`.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  /// No error if there is none. Durable after `sync`.
  virtual Result<void> remove(std::string_view name) = 0;
  /// Names of all files, sorted.
  virtual Result<std::vector<std::string>> list() const = 0;
  /// Makes creations, renames and removals durable (fsync of the folder).
  virtual Result<void> sync() = 0;
  /// Refused (`io`, "in use by another process") while somebody else holds it.
  virtual Result<std::unique_ptr<DiskLock>> lock(std::string_view name) = 0;
  /// What to call this folder in a message.
  virtual const std::string& path() const noexcept = 0;
};

/// `bad_argument` for a name that no Disk takes.
Result<void> check_file_name(std::string_view name);

/// Opens a folder of the operating system's, made (mode 0700, files 0600) if there is none. Errors:
/// `io`: not a folder, a symbolic link (name the folder itself), not ours to write.
Result<std::unique_ptr<Disk>> open_system_disk(const std::string& folder);

}  // namespace larder::base
