// The two files of a folder that survives: how a log and a snapshot begin, and what they are made of. Bytes in, bytes
// out; who reads and writes the files is `node`.
//
// log      := header record*                     ; one generation of it
// snapshot := header chunk* end
// header   := magic version:u32 flags:u32 generation:u64 sequence:u64 created:i64 salt:u32 crc
//                                                ; crc of all before it
// magic    := "LARDRLOG" | "LARDRSNP"
// record   := crc length:u32 generation:u32 sequence:u64 payload
// chunk    := crc length:u32 number:u32 payload  ; numbered from 0
// payload  := operation*                         ; see operation.hpp; `length` bytes. A snapshot's chunks may have them in
//                                                ; a zstd frame: then the header has kPacked
// end      := crc length:u32 0xffffffff sequence:u64 chunks:u64 operations:u64   ; length is 24
// crc      := u32                                ; CRC32C begun with the file's salt: payload, then the header before it
//
// Integers are little-endian. `sequence` in a log's header is that of its first record; in a snapshot's header that of
// the last record that had been made when it was begun; in its end that of the last one it holds. The salt is random:
// what a client stores can look like a record, but not like one of this file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::engine {

constexpr std::uint32_t kFormatVersion = 1;

enum class FileKind : std::uint8_t { log, snapshot };

struct FileHeader {
  /// The log before this one may have lost its end: an fsync of it failed.
  static constexpr std::uint32_t kFollowsLoss = 1;
  /// Of a snapshot: the payload of each chunk but the end is a zstd frame.
  static constexpr std::uint32_t kPacked = 2;

  FileKind kind = FileKind::log;
  std::uint32_t flags = 0;
  std::uint64_t generation = 0;
  std::uint64_t sequence = 0;
  std::int64_t created_ms = 0;  ///< Wall clock.
  std::uint32_t salt = 0;
  bool operator==(const FileHeader&) const = default;
};

constexpr std::size_t kFileHeaderBytes = 48;

std::string to_bytes(const FileHeader& header);

/// What the beginning of a file turned out to be.
enum class HeaderRead : std::uint8_t {
  good,
  unfinished,  ///< Shorter than a header, and so far one: whoever wrote it was interrupted.
  foreign,     ///< Not one of ours.
  newer,       ///< Of a later format than this program reads.
  damaged,     ///< One of ours, and its checksum does not fit.
};
HeaderRead read_header(std::string_view bytes, FileHeader& header);

// ---- records of a log -------------------------------------------------------------------------------

struct LogRecord {
  std::uint64_t sequence = 0;
  std::string_view payload = {};
};

constexpr std::size_t kRecordHeaderBytes = 20;

/// The checksum of a payload, begun: what finish_record completes. Apart, so that the long part of the work needs no
/// lock.
std::uint32_t payload_crc(std::string_view payload, std::uint32_t salt) noexcept;
void append_record(std::string& out, std::uint64_t generation, const LogRecord& record,
                   std::uint32_t crc_of_payload);
/// How many bytes the record at the front says it has. Requires kRecordHeaderBytes.
std::uint64_t record_bytes(std::string_view bytes) noexcept;
/// The record at the front of `bytes`, if there is a whole one whose checksum fits.
std::optional<LogRecord> read_record(std::string_view bytes, const FileHeader& file) noexcept;

// ---- chunks of a snapshot ---------------------------------------------------------------------------

struct Chunk {
  std::uint32_t number = 0;
  std::string_view payload = {};
};

/// What a snapshot ends with: only a complete one has it.
struct SnapshotEnd {
  static constexpr std::uint32_t kNumber = 0xffffffff;
  std::uint64_t sequence = 0;
  std::uint64_t chunks = 0;
  std::uint64_t operations = 0;
};

constexpr std::size_t kChunkHeaderBytes = 12;
constexpr std::size_t kEndBytes = kChunkHeaderBytes + 24;

void append_chunk(std::string& out, const Chunk& chunk, std::uint32_t salt);
void append_end(std::string& out, const SnapshotEnd& end, std::uint32_t salt);
/// How many bytes the chunk at the front says it has. Requires kChunkHeaderBytes.
std::uint64_t chunk_bytes(std::string_view bytes) noexcept;
std::optional<Chunk> read_chunk(std::string_view bytes, std::uint32_t salt) noexcept;
/// Of a chunk with the number kNumber.
std::optional<SnapshotEnd> read_end(const Chunk& chunk) noexcept;

}  // namespace larder::engine
