// An answer as it is stored, near and shared.
//
// entry   := magic:u16 version:u8 flags:u8 crc:u32 stored:i64 ttl:u32 stale:u32 count:u16 place:u16* wire
// magic   := "LD"
// version := 1
// flags   := bit 0: pinned; bit 1: made up by the stub; bits 2 to 7: zero
// crc     := CRC-32C of everything before and after it
// stored  := when upstream gave it, in ms: of the Unix epoch in the shared store, of this process' monotonic clock near
// ttl     := seconds from then; stale := seconds more during which it may stand in for a fresh one
// place   := where a TTL stands in the message
// wire    := the message: id 0, lower case question, names compressed, no OPT
//
// Little-endian but for the message itself.
#pragma once

#include <larder/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dns/resolver.hpp"

namespace larder::dns {

struct EntryFacts {
  bool pinned = false;
  bool made_up = false;
  std::int64_t stored_ms = 0;
  std::uint32_t ttl_s = 0;
  std::uint32_t stale_s = 0;
};

/// A stored entry, read: views into its bytes.
struct Entry {
  EntryFacts facts;
  std::string_view places;  ///< Two bytes each.
  std::string_view wire;

  std::int64_t age_ms(std::int64_t now_ms) const noexcept;
  /// Pinned entries are always fresh.
  bool is_fresh(std::int64_t now_ms) const noexcept;
  bool is_usable_stale(std::int64_t now_ms) const noexcept;
  std::uint32_t ttl_left_s(std::int64_t now_ms) const noexcept;
};

/// Where the time stands in an entry: a copy for the other tier differs in it alone.
std::string pack_entry(const EntryFacts& facts, std::string_view wire);
/// The entry with another `stored`, and a checksum that fits.
std::string restamped(std::string_view entry, std::int64_t stored_ms);

/// Reads what this process wrote: sizes are looked at, the checksum is not. None: no entry.
std::optional<Entry> open_near_entry(std::string_view bytes) noexcept;
/// Reads what anybody may have written: the checksum, that the message parses, and that it answers this question.
/// Errors: `bad_value` says why.
Result<Entry> open_shared_entry(std::string_view bytes, const Question& question);

/// Writes the message as of now into `out`, which has room for entry.wire: TTLs less the age, or `stale_ttl_s` where it is
/// stale; the question in the asker's case.
void render(char* out, const Entry& entry, std::string_view asked_name, std::int64_t now_ms,
            std::uint32_t stale_ttl_s) noexcept;

}  // namespace larder::dns
