#include "engine/durable_file.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "engine/wire.hpp"

namespace larder::engine {
namespace {

constexpr std::string_view kLogMagic = "LARDRLOG";
constexpr std::string_view kSnapshotMagic = "LARDRSNP";
constexpr std::size_t kCrcBytes = 4;

std::string_view magic_of(FileKind kind) {
  return kind == FileKind::log ? kLogMagic : kSnapshotMagic;
}

/// Both kinds of frame: a checksum over the payload, then over the words between the two.
std::uint32_t frame_crc(std::string_view words, std::uint32_t crc_of_payload) {
  return base::crc32c(words, crc_of_payload);
}

/// Writes a frame whose words are put by `put`. No string of its own: this runs under a lock.
template <class PutWords>
void append_frame(std::string& out, std::string_view payload, std::uint32_t crc_of_payload,
                  PutWords put) {
  const std::size_t at = out.size();
  put_word(out, std::uint32_t{0});
  put();
  const auto words = std::string_view(out).substr(at + kCrcBytes);
  std::uint32_t crc = frame_crc(words, crc_of_payload);
  for (std::size_t i = 0; i < kCrcBytes; ++i, crc >>= 8)
    out[at + i] = static_cast<char>(crc & 0xff);
  out.append(payload);
}

}  // namespace

std::string to_bytes(const FileHeader& header) {
  std::string out{magic_of(header.kind)};
  put_word(out, kFormatVersion);
  put_word(out, header.flags);
  put_word(out, header.generation);
  put_word(out, header.sequence);
  put_word(out, static_cast<std::uint64_t>(header.created_ms));
  put_word(out, header.salt);
  put_word(out, base::crc32c(out));
  return out;
}

HeaderRead read_header(std::string_view bytes, FileHeader& header) {
  header = {};
  const std::string_view magic = bytes.substr(0, kLogMagic.size());
  const bool all_zero = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
  if (bytes.size() < kFileHeaderBytes) {
    const bool so_far = kLogMagic.starts_with(magic) || kSnapshotMagic.starts_with(magic);
    return so_far || all_zero ? HeaderRead::unfinished : HeaderRead::foreign;
  }
  if (magic != kLogMagic && magic != kSnapshotMagic) {
    return all_zero ? HeaderRead::unfinished : HeaderRead::foreign;
  }
  header.kind = magic == kLogMagic ? FileKind::log : FileKind::snapshot;
  std::string_view in = bytes.substr(magic.size(), kFileHeaderBytes - magic.size());
  std::uint32_t version = 0;
  std::uint32_t crc = 0;
  std::uint64_t created = 0;
  take_word(in, version);
  take_word(in, header.flags);
  take_word(in, header.generation);
  take_word(in, header.sequence);
  take_word(in, created);
  take_word(in, header.salt);
  take_word(in, crc);
  header.created_ms = static_cast<std::int64_t>(created);
  if (crc != base::crc32c(bytes.substr(0, kFileHeaderBytes - kCrcBytes))) {
    return HeaderRead::damaged;
  }
  // A flag that means nothing here may mean everything.
  const std::uint32_t known =
      header.kind == FileKind::log ? FileHeader::kFollowsLoss : FileHeader::kPacked;
  const bool reads = version == kFormatVersion && (header.flags & ~known) == 0;
  return reads ? HeaderRead::good : HeaderRead::newer;
}

// ---- records ----------------------------------------------------------------------------------------

std::uint32_t payload_crc(std::string_view payload, std::uint32_t salt) noexcept {
  return base::crc32c(payload, salt);
}

void append_record(std::string& out, std::uint64_t generation, const LogRecord& record,
                   std::uint32_t crc_of_payload) {
  append_frame(out, record.payload, crc_of_payload, [&] {
    put_word(out, static_cast<std::uint32_t>(record.payload.size()));
    put_word(out, static_cast<std::uint32_t>(generation));
    put_word(out, record.sequence);
  });
}

std::uint64_t record_bytes(std::string_view bytes) noexcept {
  return kRecordHeaderBytes + std::uint64_t{get_word<std::uint32_t>(bytes.data() + kCrcBytes)};
}

std::optional<LogRecord> read_record(std::string_view bytes, const FileHeader& file) noexcept {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const std::uint64_t size = record_bytes(bytes);
  if (size > bytes.size()) return std::nullopt;
  std::string_view in = bytes;
  std::uint32_t crc = 0, length = 0, generation = 0;
  LogRecord record;
  take_word(in, crc);
  take_word(in, length);
  take_word(in, generation);
  take_word(in, record.sequence);
  if (generation != static_cast<std::uint32_t>(file.generation)) return std::nullopt;
  record.payload = in.substr(0, length);
  const auto words = bytes.substr(kCrcBytes, kRecordHeaderBytes - kCrcBytes);
  if (crc != frame_crc(words, payload_crc(record.payload, file.salt))) return std::nullopt;
  return record;
}

// ---- chunks -----------------------------------------------------------------------------------------

void append_chunk(std::string& out, const Chunk& chunk, std::uint32_t salt) {
  append_frame(out, chunk.payload, payload_crc(chunk.payload, salt), [&] {
    put_word(out, static_cast<std::uint32_t>(chunk.payload.size()));
    put_word(out, chunk.number);
  });
}

void append_end(std::string& out, const SnapshotEnd& end, std::uint32_t salt) {
  std::string payload;
  put_word(payload, end.sequence);
  put_word(payload, end.chunks);
  put_word(payload, end.operations);
  append_chunk(out, {SnapshotEnd::kNumber, payload}, salt);
}

std::uint64_t chunk_bytes(std::string_view bytes) noexcept {
  return kChunkHeaderBytes + std::uint64_t{get_word<std::uint32_t>(bytes.data() + kCrcBytes)};
}

std::optional<Chunk> read_chunk(std::string_view bytes, std::uint32_t salt) noexcept {
  if (bytes.size() < kChunkHeaderBytes || chunk_bytes(bytes) > bytes.size()) return std::nullopt;
  std::string_view in = bytes;
  std::uint32_t crc = 0, length = 0;
  Chunk chunk;
  take_word(in, crc);
  take_word(in, length);
  take_word(in, chunk.number);
  chunk.payload = in.substr(0, length);
  const auto words = bytes.substr(kCrcBytes, kChunkHeaderBytes - kCrcBytes);
  if (crc != frame_crc(words, payload_crc(chunk.payload, salt))) return std::nullopt;
  return chunk;
}

std::optional<SnapshotEnd> read_end(const Chunk& chunk) noexcept {
  SnapshotEnd end;
  std::string_view in = chunk.payload;
  const bool whole =
      take_word(in, end.sequence) && take_word(in, end.chunks) && take_word(in, end.operations);
  if (chunk.number != SnapshotEnd::kNumber || !whole || !in.empty()) return std::nullopt;
  return end;
}

}  // namespace larder::engine
