// Entry: one key's place in a table, occupied or vacant, as a visitor sees it under the shard's
// lock.
//
// This is the engine's seam. Whoever visits knows nothing of the table's layout: it asks what is
// there and says what shall be there; the table turns each such word into memory, accounting and
// one Change for the stream.
#pragma once

#include <larder/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "engine/kind.hpp"
#include "engine/leases.hpp"
#include "engine/mode.hpp"
#include "engine/record.hpp"

namespace larder::engine {

/// What becomes of the deadline when a value is written.
struct Deadline {
  enum class Mode : std::uint8_t { clear, keep, at };
  Mode mode = Mode::clear;
  base::Instant when{};
  bool is_ahead = false;  ///< Known to lie ahead: nobody needs to ask the clock.
  static Deadline none() { return {}; }
  static Deadline keep() { return {Mode::keep, {}}; }
  static Deadline at(base::Instant t) { return {Mode::at, t}; }
  /// A millisecond from now or later.
  static Deadline ahead(base::Instant t) { return {Mode::at, t, true}; }
};

class Table;

/// Lifetime  Valid inside the visit that handed it out. Views it gave die at the next write to any
///           entry under the same locks: a write may move or evict others.
/// Threads   Under the lock of the key's shard, which the visit holds.
class Entry {
 public:
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  std::string_view key() const noexcept { return key_; }
  /// False: vacant (never written, erased, or past its deadline).
  bool exists() const noexcept { return static_cast<bool>(record()); }
  /// Requires exists().
  Kind kind() const noexcept {
    LARDER_ASSERT(exists());
    return record_.kind();
  }
  /// The bytes of a string. Requires exists() and kind() == string.
  std::string_view value() const noexcept {
    LARDER_ASSERT(exists() && record_.kind() == Kind::string);
    return record_.value();
  }
  /// The out-of-line value. Requires exists() and kind() != string. After a change:
  /// object_changed().
  Object& object() const noexcept;
  /// None: persistent (or vacant).
  std::optional<base::Instant> deadline() const noexcept;
  /// Unlike after every write to this key (value, deadline, erasure and rebirth): equal answers
  /// mean that nothing was written between. Only for equality: a table remembers a few hundred
  /// entries that were asked for, so unequal answers are a reason to look again, not a proof. 0 when
  /// vacant.
  std::uint64_t version() const;
  /// Memory this entry holds, overhead included.
  std::size_t memory_bytes() const noexcept;
  /// Time since the last use, to 16 ms. None: vacant, or no LRU policy keeps it.
  std::optional<base::Millis> idle() const noexcept;
  /// Redis' logarithmic count of uses. None: vacant, or no LFU policy keeps it.
  std::optional<std::uint8_t> frequency() const noexcept;

  /// Leave to fill this vacancy, for one at a time. Requires !exists(). A write to the entry, an erasure even though
  /// there is nothing to erase, and a flush end it.
  Leases::Grant lease(std::uint64_t token, base::Nanos life);

  // What follows changes the entry and requires Mode::write.

  /// Uses a lease up. False: it is not, or no longer, the one that holds.
  bool take_lease(std::uint64_t token);

  /// Writes a string, over whatever was there. A deadline already past leaves the entry vacant.
  /// Errors: `out_of_memory` (nothing may be evicted), `too_large`; then nothing has changed.
  /// `value` may be a view into this very entry.
  Result<void> assign(std::string_view value, Deadline deadline);
  /// Appends to a string, or creates it. Keeps the deadline. Same errors. Requires a string or
  /// vacancy.
  Result<void> append(std::string_view tail);
  /// Writes `bytes` over a string from `offset` on, in place. Requires a string that reaches that
  /// far. Cost: what is written, not the whole.
  void overwrite(std::size_t offset, std::string_view bytes);
  /// Writes an out-of-line value of `kind` (not string).
  Result<void> assign(Kind kind, std::unique_ptr<Object> object, Deadline deadline);
  /// Tells the table that object() was changed in place: accounting, version, change stream.
  void object_changed();
  /// None: the entry becomes persistent. Requires exists(). A deadline in the past erases it.
  void set_deadline(std::optional<base::Instant> deadline);
  /// True if there was something to erase.
  bool erase();

 private:
  friend class Table;
  /// Looked up where it is made, so that what was found is written once.
  Entry(Table& table, std::string_view key, std::uint64_t hash, unsigned db, Mode mode);
  /// Found by somebody else already.
  Entry(Table& table, const Record& record, std::uint32_t address, std::string_view key,
        unsigned db) noexcept;

  /// Where the entry is now: looked up again where a write under the same locks may have moved it.
  const Record& record() const noexcept {
    if (epoch_ != *epoch_now_) find_again();
    return record_;
  }
  void find_again() const noexcept;

  Table* table_;
  mutable Record record_;  ///< None: vacant.
  mutable std::uint32_t address_ = 0;
  const std::uint32_t* epoch_now_;
  mutable std::uint32_t epoch_ = 0;  ///< The table's, of when record_ was found.
  std::string_view key_;
  std::uint64_t hash_;
  unsigned db_;
  Mode mode_;
};

/// A borrowed `void(const Entry&)`: what scan calls. Costs nothing to make, must not outlive its
/// function.
class EntryVisitor {
 public:
  template <class Fn>
  EntryVisitor(Fn&& fn) noexcept  // NOLINT: implicit on purpose, so that a lambda fits
      : fn_(const_cast<void*>(static_cast<const void*>(&fn))),
        call_([](void* f, const Entry& entry) {
          (*static_cast<std::remove_reference_t<Fn>*>(f))(entry);
        }) {}
  void operator()(const Entry& entry) const { call_(fn_, entry); }

 private:
  void* fn_;
  void (*call_)(void*, const Entry&);
};

}  // namespace larder::engine
