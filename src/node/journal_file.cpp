// The journal as it writes: from the buffer to the kernel and the disk, and from one generation to the next.
#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/folder.hpp"
#include "node/journal.hpp"
#include "node/kept_string.hpp"

namespace larder::node {
namespace {

using engine::FileKind;

/// What the buffer keeps of its memory.
constexpr std::size_t kKeptBytes = base::limits::kMiB;
constexpr base::Millis kRetryEvery{100};

}  // namespace

// ---- to the kernel, to the disk -----------------------------------------------------------------------

Result<void> Journal::flush() noexcept {
  const std::uint64_t target = appended();
  if (safe() >= target && !lost_) return {};
  const bool always = fsync() == Fsync::always;
  std::unique_lock syncing(sync_mutex_, std::defer_lock);
  if (always) syncing.lock();
  const std::lock_guard lock(file_mutex_);
  if (safe() < target) {
    if (auto out = write_out(target); !out) return out;
  }
  if (lost_) return trouble_error();
  return always && synced() < target ? sync_file() : Result<void>{};
}

/// The buffer into the file, up to `target` at least.
Result<void> Journal::write_out(std::uint64_t target) {
  if (dead_) return trouble_error();
  const bool waits = cut_needed_ && clock_.now() < retry_at_;
  if (waits) return trouble_error();
  do {
    if (writing_.empty()) {
      const std::lock_guard lock(buffer_mutex_);
      writing_.swap(buffer_);
      writing_upto_ = appended();
    }
    if (writing_.empty()) return {};
    if (auto done = put(); !done) return done;
  } while (written() < target);
  return {};
}

/// All of writing_, or nothing: after a failure the file is cut back before the next try.
Result<void> Journal::put() {
  if (cut_needed_) {
    if (auto cut = file_->truncate(file_bytes_); !cut) return write_failed(cut.error());
  }
  if (auto done = file_->append(writing_); !done) return write_failed(done.error());
  cut_needed_ = false;
  file_bytes_ += writing_.size();
  bytes_ += writing_.size();
  written_.store(writing_upto_, std::memory_order_release);
  clear_and_keep(writing_, kKeptBytes);
  if (!lost_ && refuses_.exchange(false)) {
    trouble_.clear();
    if (options_.log) options_.log->info("log_written_again", {{"folder", disk_.path()}});
  }
  return {};
}

Error Journal::write_failed(const Error& error) {
  ++write_failures_;
  cut_needed_ = true;
  retry_at_ = clock_.now() + kRetryEvery;
  if (!lost_) trouble_ = "the log cannot be written (" + error.detail + ")";
  if (!refuses_.exchange(true) && options_.log) {
    options_.log->error("log_write_failed",
                        {{"why", error.detail}, {"then", "writes are refused until it succeeds"}});
  }
  return trouble_error();
}

Error Journal::trouble_error() const { return {Errc::io, Effect::maybe_executed, trouble_}; }

/// With sync_mutex_ too.
Result<void> Journal::sync_file() {
  const std::uint64_t upto = written();
  ++syncs_;
  if (auto done = file_->sync(); !done) return sync_failed(done.error());
  synced_.store(upto, std::memory_order_release);
  return {};
}

Error Journal::sync_failed(const Error& error) {
  ++sync_failures_;
  dead_ = true;
  lost_ = true;
  (void)disk_.open(
      kUnsureName,
      base::Open::create);  // For who starts after us, and finds the kernel's memory of it.
  trouble_ = "an fsync of the log failed (" + error.detail + ")";
  refuses_ = true;
  if (options_.log) {
    options_.log->error(
        "log_fsync_failed",
        {{"why", error.detail},
         {"then", "writes are refused until a new log and a whole snapshot are on the disk"}});
  }
  return trouble_error();
}

Result<void> Journal::sync() noexcept {
  const std::lock_guard syncing(sync_mutex_);
  std::shared_ptr<base::File> file;
  std::uint64_t upto = 0;
  {
    const std::lock_guard lock(file_mutex_);
    upto = written();
    if (dead_) return trouble_error();
    if (synced() >= upto) return {};
    file = file_;
    ++syncs_;
  }
  const auto done = file->sync();
  if (!done) {
    const std::lock_guard lock(file_mutex_);
    return sync_failed(done.error());
  }
  synced_.store(std::max(synced(), upto), std::memory_order_release);
  return {};
}

std::string Journal::trouble() const {
  const std::lock_guard lock(file_mutex_);
  return trouble_;
}

// ---- generations ------------------------------------------------------------------------------------

/// Empty, and its name on the disk.
Result<std::unique_ptr<base::File>> Journal::make_file(std::uint64_t generation) {
  const std::string name = file_name(FileKind::log, generation);
  if (auto gone = disk_.remove(name); !gone) return gone.error();  // Of a try that failed.
  auto file = disk_.open(name, base::Open::fresh);
  if (!file) return file.error();
  if (auto done = disk_.sync(); !done) {
    (void)disk_.remove(name);
    return done.error();
  }
  return file;
}

/// What is written to it first is its header.
void Journal::start_file(std::unique_ptr<base::File> file, std::uint64_t generation,
                         std::uint64_t sequence) {
  file_ = std::move(file);
  file_bytes_ = 0;
  cut_needed_ = false;
  dead_ = false;
  writing_ = engine::to_bytes({.kind = FileKind::log,
                               .flags = lost_ ? engine::FileHeader::kFollowsLoss : 0,
                               .generation = generation,
                               .sequence = sequence,
                               .created_ms = clock_.wall().time_since_epoch().count(),
                               .salt = options_.salt});
  writing_upto_ = sequence - 1;
}

Result<void> Journal::begin(std::uint64_t generation, std::uint64_t sequence) {
  auto file = make_file(generation);
  if (!file) return file.error();
  bridge_.emplace(clock_);
  const std::lock_guard syncing(sync_mutex_);
  const std::lock_guard lock(file_mutex_);
  {
    const std::lock_guard buffer(buffer_mutex_);
    generation_ = generation;
  }
  appended_ = written_ = synced_ = sequence - 1;
  start_file(std::move(*file), generation, sequence);
  if (auto done = put(); !done) return done;
  return sync_file();
}

Result<std::uint64_t> Journal::rotate() {
  const std::uint64_t next = position().generation + 1;
  if (fsync() != Fsync::always) (void)sync();  // Most of it, while others go on.
  auto file = make_file(next);
  if (!file) return file.error();
  const std::lock_guard syncing(sync_mutex_);
  const std::lock_guard lock(file_mutex_);
  auto last = switch_to(next);
  if (!last) {
    (void)disk_.remove(file_name(FileKind::log, next));
    return last;
  }
  // Before the new file has anything: or a power cut could leave its records without those before them.
  if (!dead_ && synced() < written()) (void)sync_file();
  start_file(std::move(*file), next, *last + 1);
  (void)put();  // A failure is like that of any other write: tried again, and nothing was promised.
  return last;
}

/// From here on records carry the new number. Those before are in the old file; where that is dead they are given up, and
/// live on in memory alone until there is a snapshot.
Result<std::uint64_t> Journal::switch_to(std::uint64_t generation) {
  if (!dead_) {
    if (auto out = write_out(appended()); !out) return out.error();
  }
  const std::lock_guard buffer(buffer_mutex_);
  if (dead_) {
    writing_.clear();
    buffer_.clear();
    written_.store(appended());
  } else if (!buffer_.empty()) {
    writing_.swap(buffer_);
    writing_upto_ = appended();
    if (auto done = put(); !done) return done.error();
  }
  generation_ = generation;
  return appended();
}

void Journal::forgive() noexcept {
  const std::lock_guard lock(file_mutex_);
  if (dead_ || !lost_) return;
  lost_ = false;
  if (cut_needed_) return;  // That is still to be mended.
  refuses_ = false;
  trouble_.clear();
  if (options_.log) options_.log->info("log_made_good", {{"folder", disk_.path()}});
}

Journal::Position Journal::position() const {
  const std::lock_guard lock(file_mutex_);
  const std::lock_guard buffer(buffer_mutex_);
  return {generation_, written(), file_bytes_};
}

JournalStats Journal::stats() const {
  const std::lock_guard lock(file_mutex_);
  const std::lock_guard buffer(buffer_mutex_);
  return {.generation = generation_,
          .file_bytes = file_bytes_,
          .bytes = bytes_,
          .buffered_bytes = buffer_.size() + writing_.size(),
          .synced = lost_ ? 0 : synced(),
          .syncs = syncs_,
          .write_failures = write_failures_,
          .sync_failures = sync_failures_,
          .last_write_good = !refuses(),
          .trouble = trouble_};
}

}  // namespace larder::node
