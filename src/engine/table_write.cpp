// What an entry asks for, turned into memory, accounting, and one change for the stream.
#include <cstring>
#include <string>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "engine/table.hpp"

namespace larder::engine {
namespace {

using base::limits::kKeyBytesMax;
using base::limits::kValueBytesMax;

constexpr const char* kKeyTooLarge = "the key is longer than 512 KiB";
constexpr const char* kValueTooLarge = "the value is longer than 64 MiB";
static_assert(kKeyBytesMax == 512 * base::limits::kKiB && kValueBytesMax == 64 * base::limits::kMiB,
              "the words above name the bounds");

Error refused(Errc code, const char* detail) { return {code, Effect::refused, detail}; }

Error full() {
  return refused(Errc::out_of_memory, "max_bytes is reached and nothing may be evicted");
}

}  // namespace

std::int64_t Table::resolve(const Entry& entry, Deadline deadline) const noexcept {
  switch (deadline.mode) {
    case Deadline::Mode::at:
      return deadline.when.time_since_epoch().count();
    case Deadline::Mode::keep:
      return entry.record_ ? entry.record_->deadline_ns() : Record::kNever;
    case Deadline::Mode::clear:
      break;
  }
  return Record::kNever;
}

// By how much memory grows when `old` makes way for a block of this size.
std::size_t Table::growth(const Record* old, std::size_t block) noexcept {
  const std::size_t before = old ? old->memory_bytes() : 0;
  return block > before ? block - before : 0;
}

Result<void> Table::write_string(Entry& entry, std::string_view value, Deadline deadline) {
  if (entry.key_.size() > kKeyBytesMax) return refused(Errc::too_large, kKeyTooLarge);
  if (value.size() > kValueBytesMax) return refused(Errc::too_large, kValueTooLarge);
  const std::int64_t deadline_ns = resolve(entry, deadline);
  if (deadline.mode == Deadline::Mode::at && past(deadline_ns)) {
    erase(entry);
    return {};
  }
  Record* old = entry.record_;
  const bool timed = deadline_ns != Record::kNever;
  const std::size_t block = block_bytes(Record::bytes_for(entry.key_.size(), value.size(), timed));
  if (old && old->kind() == Kind::string && old->timed == timed && block == old->memory_bytes()) {
    count(entry.db_, *old, Counted::out);
    // `value` may lie in this very record, anywhere.
    std::memmove(old->value_begin(), value.data(), value.size());
    old->value_bytes = static_cast<std::uint32_t>(value.size());
    if (timed) {
      old->set_deadline_ns(deadline_ns);
      index_of(entry.db_).note_deadline(entry.hash_, deadline_ns);
    }
    count(entry.db_, *old, Counted::in);
  } else {
    if (!reserve(growth(old, block), old)) return full();
    RecordOwner record{Record::create(entry.key_, value.size(), Kind::string, timed)};
    std::memcpy(record->value_begin(), value.data(), value.size());
    if (timed) record->set_deadline_ns(deadline_ns);
    place(entry, std::move(record));
  }
  written(entry, Change::What::write, 0);
  return {};
}

Result<void> Table::append(Entry& entry, std::string_view tail) {
  if (!entry.record_) return write_string(entry, tail, Deadline::none());
  Record* old = entry.record_;
  LARDER_ASSERT(old->kind() == Kind::string);
  const std::size_t bytes = old->value_bytes + tail.size();
  if (bytes > kValueBytesMax) return refused(Errc::too_large, kValueTooLarge);
  if (tail.empty()) return {};
  const std::size_t block = block_bytes(Record::bytes_for(old->key_bytes, bytes, old->timed));
  if (!reserve(growth(old, block), old)) return full();
  // The record may move: a tail that lies in it is brought to safety first.
  std::string own;
  if (const auto held = old->value();
      tail.data() >= held.data() && tail.data() < held.data() + held.size()) {
    own.assign(tail);
    tail = own;
  }
  Index& index = index_of(entry.db_);
  std::uint64_t* const slot = index.slot_of(entry.hash_, old);
  const std::size_t before = old->value_bytes;
  count(entry.db_, *old, Counted::out);
  Record* moved = Record::resize(old, bytes);
  Record* record = moved ? moved : old;
  if (moved) {
    Index::set_slot(*slot, record);
    std::memcpy(record->value_begin() + before, tail.data(), tail.size());
  }
  count(entry.db_, *record, Counted::in);
  entry.record_ = record;
  if (!moved) return refused(Errc::out_of_memory, "the operating system has no memory left");
  written(entry, Change::What::write, tail.size());
  return {};
}

Result<void> Table::write_object(Entry& entry, Kind kind, std::unique_ptr<Object> object,
                                 Deadline deadline) {
  if (entry.key_.size() > kKeyBytesMax) return refused(Errc::too_large, kKeyTooLarge);
  const std::int64_t deadline_ns = resolve(entry, deadline);
  if (deadline.mode == Deadline::Mode::at && past(deadline_ns)) {
    erase(entry);
    return {};
  }
  const bool timed = deadline_ns != Record::kNever;
  const std::size_t object_bytes = object->memory_bytes();
  const std::size_t block =
      block_bytes(Record::bytes_for(entry.key_.size(), sizeof(ObjectSlot), timed));
  if (!reserve(growth(entry.record_, block + object_bytes), entry.record_)) return full();
  RecordOwner record{Record::create(entry.key_, sizeof(ObjectSlot), kind, timed)};
  record->set_object_slot({object.release(), object_bytes});
  if (timed) record->set_deadline_ns(deadline_ns);
  place(entry, std::move(record));
  written(entry, Change::What::write, 0);
  return {};
}

void Table::object_changed(Entry& entry) {
  Record* record = entry.record_;
  ObjectSlot slot = record->object_slot();
  count(entry.db_, *record, Counted::out);
  slot.bytes_charged = slot.object->memory_bytes();
  record->set_object_slot(slot);
  count(entry.db_, *record, Counted::in);
  written(entry, Change::What::write, 0);
}

void Table::set_deadline(Entry& entry, std::optional<base::Instant> deadline) {
  const std::int64_t ns = deadline ? deadline->time_since_epoch().count() : Record::kNever;
  if (past(ns)) {
    erase(entry);
    return;
  }
  Record* record = entry.record_;
  if (!record->timed && !deadline) return;
  if (!record->timed) {
    // Eight bytes more, taken without asking: to limit a life must not fail for want of memory.
    Record* timed = Record::create(record->key(), record->value_bytes, record->kind(), true);
    std::memcpy(timed->value_begin(), record->value().data(), record->value_bytes);
    timed->usage = record->usage;
    timed->set_deadline_ns(ns);
    count(entry.db_, *record, Counted::out);
    index_of(entry.db_).replace(entry.hash_, record, timed);
    count(entry.db_, *timed, Counted::in);
    if (record->kind() != Kind::string) record->set_object_slot({nullptr, 0});
    Record::destroy(record);
    entry.record_ = timed;
  } else {
    count(entry.db_, *record, Counted::out);
    record->set_deadline_ns(ns);
    count(entry.db_, *record, Counted::in);
    if (deadline) index_of(entry.db_).note_deadline(entry.hash_, ns);
  }
  written(entry, Change::What::deadline, 0);
}

bool Table::erase(Entry& entry) {
  if (!entry.record_) return false;
  remove(entry.db_, entry.hash_, std::exchange(entry.record_, nullptr), Change::What::erase);
  return true;
}

// Puts a new record where the entry is, in place of the one it had, if any.
void Table::place(Entry& entry, RecordOwner owner) {
  Index& index = index_of(entry.db_);
  Record* record = owner.get();
  if (Record* old = entry.record_) {
    record->usage = old->usage;
    index.replace(entry.hash_, old, record);
    count(entry.db_, *old, Counted::out);
    Record::destroy(old);
  } else {
    record->usage = policy::usage_new(options_.eviction, moment());
    const std::size_t before = index.memory_bytes();
    index.insert(entry.hash_, record);
    stats_.bytes_used.add(index.memory_bytes() - before);
  }
  (void)owner.release();  // the index owns it now
  count(entry.db_, *record, Counted::in);
  entry.record_ = record;
}

void Table::remove(unsigned db, std::uint64_t hash, Record* record, Change::What why) {
  tell({why,
        static_cast<std::uint8_t>(db),
        record->kind(),
        options_.shard,
        record->key(),
        {},
        0,
        nullptr,
        {},
        0});
  Index& index = *databases_[db].index;
  const std::size_t before = index.memory_bytes();
  index.erase(hash, record);
  stats_.bytes_used.sub(before - index.memory_bytes());
  count(db, *record, Counted::out);
  Record::destroy(record);
  if (why == Change::What::expire) stats_.expired.add(1);
  if (why == Change::What::evict) stats_.evicted.add(1);
  settle();
}

void Table::written(Entry& entry, Change::What what, std::size_t appended) {
  Record& record = *entry.record_;
  record.version = next_version();
  const bool string = record.kind() == Kind::string;
  const bool value = what == Change::What::write;
  tell({what, static_cast<std::uint8_t>(entry.db_), record.kind(), options_.shard, record.key(),
        string && value ? record.value() : std::string_view{}, appended,
        !string && value ? record.object_slot().object : nullptr, record.deadline(),
        record.version});
  settle();
}

// Equal by chance only after exactly 4 billion writes to one shard between two looks.
std::uint32_t Table::next_version() noexcept {
  if (++version_ == 0) ++version_;
  return version_;
}

void Table::tell(const Change& change) noexcept {
  changed_ = true;
  for (ChangeSink* sink : sinks_) sink->changed(change);
}

}  // namespace larder::engine
