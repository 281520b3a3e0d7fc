// The files of a folder that survives, by their names.
//
//   log-0000000007.larder         a generation of the log
//   snapshot-0000000007.larder    everything that was there when that generation began, and a little after
//   *.tmp                         a snapshot that is being written, or was when the process died
//   *.aside                       what recovery could not use; it is never read again, and never removed by us
//   unsure                        an fsync of a log has failed: what the kernel shows of the logs need not be on the disk
//   lock                          held by the process that uses the folder
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.hpp"
#include "engine/durable_file.hpp"

namespace larder::node {

constexpr std::string_view kLockName = "lock";
constexpr std::string_view kUnsureName = "unsure";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::string_view kAside = ".aside";

std::string file_name(engine::FileKind kind, std::uint64_t generation);
/// The generation that a file of this kind has by its name; none: it is no such file.
std::optional<std::uint64_t> generation_in(engine::FileKind kind, std::string_view name);

/// Generations, ascending.
struct Folder {
  std::vector<std::uint64_t> logs;
  std::vector<std::uint64_t> snapshots;
  std::vector<std::string> temporary;
  std::vector<std::string> others;
  bool unsure = false;

  bool empty() const noexcept { return logs.empty() && snapshots.empty(); }
  /// The highest generation that any file has; 0: there is none.
  std::uint64_t newest() const noexcept;
};

Result<Folder> list_folder(const base::Disk& disk);

}  // namespace larder::node
