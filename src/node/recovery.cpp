#include "node/recovery.hpp"

#include <algorithm>
#include <utility>

#include "node/durable_reader.hpp"
#include "node/file_window.hpp"
#include "node/folder.hpp"
#include "node/player.hpp"

namespace larder::node {
namespace {

using engine::FileHeader;
using engine::FileKind;
using engine::HeaderRead;

/// Between two calls of RecoveryOptions::progress.
constexpr std::uint64_t kProgressBytes = 16 * 1024 * 1024;

class Recovery {
 public:
  Recovery(base::Disk& disk, Node& node, LoadClock& clock, const RecoveryOptions& options)
      : disk_(disk), options_(options), player_(node, clock) {}

  Result<Recovered> run() {
    auto folder = list_folder(disk_);
    if (!folder) return folder.error();
    folder_ = std::move(*folder);
    found_.generation = folder_.newest();
    if (auto done = load_snapshot(); !done) return done.error();
    if (auto done = play_logs(); !done) return done.error();
    if (auto done = tidy(); !done) return done.error();
    found_.operations = player_.operations();
    return found_;
  }

 private:
  /// What was never finished.
  Result<void> tidy() {
    std::vector<std::string> names = folder_.temporary;
    for (const std::uint64_t log : never_begun_) names.push_back(file_name(FileKind::log, log));
    for (const std::string& name : names) {
      if (auto gone = disk_.remove(name); !gone) return gone;
    }
    return names.empty() ? Result<void>{} : disk_.sync();
  }

  Error refused(FileKind kind, std::uint64_t generation, const std::string& what) const {
    return {Errc::io, Effect::refused,
            disk_.path() + "/" + file_name(kind, generation) + " " + what +
                "; nothing was changed: `larder check " + disk_.path() +
                "` explains, `larder check " + disk_.path() +
                " --repair NEW` saves what can be saved into a new folder"};
  }

  /// The newest that is whole. One that is not may be overlooked only if all that it had is elsewhere.
  Result<void> load_snapshot() {
    for (auto at = folder_.snapshots.rbegin(); at != folder_.snapshots.rend(); ++at) {
      // Looked through first: half a snapshot in the node would be in the way of an older whole one.
      auto read = read_snapshot(disk_, *at, {});
      if (!read) return read.error();
      if (read->header_read == HeaderRead::newer) {
        return refused(FileKind::snapshot, *at, "was " + std::string(words(read->header_read)));
      }
      if (read->complete) return load(*at, *read);
      bad_snapshot_ = bad_snapshot_ == 0 ? *at : bad_snapshot_;
      bad_words_ = read->header_read == HeaderRead::good
                       ? "is damaged at byte " + std::to_string(read->bad_at)
                       : "cannot be used: " + std::string(words(read->header_read));
    }
    return {};
  }

  Result<void> load(std::uint64_t generation, const SnapshotRead& checked) {
    base_ = generation;
    bytes_all_ = checked.file_bytes;
    for (const std::uint64_t log : folder_.logs) bytes_all_ += log >= base_ ? size_of(log) : 0;
    auto read = read_snapshot(disk_, generation,
                              [&](std::string_view operations, std::uint64_t file_bytes) {
                                return play(operations, file_bytes);
                              });
    if (!read) return named(read.error(), FileKind::snapshot, generation);
    found_.sequence = found_.snapshot_sequence = read->end.sequence;
    found_.snapshot_bytes = read->file_bytes;
    found_.snapshot_ms = read->header.created_ms;
    return {};
  }

  Result<void> play(std::string_view operations, std::uint64_t file_bytes) {
    auto done = player_.play(operations);
    played_bytes_ += file_bytes;
    if (options_.progress && played_bytes_ - told_bytes_ >= kProgressBytes) {
      told_bytes_ = played_bytes_;
      options_.progress({played_bytes_, bytes_all_, player_.operations()});
    }
    return done;
  }

  std::uint64_t size_of(std::uint64_t log) {
    auto file = disk_.open(file_name(FileKind::log, log), base::Open::existing);
    if (!file) return 0;
    auto size = (*file)->size();
    return size ? *size : 0;
  }

  Error named(Error error, FileKind kind, std::uint64_t generation) const {
    if (error.code == Errc::out_of_memory) {
      error.detail = "loading " + disk_.path() + ": " + error.detail + "; allow more memory";
      return error;
    }
    if (error.detail.find(disk_.path()) != std::string::npos) return error;
    return refused(kind, generation, ": " + error.detail);
  }

