// Record: one entry as its bytes lie in the log.
//
//   record  := flags:u8 key_bytes:varint value_bytes:varint space:u8? deadline:u40|u64? usage:u32?
//   body pad body    := key value                       ; or, where `outside`, a pointer to a block
//   that holds them flags   := kind:3 timed:1 used:1 outside:1 wide:1 spaced:1 filler  := 7:u8
//   bytes:varint                 ; what is no longer used: its length, flags included
//
// Little-endian, in units of two bytes: a record of a 16-byte key and 32 bytes of value takes 52
// bytes, 56 with a deadline. Deadlines are milliseconds since the table was made; 40 bits reach 34
// years, and what lies further is `wide`. The space's number is there unless it is 0. A body above
// a bound lies in a block of malloc's, so that moving a record is cheap; an out-of-line value is an
// owned pointer and the size it was last charged with.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "engine/kind.hpp"

namespace larder::engine {

static_assert(std::endian::native == std::endian::little, "records are read as they lie");

/// Milliseconds since the table was made.
using DeadlineMs = std::int64_t;
constexpr DeadlineMs kNever = std::numeric_limits<DeadlineMs>::max();

/// What an out-of-line entry keeps where a string keeps its bytes.
struct ObjectSlot {
  Object* object;
  std::size_t bytes_charged;
};

/// What decides how many bytes a record takes.
struct Shape {
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;
  Kind kind = Kind::string;
  std::uint8_t space = 0;
  bool timed = false;
  bool wide = false;  ///< Of the deadline, if timed.
  bool used = false;  ///< Whether it has room for the 32 bits of usage.
  bool outside = false;

  std::size_t header_bytes() const noexcept;
  std::size_t bytes() const noexcept;  ///< Even.
  bool operator==(const Shape&) const = default;
};

/// Whether a deadline needs eight bytes.
constexpr bool wide_deadline(DeadlineMs deadline) noexcept {
  return deadline != kNever && deadline >= (DeadlineMs{1} << 40) - 1;
}

/// What a block of `bytes` costs in glibc's malloc: 8 bytes of header, units of 16, at least 32;
/// whole pages when large.
constexpr std::size_t block_bytes(std::size_t bytes) noexcept {
  if (bytes >= 128 * 1024) return (bytes + 16 + 4095) & ~std::size_t{4095};
  const std::size_t rounded = (bytes + 8 + 15) & ~std::size_t{15};
  return rounded < 32 ? 32 : rounded;
}
/// What to ask for so that the whole block may be used: a value that grows within its block is
/// written in place.
constexpr std::size_t block_capacity(std::size_t bytes) noexcept {
  return block_bytes(bytes) - (bytes >= 128 * 1024 ? 16 : 8);
}

/// Whether `bytes` bytes are the same. Inlined, for keys are short and compared at each look-up.
inline bool same_bytes(const char* a, const char* b, std::size_t bytes) noexcept {
  const auto differ = [&](std::size_t at) {
    std::uint64_t x, y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    return x != y;
  };
  if (bytes < 8 || bytes > 64) return std::memcmp(a, b, bytes) == 0;
  for (std::size_t at = 0; at + 8 < bytes; at += 8) {
    if (differ(at)) return false;
  }
  return !differ(bytes - 8);
}

/// A record, its header read. Borrowed: valid until the record moves.
class Record {
 public:
  static constexpr std::uint8_t kFiller = 7;
  static constexpr std::size_t kUnit = 2;

  Record() = default;
  /// Reads the header at `at`, which must be a record's, not a filler's.
  explicit Record(char* at) noexcept { read(at); }
  /// Becomes the record at `at`. In place, since a copy of what was just written stalls.
  void read(char* at) noexcept;

  /// Writes a header; deadline, usage and body are the caller's to fill in. Where `shape.outside`,
  /// `block` is of block_capacity(key + value) bytes.
  static Record write(char* at, const Shape& shape, char* block = nullptr) noexcept;
  /// Marks `bytes` at `at` as unused. `bytes` is even and at least 2.
  static void fill(char* at, std::size_t bytes) noexcept;
  static bool is_filler(const char* at) noexcept {
    return (static_cast<std::uint8_t>(*at) & kKindMask) == kFiller;
  }
  /// Bytes of the record or filler at `at`: where the next one begins.
  static std::size_t bytes_at(const char* at) noexcept;

  explicit operator bool() const noexcept { return at_ != nullptr; }
  char* at() const noexcept { return at_; }
  std::size_t bytes() const noexcept {
    const auto header = static_cast<std::size_t>(body_place() - at_);
    return even(header + (outside() ? sizeof(char*) : std::size_t{key_bytes_} + value_bytes_));
  }
  Shape shape() const noexcept;

