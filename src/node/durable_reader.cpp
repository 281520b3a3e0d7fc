#include "node/durable_reader.hpp"

#include <algorithm>
#include <memory>

#include "engine/wire.hpp"
#include "node/file_window.hpp"
#include "node/folder.hpp"
#include "node/packer.hpp"

namespace larder::node {
namespace {

using engine::FileHeader;
using engine::FileKind;
using engine::HeaderRead;
using engine::LogRecord;

struct Opened {
  std::unique_ptr<base::File> file;
  std::uint64_t size = 0;
};

Result<Opened> open(base::Disk& disk, FileKind kind, std::uint64_t generation) {
  auto file = disk.open(file_name(kind, generation), base::Open::existing);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  return Opened{std::move(*file), *size};
}

/// The header, which must also be that of a file with this name.
Result<HeaderRead> header_of(FileWindow& window, FileKind kind, std::uint64_t generation,
                             FileHeader& header) {
  auto ahead = window.ahead(engine::kFileHeaderBytes);
  if (!ahead) return ahead.error();
  const HeaderRead read = engine::read_header(*ahead, header);
  if (read != HeaderRead::good) return read;
  if (header.kind != kind || header.generation != generation) return HeaderRead::foreign;
  window.skip(engine::kFileHeaderBytes);
  return read;
}

/// Could a record begin here? Cheap, and wrong once in a few billion bytes.
bool may_begin(std::string_view ahead, const FileHeader& header, std::uint64_t last,
               std::uint64_t left) {
  constexpr std::size_t kGenerationAt = 8;
  constexpr std::size_t kSequenceAt = 12;
  if (engine::get_word<std::uint32_t>(ahead.data() + kGenerationAt) !=
      static_cast<std::uint32_t>(header.generation)) {
    return false;
  }
  const auto sequence = engine::get_word<std::uint64_t>(ahead.data() + kSequenceAt);
  return sequence > last && sequence - last <= left && engine::record_bytes(ahead) <= left;
}

/// The next good record at or behind the window's place, to which it moves; false: there is none.
Result<bool> find_record(FileWindow& window, const FileHeader& header, std::uint64_t last) {
  while (window.left() >= engine::kRecordHeaderBytes) {
    auto ahead = window.ahead(engine::kRecordHeaderBytes);
    if (!ahead) return ahead.error();
    if (may_begin(*ahead, header, last, window.left())) {
      auto whole = window.ahead(engine::record_bytes(*ahead));
      if (!whole) return whole.error();
      if (engine::read_record(*whole, header)) return true;
    }
    window.skip(1);
  }
  return false;
}

/// Plays good records until the first that is not; `last` follows.
Result<void> read_records(FileWindow& window, const FileHeader& header, std::uint64_t& last,
                          std::uint64_t& count, const RecordVisitor& visit) {
  while (window.left() >= engine::kRecordHeaderBytes) {
    auto ahead = window.ahead(engine::kRecordHeaderBytes);
    if (!ahead) return ahead.error();
    const std::uint64_t bytes = engine::record_bytes(*ahead);
    if (bytes > window.left()) return {};
    if (bytes > ahead->size()) {
      ahead = window.ahead(bytes);
      if (!ahead) return ahead.error();
    }
    const auto record = engine::read_record(*ahead, header);
    if (!record || record->sequence != last + 1) return {};
    if (visit) {
      if (auto done = visit(*record); !done) return done;
    }
    last = record->sequence;
    ++count;
    window.skip(bytes);
  }
  return {};
}

}  // namespace

namespace {

/// A log whose header was read; its records come next in the window, if it is good.
struct BegunLog {
  Opened opened;
  LogRead read;
  std::unique_ptr<FileWindow> window;
};

Result<BegunLog> begin_log(base::Disk& disk, std::uint64_t generation) {
  auto opened = open(disk, FileKind::log, generation);
  if (!opened) return opened.error();
  BegunLog begun;
  begun.opened = std::move(*opened);
  begun.window = std::make_unique<FileWindow>(*begun.opened.file, begun.opened.size);
  LogRead& read = begun.read;
  read.file_bytes = begun.opened.size;
  auto header = header_of(*begun.window, FileKind::log, generation, read.header);
  if (!header) return header.error();
  read.header_read = *header;
  if (*header == HeaderRead::good) {
    read.last = read.header.sequence - 1;
    read.good_bytes = begun.window->offset();
  } else {
    read.end = *header == HeaderRead::unfinished ? End::torn : End::damaged;
  }
  return begun;
}

}  // namespace

Result<LogRead> read_log_header(base::Disk& disk, std::uint64_t generation) {
  auto begun = begin_log(disk, generation);
  if (!begun) return begun.error();
  return begun->read;
}

Result<LogRead> read_log(base::Disk& disk, std::uint64_t generation, const RecordVisitor& visit) {
  auto begun = begin_log(disk, generation);
  if (!begun) return begun.error();
  LogRead& read = begun->read;
  FileWindow& window = *begun->window;
  if (read.header_read != HeaderRead::good) return read;
  if (auto done = read_records(window, read.header, read.last, read.records, visit); !done) {
    return done.error();
  }
  read.good_bytes = window.offset();
  if (window.left() == 0) return read;
  auto found = find_record(window, read.header, read.last);
  if (!found) return found.error();
  read.end = *found ? End::damaged : End::torn;
  if (*found) read.next_good = window.offset();
  return read;
}

Result<void> read_log_behind(base::Disk& disk, const LogRead& read, std::uint64_t from,
                             const RecordVisitor& visit) {
  auto opened = open(disk, FileKind::log, read.header.generation);
  if (!opened) return opened.error();
  FileWindow window(*opened->file, opened->size);
  window.seek(from);
  std::uint64_t last = read.last;
  for (;;) {
    auto found = find_record(window, read.header, last);
    if (!found) return found.error();
    if (!*found) return {};
    auto ahead = window.ahead(engine::kRecordHeaderBytes);
    if (ahead) ahead = window.ahead(engine::record_bytes(*ahead));
    if (!ahead) return ahead.error();
    const auto record = engine::read_record(*ahead, read.header);
    last = record->sequence - 1;
    std::uint64_t count = 0;
    if (auto done = read_records(window, read.header, last, count, visit); !done) return done;
  }
}

Result<SnapshotRead> read_snapshot(base::Disk& disk, std::uint64_t generation,
                                   const ChunkVisitor& visit) {
  auto opened = open(disk, FileKind::snapshot, generation);
  if (!opened) return opened.error();
  FileWindow window(*opened->file, opened->size);
  SnapshotRead read;
  read.file_bytes = opened->size;
  auto header = header_of(window, FileKind::snapshot, generation, read.header);
  if (!header) return header.error();
  read.header_read = *header;
  const bool packed = (read.header.flags & FileHeader::kPacked) != 0;
  Packer packer;
  while (*header == HeaderRead::good && window.left() >= engine::kChunkHeaderBytes) {
    read.bad_at = window.offset();
    auto ahead = window.ahead(engine::kChunkHeaderBytes);
    if (!ahead) return ahead.error();
    const std::uint64_t bytes = engine::chunk_bytes(*ahead);
    if (bytes > window.left()) return read;
    if (bytes > ahead->size()) ahead = window.ahead(bytes);
    if (!ahead) return ahead.error();
    const auto chunk = engine::read_chunk(*ahead, read.header.salt);
    if (!chunk) return read;
    window.skip(bytes);
    if (const auto end = engine::read_end(*chunk)) {
      read.end = *end;
      read.complete = end->chunks == read.chunks && window.left() == 0;
      return read;
    }
    if (chunk->number != read.chunks) return read;
    if (visit) {
      auto operations = packed ? packer.unpack(chunk->payload) : chunk->payload;
      if (!operations) return operations.error();
      if (auto done = visit(*operations, bytes); !done) return done.error();
    }
    ++read.chunks;
  }
  return read;
}

std::string_view words(HeaderRead read) noexcept {
  switch (read) {
    case HeaderRead::good:
      return "good";
    case HeaderRead::unfinished:
      return "ends before its header does";
    case HeaderRead::foreign:
      return "not the file of Larder's that its name says";
    case HeaderRead::newer:
      return "written by a newer Larder, in a format that this one does not read";
    case HeaderRead::damaged:
      break;
  }
  return "its header is damaged";
}

}  // namespace larder::node
