// MemoryDisk: a disk for tests that forgets what was not synced, tears writes, fills up and fails
// when told to.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.hpp"
#include "base/random.hpp"

namespace larder::base {

/// Models what POSIX promises and no more:
///  - appended bytes are seen by readers at once and survive a power cut only after File::sync;
///  - a created, renamed or removed name survives only after Disk::sync;
///  - after a failed sync the bytes it was to save may be lost for good, though a later sync
///  succeeds.
///
/// Threads  Safe from any thread.
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(std::uint64_t seed = 1);
  ~MemoryDisk() override;

  Result<std::unique_ptr<File>> open(std::string_view name, Open mode) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<std::vector<std::string>> list() const override;
  Result<void> sync() override;
  Result<std::unique_ptr<DiskLock>> lock(std::string_view name) override;
  const std::string& path() const noexcept override { return path_; }

  /// Everything not synced is gone, or, with `torn`, each file keeps a random part of its unsynced
  /// tail and each unsynced name may or may not have made it. Open files and locks are dead from
  /// here on: their calls answer `io`.
  void power_cut(bool torn = false);

  enum class Deed : std::uint8_t { open, read, write, truncate, sync, rename, remove, sync_folder };
  /// The `nth` such deed from now (1: the next) fails with this errno; with `for_ever`, all that
  /// follow too.
  void fail(Deed deed, std::uint64_t nth, int error, bool for_ever = false);
  /// The `nth` append from now writes only its first `bytes` bytes and fails with EIO.
  void tear_write(std::uint64_t nth, std::size_t bytes);
  /// Bytes that all files together may have; an append beyond it writes what fits and fails with
  /// ENOSPC.
  void set_capacity(std::uint64_t bytes);
  /// Deeds done so far: to run a test once for each place where one could fail.
  std::uint64_t count(Deed deed) const;

  /// What a reader would see now, and what would be left after a plain power cut. Empty for no such
  /// file.
  std::string content(std::string_view name) const;
  std::string durable(std::string_view name) const;
  /// Flips bits of one byte, in what is seen and what is durable.
  void corrupt(std::string_view name, std::size_t offset, unsigned char bits);

 private:
  struct Inode;
  struct State;
  class MemoryFile;
  class MemoryLock;
  std::shared_ptr<State> state_;
  std::string path_ = "memory-disk";
};

}  // namespace larder::base