  Result<void> play_logs() {
    std::vector<std::uint64_t> logs;
    for (const std::uint64_t log : folder_.logs) {
      if (log < base_) continue;
      auto header = read_log_header(disk_, log);
      if (!header) return header.error();
      // One that was never begun has nothing. Should it be one that lost everything, then those behind it miss that.
      (header->header_read == HeaderRead::unfinished ? never_begun_ : logs).push_back(log);
    }
    if (base_ == 0) {
      for (const std::uint64_t log : logs) bytes_all_ += size_of(log);
    }
    if (auto done = drop_if_lost(logs); !done) return done;
    for (std::size_t i = 0; i < logs.size(); ++i) {
      const bool last = i + 1 == logs.size();
      auto goes_on = play_log(logs[i], last ? 0 : logs[i + 1]);
      if (!goes_on) return goes_on.error();
      if (*goes_on) continue;
      const auto behind = logs.begin() + static_cast<std::ptrdiff_t>(i) + 1;
      if (auto done = put_aside({behind, logs.end()}); !done) return done;
      logs.erase(behind, logs.end());
    }
    if (auto done = rewrite_if_unsure(logs); !done) return done;
    if (bad_snapshot_ > base_) {
      // Logs from the very beginning, or from an older snapshot on, have led here without it.
      const bool without = base_ != 0 || (!logs.empty() && first_sequence_ == 1);
      if (!without) return refused(FileKind::snapshot, bad_snapshot_, bad_words_);
      found_.notes.push_back(file_name(FileKind::snapshot, bad_snapshot_) + " " + bad_words_ +
                             " and was not needed: it was put aside");
      return aside(file_name(FileKind::snapshot, bad_snapshot_));
    }
    return {};
  }

  void note_loss() {
    found_.notes.push_back("an fsync had failed: steps from " +
                           std::to_string(found_.sequence + 1) +
                           " on are not on the disk, and what came after them was put aside");
  }

  /// Where the log that goes on from the snapshot has lost even its beginning.
  Result<void> drop_if_lost(std::vector<std::uint64_t>& logs) {
    if (logs.empty()) return {};
    auto first = read_log_header(disk_, logs.front());
    if (!first) return first.error();
    const bool gap =
        first->header_read == HeaderRead::good && first->header.sequence > found_.sequence + 1;
    if (!gap || (first->header.flags & FileHeader::kFollowsLoss) == 0) return {};
    note_loss();
    return put_aside(std::exchange(logs, {}));
  }

  /// False: the logs behind this one cannot be used.
  Result<bool> play_log(std::uint64_t generation, std::uint64_t next) {
    const std::uint64_t before = found_.sequence;
    auto read = read_log(disk_, generation, [&](const engine::LogRecord& record) -> Result<void> {
      if (record.sequence > found_.sequence + 1) return gap(generation, record.sequence);
      if (record.sequence <= found_.sequence) return {};
      found_.sequence = record.sequence;
      return play(record.payload, engine::kRecordHeaderBytes + record.payload.size());
    });
    if (!read) return named(read.error(), FileKind::log, generation);
    if (read->header_read == HeaderRead::good && read->header.sequence > before + 1) {
      return gap(generation, read->header.sequence);
    }
    if (first_sequence_ == 0) first_sequence_ = read->header.sequence;
    found_.log_bytes += read->good_bytes;
    if (read->end == End::damaged) {
      if (read->header_read != HeaderRead::good) {
        return refused(FileKind::log, generation,
                       "cannot be used: " + std::string(words(read->header_read)));
      }
      return refused(FileKind::log, generation,
                     "is damaged at byte " + std::to_string(read->good_bytes) +
                         ", and good records follow at byte " + std::to_string(read->next_good));
    }
    if (next == 0) return finish(generation, *read);
    return follows(generation, *read, next);
  }

  Error gap(std::uint64_t generation, std::uint64_t sequence) const {
    if (bad_snapshot_ != 0) return refused(FileKind::snapshot, bad_snapshot_, bad_words_);
    return refused(FileKind::log, generation,
                   "begins with step " + std::to_string(sequence) + ", and steps from " +
                       std::to_string(found_.sequence + 1) + " on are nowhere");
  }

