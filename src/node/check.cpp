#include "node/check.hpp"

#include <algorithm>
#include <utility>

#include "node/durable_reader.hpp"
#include "node/folder.hpp"
#include "node/player.hpp"
#include "node/recovery.hpp"

namespace larder::node {
namespace {

using engine::FileKind;
using engine::HeaderRead;

/// A file whose content nobody changes; what is written to it goes nowhere.
class DryFile final : public base::File {
 public:
  explicit DryFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const override {
    return file_ ? file_->read(offset, bytes_max) : std::string{};
  }
  Result<void> append(std::string_view) override { return {}; }
  Result<void> truncate(std::uint64_t) override { return {}; }
  Result<void> sync() override { return {}; }
  Result<std::uint64_t> size() const override {
    return file_ ? file_->size() : Result<std::uint64_t>{0};
  }

 private:
  std::unique_ptr<base::File> file_;  // None: it was made here.
};

/// A folder that looks like another and is not changed: recovery may do to it what it likes.
class DryDisk final : public base::Disk {
 public:
  explicit DryDisk(base::Disk& disk) : disk_(disk) {}
  Result<std::unique_ptr<base::File>> open(std::string_view name, base::Open mode) override {
    if (mode != base::Open::existing) return std::unique_ptr<base::File>(new DryFile(nullptr));
    auto file = disk_.open(name, mode);
    if (!file) return file.error();
    return std::unique_ptr<base::File>(new DryFile(std::move(*file)));
  }
  Result<void> rename(std::string_view, std::string_view) override { return {}; }
  Result<void> remove(std::string_view) override { return {}; }
  Result<std::vector<std::string>> list() const override { return disk_.list(); }
  Result<void> sync() override { return {}; }
  Result<std::unique_ptr<base::DiskLock>> lock(std::string_view name) override {
    return disk_.lock(name);
  }
  const std::string& path() const noexcept override { return disk_.path(); }

 private:
  base::Disk& disk_;
};

std::string bytes_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

FileReport report_of(std::uint64_t generation, const LogRead& read) {
  FileReport report{.name = file_name(FileKind::log, generation), .what = "", .good = true};
  if (read.header_read != HeaderRead::good) {
    report.good = false;
    report.what = std::string(words(read.header_read));
    return report;
  }
  report.what = "log, " + bytes_text(read.file_bytes) + ", " + std::to_string(read.records) +
                (read.records == 1 ? " step" : " steps");
  if (read.records > 0) {
    report.what +=
        " (" + std::to_string(read.header.sequence) + " to " + std::to_string(read.last) + ")";
  }
  report.good = read.end == End::clean;
  if (read.end == End::torn) {
    report.what +=
        "; cut short at byte " + std::to_string(read.good_bytes) + ", as a crash leaves it";
  } else if (read.end == End::damaged) {
    report.what += "; damaged at byte " + std::to_string(read.good_bytes) +
                   ", good again from byte " + std::to_string(read.next_good);
  }
  return report;
}

FileReport report_of(std::uint64_t generation, const SnapshotRead& read) {
  FileReport report{.name = file_name(FileKind::snapshot, generation), .what = "", .good = true};
  report.good = read.complete;
  if (read.header_read != HeaderRead::good) {
    report.what = std::string(words(read.header_read));
    return report;
  }
  const bool packed = (read.header.flags & engine::FileHeader::kPacked) != 0;
  report.what = "snapshot, " + bytes_text(read.file_bytes) + (packed ? " (zstd)" : "");
  if (read.complete) {
    report.what += ", everything up to step " + std::to_string(read.end.sequence);
  } else {
    report.what += "; damaged at byte " + std::to_string(read.bad_at);
  }
  return report;
}

Result<void> look_at_files(base::Disk& disk, FolderReport& report) {
  auto folder = list_folder(disk);
  if (!folder) return folder.error();
  for (const std::uint64_t snapshot : folder->snapshots) {
    auto read = read_snapshot(disk, snapshot, {});
    if (!read) return read.error();
    report.files.push_back(report_of(snapshot, *read));
  }
  for (const std::uint64_t log : folder->logs) {
    auto read = read_log(disk, log, {});
    if (!read) return read.error();
    report.files.push_back(report_of(log, *read));
  }
  for (const std::string& name : folder->temporary) {
    report.files.push_back({name, "a snapshot that was never finished", true});
  }
  for (const std::string& name : folder->others) {
    const bool aside = name.ends_with(kAside);
    report.files.push_back({name, aside ? "put aside by an earlier start" : "not ours", true});
  }
  return {};
}

}  // namespace

Result<FolderReport> check_folder(base::Disk& disk, Node& node, LoadClock& clock) {
  FolderReport report;
  if (auto done = look_at_files(disk, report); !done) return done.error();
  DryDisk dry(disk);
  auto recovered = recover(dry, node, clock);
  if (recovered) {
    report.notes = std::move(recovered->notes);
    report.sequence = recovered->sequence;
  } else {
    report.starts = false;
    report.notes.push_back(recovered.error().detail);
  }
  return report;
}

Result<Salvaged> salvage(base::Disk& disk, Node& node, LoadClock& clock) {
  auto folder = list_folder(disk);
  if (!folder) return folder.error();
  Salvaged saved;
  Player player(node, clock);
  std::uint64_t base = 0;
  std::uint64_t sequence = 0;
  const auto play = [&](std::string_view operations, std::uint64_t) -> Result<void> {
    if (auto done = player.play(operations); !done) saved.notes.push_back(done.error().detail);
    return {};
  };
  // The newest that is whole; else what is good of the newest, and all logs over it.
  for (auto at = folder->snapshots.rbegin(); at != folder->snapshots.rend() && base == 0; ++at) {
    auto read = read_snapshot(disk, *at, {});
    if (!read) return read.error();
    const bool only_one = std::next(at) == folder->snapshots.rend();
    if (!read->complete) {
      saved.notes.push_back(report_of(*at, *read).name + ": " + report_of(*at, *read).what);
      if (!only_one || read->header_read != HeaderRead::good) continue;
    }
    if (auto done = read_snapshot(disk, *at, play); !done) return done.error();
    if (!read->complete) continue;
    base = *at;
    sequence = read->end.sequence;
  }
  for (const std::uint64_t log : folder->logs) {
    if (log < base) continue;
    const auto step = [&](const engine::LogRecord& record) -> Result<void> {
      if (record.sequence <= sequence) return {};
      sequence = record.sequence;
      ++saved.steps;
      return play(record.payload, 0);
    };
    auto read = read_log(disk, log, step);
    if (!read) return read.error();
    const FileReport report = report_of(log, *read);
    if (!report.good) saved.notes.push_back(report.name + ": " + report.what);
    if (read->end != End::damaged || read->header_read != HeaderRead::good) continue;
    if (auto done = read_log_behind(disk, *read, read->next_good, step); !done) return done.error();
  }
  saved.operations = player.operations();
  return saved;
}

}  // namespace larder::node
