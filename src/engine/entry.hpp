// Entry: one key's place in a table, occupied or vacant, as a visitor sees it under the shard's lock.
//
// This is the engine's seam. Whoever visits knows nothing of the table's layout: it asks what is there and says what
// shall be there; the table turns each such word into memory, accounting and one Change for the stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <larder/error.hpp>

#include "base/clock.hpp"

namespace larder::engine {

/// What an entry holds. Only `string` has commands today; the others are kept in the layout for the commands to come.
enum class Kind : std::uint8_t { string = 0, list = 1, hash = 2, set = 3, sorted_set = 4, stream = 5 };

/// An out-of-line value: anything but a string. The table owns it and asks it only for its size.
class Object {
 public:
  virtual ~Object() = default;
  /// Bytes of memory it holds, for max_bytes; may be an estimate within 5 %.
  virtual std::size_t memory_bytes() const noexcept = 0;
};

/// What becomes of the deadline when a value is written.
struct Deadline {
  enum class Mode : std::uint8_t { clear, keep, at };
  Mode mode = Mode::clear;
  base::Instant when{};
  static Deadline none() { return {}; }
  static Deadline keep() { return {Mode::keep, {}}; }
  static Deadline at(base::Instant t) { return {Mode::at, t}; }
};

class Table;

/// Lifetime  Valid inside the visit that handed it out. Views it gave die at its next mutation.
/// Threads   Under the lock of the key's shard, which the visit holds.
class Entry {
 public:
  std::string_view key() const noexcept;
  /// False: vacant (never written, erased, or past its deadline).
  bool exists() const noexcept;
  Kind kind() const noexcept;
  /// The bytes of a string. Requires exists() and kind() == string.
  std::string_view value() const noexcept;
  /// The out-of-line value. Requires exists() and kind() != string.
  Object& object() const noexcept;
  std::optional<base::Instant> deadline() const noexcept;
  /// Changes with every write to this key; two equal answers mean nothing was written between. 0 when vacant.
  std::uint64_t version() const noexcept;

  /// Writes a string, over whatever was there. Errors: `out_of_memory` (policy noeviction, table full), `too_large`.
  /// `value` may be a view into this very entry.
  Result<void> assign(std::string_view value, Deadline deadline);
  /// Appends to a string, or creates it. Keeps the deadline. Same errors.
  Result<void> append(std::string_view tail);
  /// Writes an out-of-line value of `kind`.
  Result<void> assign(Kind kind, std::unique_ptr<Object> object, Deadline deadline);
  /// Tells the table that object() was changed in place: accounting, version, change stream.
  void object_changed();
  /// None: the entry becomes persistent. Requires exists(). A deadline in the past erases it.
  void set_deadline(std::optional<base::Instant> deadline);
  /// True if there was something to erase.
  bool erase();

 private:
  friend class Table;
  // The table fills these in; see table.cpp.
};

}  // namespace larder::engine
