// Headers, records and chunks as bytes and back; and what is not one of them.
#include "engine/durable_file.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <fstream>
#include <string>

#include "engine/operation.hpp"

namespace larder::engine {
namespace {

constexpr FileHeader kLog{.kind = FileKind::log,
                          .flags = FileHeader::kFollowsLoss,
                          .generation = 7,
                          .sequence = 42,
                          .created_ms = 1'700'000'000'000,
                          .salt = 0xdeadbeef};

std::string record(std::uint64_t sequence, std::string_view payload) {
  std::string bytes;
  append_record(bytes, kLog.generation, {sequence, payload}, payload_crc(payload, kLog.salt));
  return bytes;
}

TEST(DurableFile, AHeaderComesBackAsItWent) {
  const std::string bytes = to_bytes(kLog);
  EXPECT_EQ(bytes.size(), kFileHeaderBytes);
  FileHeader read;
  EXPECT_EQ(read_header(bytes, read), HeaderRead::good);
  EXPECT_EQ(read, kLog);
}

TEST(DurableFile, AnyBitFlippedInAHeaderIsSeen) {
  for (std::size_t at = 0; at < kFileHeaderBytes; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = to_bytes(kLog);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      FileHeader read;
      EXPECT_NE(read_header(bytes, read), HeaderRead::good) << at;
    }
  }
}

TEST(DurableFile, AHeaderCutShortOrNeverWrittenIsUnfinished) {
  FileHeader read;
  const std::string bytes = to_bytes(kLog);
  for (std::size_t size = 0; size < kFileHeaderBytes; ++size)
    EXPECT_EQ(read_header(bytes.substr(0, size), read), HeaderRead::unfinished) << size;
  EXPECT_EQ(read_header(std::string(4096, '\0'), read), HeaderRead::unfinished);
}

TEST(DurableFile, WhatIsNotOursIsForeign) {
  FileHeader read;
  EXPECT_EQ(read_header("REDIS0011\xfa\tredis-ver", read), HeaderRead::foreign);
  EXPECT_EQ(read_header(std::string(100, 'x'), read), HeaderRead::foreign);
}

TEST(DurableFile, ARecordComesBackAsItWent) {
  const std::string bytes = record(43, "payload") + "more";
  EXPECT_EQ(record_bytes(bytes), bytes.size() - 4);
  const auto read = read_record(bytes, kLog);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->sequence, 43u);
  EXPECT_EQ(read->payload, "payload");
}

TEST(DurableFile, ARecordFlippedCutOrOfAnotherFileIsNone) {
  const std::string good = record(43, "payload");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_FALSE(read_record(bytes, kLog)) << at;
    EXPECT_FALSE(read_record(good.substr(0, at), kLog)) << at;
  }
  FileHeader other = kLog;
  other.salt = 1;
  EXPECT_FALSE(read_record(good, other));
  other = kLog;
  other.generation = 8;
  EXPECT_FALSE(read_record(good, other));
}

TEST(DurableFile, ChunksAndTheEndComeBackAsTheyWent) {
  std::string bytes;
  append_chunk(bytes, {5, "payload"}, 77);
  const std::size_t first = bytes.size();
  append_end(bytes, {.sequence = 9, .chunks = 6, .operations = 100}, 77);
  EXPECT_EQ(bytes.size(), first + kEndBytes);
  const auto chunk = read_chunk(bytes, 77);
  ASSERT_TRUE(chunk);
  EXPECT_EQ(chunk->number, 5u);
  EXPECT_EQ(chunk->payload, "payload");
  EXPECT_FALSE(read_end(*chunk));
  const auto last = read_chunk(std::string_view(bytes).substr(first), 77);
  ASSERT_TRUE(last);
  const auto end = read_end(*last);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->sequence, 9u);
  EXPECT_EQ(end->chunks, 6u);
  EXPECT_EQ(end->operations, 100u);
  EXPECT_FALSE(read_chunk(bytes, 78));
}

// ---- the examples of docs/formats ---------------------------------------------------------------------

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char two[4];
    std::snprintf(two, sizeof two, "%02x ", static_cast<unsigned char>(byte));
    text += two;
  }
  return text;
}

/// The bytes that a page shows: lines that begin with eight pairs of hexadecimal digits or more.
std::string shown(const std::string& page) {
  std::ifstream in(std::string(LARDER_SOURCE_DIR) + "/docs/formats/" + page);
  std::string text, line;
  while (std::getline(in, line)) {
    std::string bytes;
    for (std::size_t at = 0; at + 2 < line.size() && std::isxdigit(line[at]) != 0 &&
                             std::isxdigit(line[at + 1]) != 0 && line[at + 2] == ' ';
         at += 3) {
      bytes += line.substr(at, 3);
    }
    if (bytes.size() >= 8 * 3) text += bytes;
  }
  return text;
}

constexpr std::uint32_t kSalt = 0x5a17;
constexpr FileHeader kShown{.kind = FileKind::log,
                            .generation = 3,
                            .sequence = 17,
                            .created_ms = 1'796'000'000'000,
                            .salt = kSalt};

std::string shown_operation() {
  std::string payload;
  append_operation(payload, {.deadline_ms = 1'796'000'060'000, .key = "k", .value = "hi"});
  return payload;
}

TEST(DurableFile, ALogIsWrittenAsItsPageShows) {
  std::string bytes = to_bytes(kShown);
  const std::string payload = shown_operation();
  append_record(bytes, 3, {17, payload}, payload_crc(payload, kSalt));
  EXPECT_EQ(hex(bytes), shown("log.md"));
}

TEST(DurableFile, ASnapshotIsWrittenAsItsPageShows) {
  FileHeader header = kShown;
  header.kind = FileKind::snapshot;
  header.sequence = 16;
  std::string bytes = to_bytes(header);
  append_chunk(bytes, {0, shown_operation()}, kSalt);
  append_end(bytes, {.sequence = 16, .chunks = 1, .operations = 1}, kSalt);
  EXPECT_EQ(hex(bytes), shown("snapshot.md"));
}

}  // namespace
}  // namespace larder::engine
