#include "node/snapshot_writer.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "engine/operation.hpp"
#include "node/file_window.hpp"
#include "node/folder.hpp"
#include "node/kept_string.hpp"

namespace larder::node {
namespace {

using base::limits::kKiB;
using base::limits::kMiB;
using engine::FileKind;
using engine::Operation;

/// Entries looked at under one lock: about ten microseconds, in which a request may have to wait. Fewer where they are
/// large.
constexpr std::size_t kEntriesALock = 64;
constexpr std::size_t kLocksASlice = 16;
constexpr std::size_t kChunkBytes = 256 * kKiB;
/// So much goes to the disk at a time: one fsync of everything at the end would hold up those of the log.
constexpr std::uint64_t kSyncBytes = 16 * kMiB;

Error wrong(const std::string& what) { return {Errc::io, Effect::refused, what}; }

}  // namespace

SnapshotWriter::SnapshotWriter(base::Disk& disk, Node& node, Journal& journal,
                               const base::Clock& clock, Compression compression)
    : disk_(disk),
      node_(node),
      journal_(journal),
      clock_(clock),
      compression_(compression),
      bridge_(clock) {}

SnapshotWriter::~SnapshotWriter() {
  file_.reset();
  if (!name_.empty()) (void)disk_.remove(name_);
}

Result<void> SnapshotWriter::begin() {
  swaps_ = journal_.swaps();
  auto last = journal_.rotate();
  if (!last) return last.error();
  result_.generation = journal_.position().generation;
  name_ = file_name(FileKind::snapshot, result_.generation) + std::string(kTemporary);
  if (auto gone = disk_.remove(name_); !gone) return gone;
  auto file = disk_.open(name_, base::Open::fresh);
  if (!file) return file.error();
  file_ = std::move(*file);
  const bool packed = compression_ != Compression::none;
  return put(engine::to_bytes({.kind = FileKind::snapshot,
                               .flags = packed ? engine::FileHeader::kPacked : 0,
                               .generation = result_.generation,
                               .sequence = *last,
                               .created_ms = clock_.wall().time_since_epoch().count(),
                               .salt = journal_.salt()}));
}

Result<bool> SnapshotWriter::step() {
  Result<void> done;
  switch (stage_) {
    case Stage::entries:
      done = walk();
      break;
    case Stage::records:
      done = copy();
      break;
    case Stage::end:
      done = finish();
      if (done) return true;
      break;
  }
  if (!done) return done.error();
  return false;
}

// ---- entries ----------------------------------------------------------------------------------------

Result<void> SnapshotWriter::walk() {
  for (std::size_t i = 0; i < kLocksASlice; ++i) {
    const std::size_t before = chunk_.size();
    cursor_ = node_.scan(db_, cursor_, entries_,
                         [this](const engine::Entry& entry) { note(entry, db_); });
    const bool large = chunk_.size() - before > kChunkBytes;
    entries_ = large ? entries_ / 4 + 1 : std::min(2 * entries_, kEntriesALock);
    if (chunk_.size() >= kChunkBytes) {
      if (auto done = put_chunk(); !done) return done;
    }
    if (cursor_ == 0 && ++db_ == node_.databases()) return open_log();
  }
  return {};
}

/// Under the shard's lock.
void SnapshotWriter::note(const engine::Entry& entry, unsigned db) {
  Operation operation{.what = Operation::What::write,
                      .db = static_cast<std::uint8_t>(db),
                      .key = entry.key(),
                      .value = entry.value()};
  if (const auto deadline = entry.deadline()) {
    operation.deadline_ms = bridge_.to_wall(*deadline).count();
  }
  engine::append_operation(chunk_, operation);
  ++result_.operations;
}

// ---- the log behind them ----------------------------------------------------------------------------

Result<void> SnapshotWriter::open_log() {
  // What was seen must be in the log, or the state would be none that ever was.
  const std::uint64_t seen = journal_.appended();
  const auto flushed = journal_.flush();
  if (journal_.written() < seen) return flushed ? wrong("the log is behind") : flushed;
  const Journal::Position position = journal_.position();
  if (position.generation != result_.generation) return wrong("the log has moved on");
  result_.sequence = position.sequence;
  auto log = disk_.open(file_name(FileKind::log, position.generation), base::Open::existing);
  if (!log) return log.error();
  log_ = std::move(*log);
  window_ = std::make_unique<FileWindow>(*log_, position.file_bytes);
  auto ahead = window_->ahead(engine::kFileHeaderBytes);
  if (!ahead) return ahead.error();
  if (engine::read_header(*ahead, log_header_) != engine::HeaderRead::good) {
    return wrong("the log cannot be read back");
  }
  window_->skip(engine::kFileHeaderBytes);
  stage_ = Stage::records;
  return {};
}

Result<void> SnapshotWriter::copy() {
  for (std::uint64_t copied = 0; copied < kMiB && window_->left() > 0;) {
    auto ahead = window_->ahead(engine::kRecordHeaderBytes);
    if (!ahead) return ahead.error();
    if (ahead->size() < engine::kRecordHeaderBytes) return wrong("the log cannot be read back");
    ahead = window_->ahead(engine::record_bytes(*ahead));
    if (!ahead) return ahead.error();
    const auto record = engine::read_record(*ahead, log_header_);
    if (!record) return wrong("the log cannot be read back");
    chunk_.append(record->payload);
    ++result_.operations;
    const std::uint64_t bytes = engine::kRecordHeaderBytes + record->payload.size();
    window_->skip(bytes);
    copied += bytes;
    if (chunk_.size() >= kChunkBytes) {
      if (auto done = put_chunk(); !done) return done;
    }
  }
  if (window_->left() == 0) stage_ = Stage::end;
  return {};
}

// ---- the end ----------------------------------------------------------------------------------------

Result<void> SnapshotWriter::finish() {
  if (journal_.swaps() != swaps_) return wrong("databases were exchanged meanwhile");
  if (auto done = put_chunk(); !done) return done;
  std::string end;
  engine::append_end(
      end, {.sequence = result_.sequence, .chunks = chunks_, .operations = result_.operations},
      journal_.salt());
  if (auto done = put(end); !done) return done;
  if (auto done = file_->sync(); !done) return done;
  if (auto done = disk_.rename(name_, file_name(FileKind::snapshot, result_.generation)); !done) {
    return done;
  }
  name_.clear();
  if (auto done = disk_.sync(); !done) return done;
  journal_.forgive();
  remove_older();
  return {};
}

/// What cannot be removed now will be next time.
void SnapshotWriter::remove_older() noexcept {
  const auto folder = list_folder(disk_);
  if (!folder) return;
  if (folder->unsure && !journal_.lost()) (void)disk_.remove(kUnsureName);
  const auto remove = [&](FileKind kind, const std::vector<std::uint64_t>& generations) {
    for (const std::uint64_t generation : generations) {
      if (generation < result_.generation) (void)disk_.remove(file_name(kind, generation));
    }
  };
  remove(FileKind::snapshot, folder->snapshots);
  remove(FileKind::log, folder->logs);
}

Result<void> SnapshotWriter::put_chunk() {
  if (chunk_.empty()) return {};
  framed_.clear();
  std::string_view payload = chunk_;
  if (compression_ != Compression::none) {
    auto packed = packer_.pack(chunk_);
    if (!packed) return packed.error();
    payload = *packed;
  }
  engine::append_chunk(framed_, {static_cast<std::uint32_t>(chunks_), payload}, journal_.salt());
  ++chunks_;
  // A large value must not stay with us.
  clear_and_keep(chunk_, 4 * kChunkBytes);
  auto done = put(framed_);
  clear_and_keep(framed_, 4 * kChunkBytes);
  return done;
}

Result<void> SnapshotWriter::put(const std::string& bytes) {
  if (auto done = file_->append(bytes); !done) return done;
  result_.bytes += bytes.size();
  unsynced_bytes_ += bytes.size();
  if (unsynced_bytes_ < kSyncBytes) return {};
  unsynced_bytes_ = 0;
  return file_->sync();
}

}  // namespace larder::node
