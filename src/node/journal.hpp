// Journal: the operation log of a node. It listens to the change stream and writes every atomic step as one record.
//
// A step's changes are gathered by the thread that makes them. When the step is committed, its shards still locked, it
// gets the next sequence number and goes to the end of a buffer: the order of records is the order of steps wherever
// that can be told. flush() hands the buffer to the kernel, or waits for the disk, in one go for all who wait: nobody's
// reply leaves before that. Locks are taken in this order: shards,
// sync, file, buffer.
//
// What can go wrong. A write is refused (disk full): the file is cut back to its last whole record and the buffer kept
// until a later try succeeds; until then new writes are to be refused. An fsync fails: nobody knows what the file holds
// now, so it is never written again; only a new generation and a whole new snapshot make good for it.
#pragma once

#include <larder/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "base/wall_bridge.hpp"
#include "engine/change.hpp"
#include "engine/durable_file.hpp"
#include "node/fsync.hpp"
#include "node/lock.hpp"

namespace larder::base {
class Log;
}

namespace larder::node {

struct JournalOptions {
  Fsync fsync = Fsync::everysec;
  std::uint32_t salt = 0;    ///< Of the files it makes: by chance.
  base::Log* log = nullptr;  ///< Where it says what went wrong; none: nowhere.
};

struct JournalStats {
  std::uint64_t generation = 0;
  std::uint64_t file_bytes = 0;  ///< Of the present generation.
  std::uint64_t bytes = 0;       ///< Written since the process began, all generations.
  std::size_t buffered_bytes = 0;
  std::uint64_t synced =
      0;  ///< Sequence number of the last record known to be on the disk; 0 after a failed fsync.
  std::uint64_t syncs = 0;
  std::uint64_t write_failures = 0;
  std::uint64_t sync_failures = 0;
  bool last_write_good = true;
  std::string trouble = {};  ///< Why writes are refused; empty: they are not.
};

/// Lifetime  Disk and clock outlive it; it outlives the node it listens to.
/// Threads   Safe from any; rotate() and begin() from one at a time.
class Journal final : public engine::ChangeSink {
 public:
  Journal(base::Disk& disk, const base::Clock& clock, const JournalOptions& options);

  /// Opens generation `generation`, whose first record is to be `sequence`. Before anything else.
  Result<void> begin(std::uint64_t generation, std::uint64_t sequence);

  void changed(const engine::Change& change) noexcept override;
  void committed(std::span<const std::uint32_t> shards) noexcept override;

  /// Sequence numbers of the last record made, in the kernel, and on the disk.
  std::uint64_t appended() const noexcept { return appended_.load(std::memory_order_acquire); }
  std::uint64_t written() const noexcept { return written_.load(std::memory_order_acquire); }
  std::uint64_t synced() const noexcept { return synced_.load(std::memory_order_acquire); }
  /// Of the last record that this thread made: unlike before, if the thread has written since.
  std::uint64_t of_this_thread() const noexcept;

  /// Something was written, by whomever, that is not as safe yet as a reply promises. Cost: two loads.
  bool pending() const noexcept { return safe() < appended(); }
  /// Makes everything so far as safe as a reply promises. Errors: `io`; then nothing that was pending may be called done.
  Result<void> flush() noexcept;
  /// Brings to the disk what is in the kernel, beside those who write. Errors: `io`.
  Result<void> sync() noexcept;
  /// Whether new writes are to be refused, and why. Reads go on.
  bool refuses() const noexcept { return refuses_.load(std::memory_order_relaxed); }
  std::string trouble() const;
  /// Writes are refused because an fsync failed: only rotate(), a snapshot and forgive() mend that.
  bool lost() const noexcept { return lost_; }

  /// Ends the present generation and begins the next. Answers the last sequence number of the old one: who looks at the
  /// node from now on sees that and everything before. Errors: `io`; the old generation goes on.
  Result<std::uint64_t> rotate();
  /// The present generation has everything that counts, and a snapshot of what was before it is on the disk: an fsync
  /// that failed before is made good.
  void forgive() noexcept;
  /// How far the present generation has been written.
  struct Position {
    std::uint64_t generation;
    std::uint64_t sequence;
    std::uint64_t file_bytes;
  };
  Position position() const;

  Fsync fsync() const noexcept { return fsync_.load(std::memory_order_relaxed); }
  void set_fsync(Fsync fsync) noexcept { fsync_ = fsync; }
  /// How often databases were exchanged.
  std::uint64_t swaps() const noexcept { return swaps_.load(); }
  std::uint32_t salt() const noexcept { return options_.salt; }
  JournalStats stats() const;

 private:
  struct Step;
  Step& step() const noexcept;
  std::uint64_t safe() const noexcept { return fsync() == Fsync::always ? synced() : written(); }

  void add_record(Step& mine) noexcept;
  Result<std::unique_ptr<base::File>> make_file(std::uint64_t generation);

  // With file_mutex_.
  Result<void> write_out(std::uint64_t target);
  Result<void> put();
  Result<void> sync_file();
  Result<std::uint64_t> switch_to(std::uint64_t generation);
  void start_file(std::unique_ptr<base::File> file, std::uint64_t generation,
                  std::uint64_t sequence);
  Error write_failed(const Error& error);
  Error sync_failed(const Error& error);
  Error trouble_error() const;

  base::Disk& disk_;
  const base::Clock& clock_;
  std::optional<base::WallBridge>
      bridge_;  // From begin() on: a clock that was held goes on elsewhere.
  const JournalOptions options_;
  const std::uint64_t id_;  // Tells journals apart, where addresses would come again.
  std::atomic<Fsync> fsync_;
  std::atomic<std::uint64_t> appended_{0}, written_{0}, synced_{0};
  std::atomic<std::uint64_t> swaps_{0};
  std::atomic<bool> refuses_{false};
  std::atomic<bool> lost_{false};  // An fsync failed, and nothing has made good for it.

  std::mutex sync_mutex_;  // One fsync at a time: of two, a failure may be told to one alone.
  mutable std::mutex file_mutex_;
  // Guarded by file_mutex_:
  std::shared_ptr<base::File> file_;
  std::string writing_;             // Taken from the buffer, not yet in the file.
  std::uint64_t writing_upto_ = 0;  // The last sequence number in it.
  std::uint64_t file_bytes_ = 0;    // Whole records only.
  bool cut_needed_ = false;         // The file may be longer than file_bytes_.
  bool dead_ = false;               // An fsync of file_ failed.
  base::Instant retry_at_{};
  std::string trouble_;
  std::uint64_t bytes_ = 0, syncs_ = 0, write_failures_ = 0, sync_failures_ = 0;

  mutable Lock buffer_mutex_;
  // Guarded by buffer_mutex_:
  std::string buffer_;
  std::uint64_t generation_ = 0;
};

}  // namespace larder::node
