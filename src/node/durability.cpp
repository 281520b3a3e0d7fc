#include "node/durability.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "node/folder.hpp"

namespace larder::node {
namespace {

constexpr base::Millis kTick{100};
/// A tick may come so much late: what `everysec` promises is a second.
constexpr base::Millis kSyncEvery{900};
constexpr base::Millis kRetrySnapshot{5'000};

/// Room above the bound while loading: the same entries, placed otherwise, may need somewhat more than they did. What is
/// too much goes afterwards, and is logged as evicted.
std::size_t bytes_while_loading(const NodeStats& stats, policy::Eviction eviction) {
  constexpr std::size_t kRoom = 16 * base::limits::kMiB;
  if (stats.bytes_max == 0 || eviction == policy::Eviction::noeviction) return 0;
  return stats.bytes_max + std::max(stats.bytes_max / 2, kRoom);
}

}  // namespace

Result<std::unique_ptr<Durability>> Durability::open(std::unique_ptr<base::Disk> disk, Node& node,
                                                     LoadClock& clock,
                                                     const DurabilityOptions& options) {
  std::unique_ptr<Durability> made(new Durability(std::move(disk), node, clock, options));
  if (auto done = made->start(); !done) return done.error();
  return made;
}

Durability::Durability(std::unique_ptr<base::Disk> disk, Node& node, LoadClock& clock,
                       const DurabilityOptions& options)
    : disk_(std::move(disk)),
      node_(node),
      clock_(clock),
      options_(options),
      journal_(*disk_, clock,
               {.fsync = options.fsync,
                .salt = static_cast<std::uint32_t>(base::system_entropy()),
                .log = options.log}),
      snapshot_every_ms_(options.snapshot_every.count()) {}

Durability::~Durability() {
  stop_thread();
  (void)journal_.flush();
}

Result<void> Durability::start() {
  auto lock = disk_->lock(kLockName);
  if (!lock) return lock.error();
  lock_ = std::move(*lock);
  if (auto done = load(); !done) return done;
  if (auto done = journal_.begin(recovered_.generation + 1, recovered_.sequence + 1); !done) {
    return done;
  }
  node_.listen(journal_);
  base_sequence_ = recovered_.snapshot_sequence;
  old_log_bytes_ = recovered_.log_bytes;
  stats_.snapshot_bytes = recovered_.snapshot_bytes;
  stats_.last_save = recovered_.snapshot_ms != 0
                         ? base::WallTime{base::Millis{recovered_.snapshot_ms}}
                         : clock_.wall();
  sync_at_ = clock_.now() + kSyncEvery;
  snapshot_from_ = clock_.now();
  if (options_.own_thread) thread_ = std::thread([this] { live(); });
  return {};
}

Result<void> Durability::load() {
  const NodeStats before = node_.stats();
  node_.set_bytes_max(bytes_while_loading(before, node_.eviction()));
  auto recovered = recover(*disk_, node_, clock_, {.progress = options_.progress});
  node_.set_bytes_max(before.bytes_max);
  if (!recovered) return recovered.error();
  recovered_ = std::move(*recovered);
  for (const std::string& note : recovered_.notes) {
    if (options_.log) options_.log->warn("recovered", {{"folder", folder()}, {"note", note}});
  }
  return {};
}

// ---- the clockwork ------------------------------------------------------------------------------------

void Durability::live() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool more = tick();
    lock.lock();
    if (!more) changed_.wait_for(lock, kTick, [this] { return stopping_ || wanted_; });
  }
}

bool Durability::tick() {
  const base::Instant now = clock_.now();
  if (journal_.written() < journal_.appended() || journal_.refuses()) (void)journal_.flush();
  if (now >= sync_at_) {
    if (fsync() == Fsync::everysec) (void)journal_.sync();
    sync_at_ = now + kSyncEvery;
  }
  if (writer_) {
    step_snapshot();
  } else if (is_due(now)) {
    begin_snapshot(now);
  }
  return writer_ != nullptr;
}

std::uint64_t Durability::log_bytes() const {
  return old_log_bytes_ + journal_.stats().bytes - base_bytes_;
}

