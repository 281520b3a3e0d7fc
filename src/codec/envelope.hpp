// The envelope that a value wears when a policy must keep something beside it.
#pragma once

#include <larder/error.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace larder::codec {

// envelope  := magic crc:u32 version:u8 flags:u8 fields-size:u16 fields payload     ; little-endian
// magic     := 0xCA "LDR"
// crc       := CRC-32C of everything after it
// version   := 1
// flags     := bit 0: payload is compressed with zstd
//              bit 1: negative answer: known to be absent, payload empty
//              bits 2 to 7: zero
// fields    := field*                                  ; fields-size bytes in all
// field     := tag:u8 size:u8 byte*                    ; `size` bytes; an unknown tag is skipped
// payload   := a plain value

/// What an envelope says beside its payload.
struct Facts {
  bool compressed = false;
  bool negative = false;
  std::optional<base::WallTime> hard_deadline = std::nullopt;  ///< Not served after it.
  std::optional<base::WallTime> soft_deadline = std::nullopt;  ///< Served after it, and refreshed.
  std::optional<base::Micros> load_cost =
      std::nullopt;  ///< What the load took; 71 minutes at most.
  friend bool operator==(const Facts&, const Facts&) = default;
};

struct Envelope {
  Facts facts;
  std::string_view payload;  ///< A view into the stored bytes.
};

/// Appends `payload` in an envelope.
void append_envelope(std::string& out, const Facts& facts, std::string_view payload);

/// Reads either form: plain bytes are an envelope without facts.
/// Errors: `bad_value` for a checksum that does not fit, a version or flag of the future, fields
/// that overlap.
Result<Envelope> open_envelope(std::string_view stored);

}  // namespace larder::codec