  Kind kind() const noexcept { return static_cast<Kind>(flags_ & kKindMask); }
  std::uint8_t space() const noexcept { return space_; }
  /// Of the deadline, if timed.
  bool wide() const noexcept { return (flags_ & kWide) != 0; }
  bool outside() const noexcept { return (flags_ & kOutside) != 0; }
  std::string_view key() const noexcept { return {body_, key_bytes_}; }
  bool has_key(std::string_view key) const noexcept {
    return key.size() == key_bytes_ && same_bytes(key.data(), body_, key_bytes_);
  }
  std::string_view value() const noexcept { return {body_ + key_bytes_, value_bytes_}; }
  char* key_begin() const noexcept { return body_; }
  char* value_begin() const noexcept { return body_ + key_bytes_; }
  /// The block of malloc's that holds the body. Requires outside().
  char* block() const noexcept { return body_; }
  void set_block(char* block) noexcept;

  bool timed() const noexcept { return (flags_ & kTimed) != 0; }
  DeadlineMs deadline() const noexcept { return timed() ? timed_deadline() : kNever; }
  bool has_deadline() const noexcept { return deadline() != kNever; }
  /// Requires timed(), and wide_deadline(deadline) only if the shape is wide.
  void set_deadline(DeadlineMs deadline) noexcept;

  bool used() const noexcept { return (flags_ & kUsed) != 0; }
  /// Requires used().
  std::uint32_t usage() const noexcept;
  void set_usage(std::uint32_t usage) noexcept;

  ObjectSlot object_slot() const noexcept;
  void set_object_slot(ObjectSlot slot) noexcept;

  /// Memory beside the log: the block, and the object if there is one.
  std::size_t outside_bytes() const noexcept;
  /// Key and value bytes.
  std::size_t data_bytes() const noexcept;

 private:
  static constexpr std::uint8_t kKindMask = 7;
  static constexpr std::uint8_t kTimed = 8;
  static constexpr std::uint8_t kUsed = 16;
  static constexpr std::uint8_t kOutside = 32;
  static constexpr std::uint8_t kWide = 64;
  static constexpr std::uint8_t kSpaced = 128;
  static constexpr std::size_t kDeadlineBytes = 5;
  static constexpr std::uint64_t kNarrowNever = (std::uint64_t{1} << 40) - 1;
  friend struct Shape;
  friend class TornRecord;

  static constexpr std::size_t even(std::size_t bytes) noexcept {
    return (bytes + 1) & ~std::size_t{1};
  }
  DeadlineMs timed_deadline() const noexcept;
  std::size_t deadline_bytes() const noexcept {
    return timed() ? ((flags_ & kWide) != 0 ? 8 : kDeadlineBytes) : 0;
  }
  char* body_place() const noexcept { return fields_ + deadline_bytes() + (used() ? 4 : 0); }

  char* at_ = nullptr;
  char* fields_ = nullptr;  ///< The deadline, or where it would be.
  char* body_ = nullptr;
  std::uint32_t key_bytes_ = 0;
  std::uint32_t value_bytes_ = 0;
  std::uint8_t flags_ = 0;
  std::uint8_t space_ = 0;
};

inline std::uint32_t read_varint(const char*& at) noexcept {
  std::uint32_t value = static_cast<std::uint8_t>(*at++);
  if (value < 128) [[likely]]
    return value;
  value &= 127;
  for (unsigned shift = 7;; shift += 7) {
    const std::uint32_t byte = static_cast<std::uint8_t>(*at++);
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
}

inline void Record::read(char* at) noexcept {
  const auto flags = static_cast<std::uint8_t>(*at);
  const char* next = at + 1;
  const std::uint32_t key_bytes = read_varint(next);
  const std::uint32_t value_bytes = read_varint(next);
  std::uint8_t space = 0;
  if ((flags & kSpaced) != 0) space = static_cast<std::uint8_t>(*next++);
  char* const fields = at + (next - at);
  char* body = fields + ((flags & kTimed) != 0 ? ((flags & kWide) != 0 ? 8 : kDeadlineBytes) : 0) +
               ((flags & kUsed) != 0 ? 4 : 0);
  if ((flags & kOutside) != 0) {
    char* block;
    std::memcpy(&block, body, sizeof block);
    body = block;
  }
  at_ = at;
  fields_ = fields;
  body_ = body;
  key_bytes_ = key_bytes;
  value_bytes_ = value_bytes;
  flags_ = flags;
  space_ = space;
}

inline DeadlineMs Record::timed_deadline() const noexcept {
  std::uint64_t deadline = 0;
  if ((flags_ & kWide) != 0) {
    std::memcpy(&deadline, fields_, 8);
    return static_cast<DeadlineMs>(deadline);
  }
  // In the pieces in which it was written: a processor that has to join them waits for the cache.
  std::uint32_t low;
  std::memcpy(&low, fields_, sizeof low);
  static_assert(kDeadlineBytes == sizeof low + 1);
  deadline = low | std::uint64_t{static_cast<std::uint8_t>(fields_[sizeof low])} << 32;
  return deadline == kNarrowNever ? kNever : static_cast<DeadlineMs>(deadline);
}

}  // namespace larder::engine