/// Asked for; or an fsync has failed, which only a snapshot makes good; or it is time; or the log has grown too long.
bool Durability::is_due(base::Instant now) const {
  const std::lock_guard lock(mutex_);
  if (wanted_) return true;
  if (now < retry_at_) return false;  // Not again at once.
  if (journal_.lost()) return true;
  if (journal_.appended() == base_sequence_) return false;
  if (log_bytes() > std::max(options_.log_bytes_min, 2 * stats_.snapshot_bytes)) return true;
  return snapshot_every().count() > 0 && now >= snapshot_from_ + snapshot_every();
}

void Durability::begin_snapshot(base::Instant now) {
  {
    const std::lock_guard lock(mutex_);
    asked_ = std::exchange(wanted_, false);
    begun_bytes_ = journal_.stats().bytes;
    begun_at_ = now;
    saving_ = true;
  }
  writer_ = std::make_unique<SnapshotWriter>(*disk_, node_, journal_, clock_, options_.compression);
  if (auto begun = writer_->begin(); !begun) snapshot_failed(begun.error());
}

void Durability::step_snapshot() {
  auto done = writer_->step();
  if (!done) return snapshot_failed(done.error());
  if (*done) end_snapshot();
}

void Durability::snapshot_failed(const Error& error) {
  writer_.reset();
  retry_at_ = clock_.now() + kRetrySnapshot;
  if (options_.log) options_.log->error("snapshot_failed", {{"why", error.detail}});
  const std::lock_guard lock(mutex_);
  stats_.last_save_good = false;
  stats_.last_save_error = error.detail;
  ++attempts_;
  saving_ = false;
  changed_.notify_all();
}

void Durability::end_snapshot() {
  const SnapshotResult result = writer_->result();
  writer_.reset();
  const base::Instant now = clock_.now();
  snapshot_from_ = now;
  retry_at_ = now;
  const std::lock_guard lock(mutex_);
  base_sequence_ = result.sequence;
  base_bytes_ = begun_bytes_;
  old_log_bytes_ = 0;
  stats_.last_save_good = true;
  stats_.last_save_error.clear();
  stats_.last_save = clock_.wall();
  stats_.last_save_took = now - begun_at_;
  stats_.snapshot_bytes = result.bytes;
  ++stats_.saves;
  ++attempts_;
  saving_ = false;
  changed_.notify_all();
  if (options_.log) {
    options_.log->info("snapshot", {{"bytes", result.bytes}, {"took", stats_.last_save_took}});
  }
}

// ---- what others ask --------------------------------------------------------------------------------

/// One that is being made may have passed what was just written: then another one is waited for.
Result<void> Durability::save() {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = attempts_ + (saving_ ? 2 : 1);
  const auto over = [&] { return stopping_ || attempts_ >= until; };
  while (!over()) {
    if (!saving_) wanted_ = true;
    changed_.notify_all();
    if (options_.own_thread) {
      const std::uint64_t before = attempts_;
      changed_.wait(lock, [&] { return over() || attempts_ != before; });
    } else {
      lock.unlock();
      tick();
      lock.lock();
    }
  }
  if (attempts_ >= until && stats_.last_save_good) return {};
  return Error{Errc::io, Effect::refused,
               stats_.last_save_error.empty() ? "the server is ending" : stats_.last_save_error};
}

bool Durability::save_later() {
  const std::lock_guard lock(mutex_);
  if (saving_ || wanted_) return false;
  wanted_ = true;
  changed_.notify_all();
  return true;
}

void Durability::stop_thread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> Durability::close(bool snapshot) {
  stop_thread();
  auto flushed = journal_.flush();
  if (flushed) flushed = journal_.sync();
  if (snapshot && journal_.appended() != base_sequence_) {
    writer_.reset();
    begin_snapshot(clock_.now());
    while (writer_) step_snapshot();
    // A whole snapshot has everything that the log could not take.
    if (stats_.last_save_good) return {};
    if (flushed) return Error{Errc::io, Effect::refused, "no snapshot: " + stats_.last_save_error};
  }
  return flushed;
}

DurabilityStats Durability::stats() const {
  const std::lock_guard lock(mutex_);
  DurabilityStats stats = stats_;
  stats.log = journal_.stats();
  stats.changes = journal_.appended() - std::min(journal_.appended(), base_sequence_);
  stats.log_bytes = old_log_bytes_ + stats.log.bytes - base_bytes_;
  stats.saving = saving_;
  if (stats.saving) stats.saving_for = clock_.now() - begun_at_;
  return stats;
}

}  // namespace larder::node
