// Durability: what makes a node survive. A folder with a log and snapshots, and the clockwork that keeps them.
#pragma once

#include <larder/error.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "node/fsync.hpp"
#include "node/journal.hpp"
#include "node/load_clock.hpp"
#include "node/node.hpp"
#include "node/packer.hpp"
#include "node/recovery.hpp"
#include "node/snapshot_writer.hpp"

namespace larder::base {
class Log;
}

namespace larder::node {

struct DurabilityOptions {
  Fsync fsync = Fsync::everysec;
  base::Millis snapshot_every{
      60'000};  ///< Skipped where nothing has changed; 0: only when asked, or when the log grew.
  Compression compression =
      Compression::none;  ///< Of snapshots. Those there are are read either way.
  /// A snapshot is due when the log has grown beyond this, and beyond twice the last snapshot.
  std::uint64_t log_bytes_min = 64 * 1024 * 1024;
  bool own_thread = true;    ///< False: somebody calls tick().
  base::Log* log = nullptr;  ///< Where it tells what happens; none: nowhere. Outlives it.
  std::function<void(const Progress& progress)> progress = {};
};

struct DurabilityStats {
  JournalStats log = {};
  std::uint64_t changes = 0;    ///< Atomic steps since the last snapshot.
  std::uint64_t log_bytes = 0;  ///< Of the log since the last snapshot: what a start has to play.
  bool saving = false;
  bool last_save_good = true;
  std::string last_save_error = {};
  std::uint64_t saves = 0;
  base::WallTime last_save{};  ///< When the last good one ended, or the process began.
  base::Nanos last_save_took{};
  base::Nanos saving_for{};
  std::uint64_t snapshot_bytes = 0;
};

/// Threads   All but tick() and close() from any.
/// Lifetime  Disk, node and clock outlive it; nobody visits the node when it begins, or any more when it ends. Ending
///           flushes, and makes no snapshot: close() does.
class Durability {
 public:
  /// Takes the folder (which nobody else may then open), fills the node from it, and begins to log.
  /// Errors: `io`, in words that say what to do.
  static Result<std::unique_ptr<Durability>> open(std::unique_ptr<base::Disk> disk, Node& node,
                                                  LoadClock& clock,
                                                  const DurabilityOptions& options);
  ~Durability();
  Durability(const Durability&) = delete;
  Durability& operator=(const Durability&) = delete;

  /// A mark to give to must_flush() when the work that begins now is done.
  std::uint64_t mark() const noexcept { return journal_.of_this_thread(); }
  /// Whether replies to what this thread did since `mark` have to wait for flush(): it has written, or may have read
  /// what is not safe yet. While writes are refused reads are free, whatever they saw.
  bool must_flush(std::uint64_t mark) const noexcept {
    return journal_.refuses() ? wrote_since(mark) : journal_.pending();
  }
  bool wrote_since(std::uint64_t mark) const noexcept { return journal_.of_this_thread() != mark; }
  /// Errors: `io`, maybe_executed: what was written is not safe and must not be called done.
  Result<void> flush() noexcept { return journal_.flush(); }
  /// True: new writes are to be refused; trouble() says why.
  bool refuses() const noexcept { return journal_.refuses(); }
  std::string trouble() const { return journal_.trouble(); }

  /// Makes a snapshot of everything up to now and waits for it. Errors: `io`.
  Result<void> save();
  /// Asks for one. False: one is being made.
  bool save_later();
  bool saving() const noexcept { return saving_.load(); }

  /// One slice of the clockwork: fsync once a second, snapshots when they are due, another try where the disk refused.
  /// True: there is more to do at once. Call it ten times a second if there is no thread of its own.
  bool tick();
  /// Ends it: a snapshot if `snapshot` and there was a change, and everything on the disk. Nobody writes any more.
  /// Errors: `io`.
  Result<void> close(bool snapshot);

  Fsync fsync() const noexcept { return journal_.fsync(); }
  void set_fsync(Fsync fsync) noexcept { journal_.set_fsync(fsync); }
  base::Millis snapshot_every() const noexcept { return base::Millis{snapshot_every_ms_.load()}; }
  void set_snapshot_every(base::Millis every) noexcept { snapshot_every_ms_ = every.count(); }
  /// Whether a clean end makes a snapshot: what SHUTDOWN NOSAVE takes back.
  bool saves_at_end() const noexcept { return saves_at_end_; }
  void set_saves_at_end(bool yes) noexcept { saves_at_end_ = yes; }
  const std::string& folder() const noexcept { return disk_->path(); }
  const Recovered& recovered() const noexcept { return recovered_; }
  DurabilityStats stats() const;

 private:
  Durability(std::unique_ptr<base::Disk> disk, Node& node, LoadClock& clock,
             const DurabilityOptions& options);
  Result<void> start();
  Result<void> load();
  void live();
  bool is_due(base::Instant now) const;
  std::uint64_t log_bytes() const;
  void begin_snapshot(base::Instant now);
  void step_snapshot();
  void snapshot_failed(const Error& error);
  void end_snapshot();
  void stop_thread();

  const std::unique_ptr<base::Disk> disk_;
  Node& node_;
  LoadClock& clock_;
  const DurabilityOptions options_;
  std::unique_ptr<base::DiskLock> lock_;
  Journal journal_;
  Recovered recovered_;
  std::atomic<std::int64_t> snapshot_every_ms_;
  std::atomic<bool> saves_at_end_{true};
  std::atomic<bool> saving_{false};

  // Of whoever ticks:
  std::unique_ptr<SnapshotWriter> writer_;
  base::Instant sync_at_{}, snapshot_from_{}, retry_at_{};
  bool asked_ = false;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable changed_;
  bool stopping_ = false;
  bool wanted_ = false;              // Somebody asks for a snapshot.
  std::uint64_t attempts_ = 0;       // Snapshots that ended, well or not.
  std::uint64_t base_sequence_ = 0;  // Of the last good snapshot.
  std::uint64_t base_bytes_ = 0;     // What had been logged when it was begun.
  std::uint64_t old_log_bytes_ = 0;  // Logged before this process began, since the last snapshot.
  std::uint64_t begun_bytes_ = 0;
  base::Instant begun_at_{};
  DurabilityStats stats_;
  std::thread thread_;
};

}  // namespace larder::node
