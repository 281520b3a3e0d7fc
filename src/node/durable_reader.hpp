// Logs and snapshots, read from front to back and checked on the way: what recovery plays and `larder check` explains.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/disk.hpp"
#include "engine/durable_file.hpp"

namespace larder::node {

/// Where a file stops being what it should, and in which way.
enum class End : std::uint8_t {
  clean,  ///< It is whole.
  torn,  ///< What follows the last good piece is no whole piece, and nothing good comes after it: a write cut short.
  damaged,  ///< Good pieces follow a bad one, or the header is bad: not what a crash leaves.
};

struct LogRead {
  engine::FileHeader header;
  engine::HeaderRead header_read = engine::HeaderRead::good;
  End end = End::clean;
  std::uint64_t records = 0;
  std::uint64_t last =
      0;  ///< Sequence number of the last good record; one less than the header's if there is none.
  std::uint64_t good_bytes = 0;  ///< The header and all records up to the first that is not good.
  std::uint64_t file_bytes = 0;
  std::uint64_t next_good =
      0;  ///< Of a damaged log: where a good record follows; 0: the header itself is bad.
};

/// What is done with each record; an error ends the reading.
using RecordVisitor = std::function<Result<void>(const engine::LogRecord& record)>;

/// Reads generation `generation` of the log. Errors: `io`; `visit`'s. What is wrong with the file is no error.
Result<LogRead> read_log(base::Disk& disk, std::uint64_t generation, const RecordVisitor& visit);
/// The same of the header alone: a good one is all that is looked at.
Result<LogRead> read_log_header(base::Disk& disk, std::uint64_t generation);
/// All good records behind the first bad one, wherever they are: for salvage. `from` is where to look.
Result<void> read_log_behind(base::Disk& disk, const LogRead& read, std::uint64_t from,
                             const RecordVisitor& visit);

struct SnapshotRead {
  engine::FileHeader header;
  engine::HeaderRead header_read = engine::HeaderRead::good;
  bool complete = false;  ///< Every chunk is good, and the end is there.
  engine::SnapshotEnd end;
  std::uint64_t chunks = 0;
  std::uint64_t bad_at = 0;  ///< Of an incomplete one: where.
  std::uint64_t file_bytes = 0;
};

/// What is done with each chunk, unpacked, which has `file_bytes` in the file; an error ends the reading.
using ChunkVisitor =
    std::function<Result<void>(std::string_view operations, std::uint64_t file_bytes)>;

/// Errors: `io`; `unsupported`: packed, and this build cannot unpack; `visit`'s. What is wrong with the file is no error.
/// Without `visit` nothing is unpacked: the checksums are of what is in the file.
Result<SnapshotRead> read_snapshot(base::Disk& disk, std::uint64_t generation,
                                   const ChunkVisitor& visit);

/// "not one of Larder's files", for people.
std::string_view words(engine::HeaderRead read) noexcept;

}  // namespace larder::node
