// Operation: one change as it is written to disk. The words of which log records and snapshots are made.
//
// operation := write | patch | deadline | erase | flush | swap
// write     := 0x01 db key value                 ; the entry holds value, and never expires
//            | 0x02 db millis key value          ; the same, until millis
// patch     := 0x03 db key offset bytes          ; its value holds bytes from offset on; it never expires
//            | 0x04 db millis key offset bytes
// deadline  := 0x05 db key                       ; it never expires
//            | 0x06 db millis key
// erase     := 0x07 db key
// flush     := 0x08 db                           ; the database is empty
// swap      := 0x09 db db                        ; two databases exchange their names
// db        := u8
// millis    := i64                               ; wall clock, milliseconds since 1970, little-endian
// offset    := varint
// key, value, bytes := varint byte*              ; the length, then so many bytes
// varint    := 7 bits a byte, the lowest first; the top bit says that more follow
//
// All but swap say what is there afterwards, not what was done: played again onto a state that has seen some of them
// already, the same order of operations leads to the same end. Snapshots rest on that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::engine {

struct Operation {
  enum class What : std::uint8_t { write, patch, deadline, erase, flush, swap };
  What what = What::write;
  std::uint8_t db = 0;
  std::uint8_t other_db = 0;  ///< Of a swap.
  std::optional<std::int64_t> deadline_ms =
      std::nullopt;  ///< Wall clock; none: never. Of write, patch and deadline.
  std::string_view key = {};
  std::string_view value = {};  ///< Of a write; of a patch its bytes.
  std::uint64_t offset = 0;     ///< Of a patch.
  bool operator==(const Operation&) const = default;
};

void append_operation(std::string& out, const Operation& operation);

/// Cuts one operation off the front of `in`; its views point there. False: what is there is none, or is unfinished.
bool take_operation(std::string_view& in, Operation& operation);

}  // namespace larder::engine