  /// Does the log `next` go on where this one ends?
  Result<bool> follows(std::uint64_t generation, const LogRead& read, std::uint64_t next) {
    auto after = read_log_header(disk_, next);
    if (!after) return after.error();
    if (after->header_read != HeaderRead::good) {
      return refused(FileKind::log, next,
                     "cannot be used: " + std::string(words(after->header_read)));
    }
    if (after->header.sequence <= found_.sequence + 1) return true;
    if ((after->header.flags & FileHeader::kFollowsLoss) != 0) {
      note_loss();
      auto done = finish(generation, read);
      if (!done) return done;
      return false;
    }
    if (read.end == End::torn) {
      return refused(FileKind::log, generation,
                     "is damaged at byte " + std::to_string(read.good_bytes) + ", and " +
                         file_name(FileKind::log, next) + " goes on behind what is missing");
    }
    return gap(next, after->header.sequence);
  }

  /// The last log that counts: cut where it stops being good, and on the disk up to there before anything follows it.
  Result<bool> finish(std::uint64_t generation, const LogRead& read) {
    const std::string name = file_name(FileKind::log, generation);
    const bool needless = read.records == 0;
    if (read.end == End::torn) {
      found_.cut_bytes += read.file_bytes - read.good_bytes;
      found_.notes.push_back(
          name +
          " ended in the middle of a record: " + std::to_string(read.file_bytes - read.good_bytes) +
          " bytes from byte " + std::to_string(read.good_bytes) + " on were cut off");
    }
    if (needless) {
      if (auto gone = disk_.remove(name); !gone) return gone.error();
      if (auto done = disk_.sync(); !done) return done.error();
      return true;
    }
    auto file = disk_.open(name, base::Open::existing);
    if (!file) return file.error();
    if (read.end == End::torn) {
      if (auto cut = (*file)->truncate(read.good_bytes); !cut) return cut.error();
    }
    if (auto done = (*file)->sync(); !done) {
      (void)disk_.open(kUnsureName, base::Open::create);
      return done.error();
    }
    return true;
  }

  /// After an fsync that failed the kernel may show what it will never write, and say that it has. Bytes written anew are
  /// another matter.
  Result<void> rewrite_if_unsure(const std::vector<std::uint64_t>& logs) {
    if (!folder_.unsure) return {};
    for (const std::uint64_t log : logs) {
      if (auto done = rewrite(file_name(FileKind::log, log)); !done) return done;
    }
    if (auto done = disk_.sync(); !done) return done;
    if (auto done = disk_.remove(kUnsureName); !done) return done;
    return disk_.sync();
  }

  Result<void> rewrite(const std::string& name) {
    auto from = disk_.open(name, base::Open::existing);
    if (!from) return {};  // One that had nothing is gone already.
    auto size = (*from)->size();
    if (!size) return size.error();
    const std::string fresh = name + std::string(kTemporary);
    if (auto gone = disk_.remove(fresh); !gone) return gone;
    auto to = disk_.open(fresh, base::Open::fresh);
    if (!to) return to.error();
    FileWindow window(**from, *size);
    while (window.left() > 0) {
      auto ahead = window.ahead(1);
      if (!ahead) return ahead.error();
      if (auto put = (*to)->append(*ahead); !put) return put;
      window.skip(ahead->size());
    }
    if (auto done = (*to)->sync(); !done) return done;
    return disk_.rename(fresh, name);
  }

  Result<void> put_aside(const std::vector<std::uint64_t>& logs) {
    for (const std::uint64_t log : logs) {
      if (auto done = aside(file_name(FileKind::log, log)); !done) return done;
    }
    return {};
  }

  Result<void> aside(const std::string& name) {
    if (auto done = disk_.rename(name, name + std::string(kAside)); !done) return done;
    return disk_.sync();
  }

  base::Disk& disk_;
  const RecoveryOptions& options_;
  Player player_;
  Folder folder_;
  Recovered found_;
  std::uint64_t base_ = 0;          // Generation of the snapshot that was loaded; 0: none.
  std::uint64_t bad_snapshot_ = 0;  // The newest that is not whole; 0: none.
  std::string bad_words_;
  std::vector<std::uint64_t> never_begun_;
  std::uint64_t first_sequence_ = 0;  // Of the first log played.
  std::uint64_t bytes_all_ = 0, played_bytes_ = 0, told_bytes_ = 0;
};

}  // namespace

Result<Recovered> recover(base::Disk& disk, Node& node, LoadClock& clock,
                          const RecoveryOptions& options) {
  return Recovery(disk, node, clock, options).run();
}

}  // namespace larder::node
