// Record: one entry in memory, a single block.
//
// record := version:u32 usage:u32 value_bytes:u32 meta:u32 deadline:i64? key value
// meta   := key_bytes:28 kind:3 timed:1
//
// The deadline's eight bytes are there only in a timed record. An out-of-line value is an owned
// pointer and the size it was last charged with. Blocks come from malloc, whose size classes
// block_bytes() mirrors for the accounting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "engine/entry.hpp"

namespace larder::engine {

/// What an out-of-line entry keeps where a string keeps its bytes.
struct ObjectSlot {
  Object* object;
  std::size_t bytes_charged;
};

struct Record {
  std::uint32_t version;
  std::uint32_t usage;
  std::uint32_t value_bytes;
  std::uint32_t key_bytes : 28;
  std::uint32_t kind_bits : 3;
  std::uint32_t timed : 1;

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  /// A block with the key filled in and the value not. Throws std::bad_alloc.
  static Record* create(std::string_view key, std::size_t value_bytes, Kind kind, bool timed);
  /// The same entry with another size of value, perhaps elsewhere; the bytes that fit are kept.
  /// Null: no memory.
  static Record* resize(Record* record, std::size_t value_bytes);
  static void destroy(Record* record) noexcept;
  /// Size of the whole block without malloc's own header.
  static std::size_t bytes_for(std::size_t key, std::size_t value, bool with_deadline) noexcept {
    return sizeof(Record) + (with_deadline ? sizeof(std::int64_t) : 0) + key + value;
  }

  Kind kind() const noexcept { return static_cast<Kind>(kind_bits); }
  std::string_view key() const noexcept { return {key_begin(), key_bytes}; }
  std::string_view value() const noexcept { return {key_begin() + key_bytes, value_bytes}; }
  char* value_begin() noexcept { return const_cast<char*>(key_begin()) + key_bytes; }

  std::int64_t deadline_ns() const noexcept {
    if (!timed) return kNever;
    std::int64_t ns;
    std::memcpy(&ns, this + 1, sizeof ns);
    return ns;
  }
  void set_deadline_ns(std::int64_t ns) noexcept {
    std::memcpy(static_cast<void*>(this + 1), &ns, sizeof ns);
  }
  bool has_deadline() const noexcept { return deadline_ns() != kNever; }
  std::optional<base::Instant> deadline() const noexcept {
    const std::int64_t ns = deadline_ns();
    if (ns == kNever) return std::nullopt;
    return base::Instant{base::Nanos{ns}};
  }

  ObjectSlot object_slot() const noexcept {
    ObjectSlot slot;
    std::memcpy(&slot, value().data(), sizeof slot);
    return slot;
  }
  void set_object_slot(ObjectSlot slot) noexcept { std::memcpy(value_begin(), &slot, sizeof slot); }

  std::size_t bytes() const noexcept { return bytes_for(key_bytes, value_bytes, timed); }
  /// Memory held: the block as malloc rounds it, and the object if there is one.
  std::size_t memory_bytes() const noexcept;
  /// Key and value bytes.
  std::size_t data_bytes() const noexcept;

 private:
  const char* key_begin() const noexcept {
    return reinterpret_cast<const char*>(this + 1) + (timed ? sizeof(std::int64_t) : 0);
  }
};
static_assert(sizeof(Record) == 16);

struct RecordDestroyer {
  void operator()(Record* record) const noexcept { Record::destroy(record); }
};
/// A record that no index holds yet.
using RecordOwner = std::unique_ptr<Record, RecordDestroyer>;

/// What a block of `bytes` costs in glibc's malloc: 8 bytes of header, units of 16, at least 32;
/// whole pages when large.
constexpr std::size_t block_bytes(std::size_t bytes) noexcept {
  if (bytes >= 128 * 1024) return (bytes + 16 + 4095) & ~std::size_t{4095};
  const std::size_t rounded = (bytes + 8 + 15) & ~std::size_t{15};
  return rounded < 32 ? 32 : rounded;
}
/// What to ask for so that the whole block may be used, whichever allocator serves it: a value that
/// grows within its block is written in place.
constexpr std::size_t block_capacity(std::size_t bytes) noexcept {
  return block_bytes(bytes) - (bytes >= 128 * 1024 ? 16 : 8);
}

}  // namespace larder::engine
