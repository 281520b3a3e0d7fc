// What an entry asks for, turned into memory, accounting, and one change for the stream.
//
// A value is written in place where its record stays as long or becomes shorter; otherwise the
// record is written anew at the log's end, and the old one is dead.
#include <cstdlib>
#include <cstring>
#include <new>
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
Error exhausted() {
  return refused(Errc::out_of_memory, "the operating system has no memory left");
}

bool within(std::string_view part, std::string_view whole) noexcept {
  return part.data() >= whole.data() && part.data() < whole.data() + whole.size();
}

std::size_t outside_bytes(const Shape& shape) noexcept {
  return shape.outside ? block_bytes(shape.key_bytes + shape.value_bytes) : 0;
}

char* allocate_block(std::size_t body_bytes) noexcept {
  return static_cast<char*>(std::malloc(block_capacity(body_bytes)));
}

}  // namespace

DeadlineMs Table::resolve(const Entry& entry, Deadline deadline) const noexcept {
  switch (deadline.mode) {
    case Deadline::Mode::at:
      return deadline_ms(deadline.when);
    case Deadline::Mode::keep:
      return entry.exists() ? entry.record_.deadline() : kNever;
    case Deadline::Mode::clear:
      break;
  }
  return kNever;
}

Shape Table::shape_for(const Entry& entry, std::size_t value_bytes, Kind kind,
                       DeadlineMs deadline) const noexcept {
  return {.key_bytes = entry.key_.size(),
          .value_bytes = value_bytes,
          .kind = kind,
          .space = space_of_[entry.db_],
          .timed = deadline != kNever,
          .wide = wide_deadline(deadline),
          .used = log_.used_fields(),
          .outside = entry.key_.size() + value_bytes > log_.body_bytes_max()};
}

Result<void> Table::write_string(Entry& entry, std::string_view value, Deadline deadline) {
  if (entry.key_.size() > kKeyBytesMax) return refused(Errc::too_large, kKeyTooLarge);
  if (value.size() > kValueBytesMax) return refused(Errc::too_large, kValueTooLarge);
  const Record& old = entry.record();
  const DeadlineMs when = resolve(entry, deadline);
  if (deadline.mode == Deadline::Mode::at && !deadline.is_ahead && past(when)) {
    erase(entry);
    return {};
  }
  if (old && write_over(entry, value, when)) {
    changed(entry, Change::What::write, {});
    return {};
  }
  const Shape shape = shape_for(entry, value.size(), Kind::string, when);
  if (!old || !write_in_place(entry, shape, value, when)) {
    std::string own;  // What making room may move or free is brought to safety first.
    if (log_.contains(value.data()) || (old && within(value, old.value()))) value = own = value;
    if (!reserve(entry, shape, outside_bytes(shape))) return full();
    if (auto placed = place(entry, shape, when, 0, value); !placed) return placed;
  }
  written(entry, Change::What::write);
  return {};
}

// Over an old value of the same length, under a header that stands: nothing that is counted changes. `value` may lie in
// this very record.
bool Table::write_over(Entry& entry, std::string_view value, DeadlineMs deadline) {
  Record& record = entry.record_;
  if (record.value().size() != value.size() || record.kind() != Kind::string || record.outside() ||
      record.used() != log_.used_fields())
    return false;
  const bool lives_on = deadline == kNever;
  if (lives_on ? record.has_deadline() : !record.has_deadline()) return false;
  if (!lives_on && record.wide() != wide_deadline(deadline)) return false;
  std::memmove(record.value_begin(), value.data(), value.size());
  if (lives_on) return true;
  record.set_deadline(deadline);
  log_.change_deadline(entry.address_, true, true, deadline);
  due_next_ = std::min(due_next_, deadline);
  return true;
}

// Over the old value, if the record needs no more room for it and its header no other. `value` may
// lie in this very record, anywhere.
bool Table::write_in_place(Entry& entry, Shape shape, std::string_view value, DeadlineMs deadline) {
  Record& record = entry.record_;
  Shape same = record.shape();
  if (record.timed() && !wide_deadline(deadline)) {  // A deadline's place may stay empty.
    shape.timed = true;
    shape.wide = same.wide;
  }
  same.value_bytes = shape.value_bytes;
  if (same != shape || same.header_bytes() != record.shape().header_bytes()) return false;
  const std::size_t bytes = record.bytes();
  if (shape.outside) {
    if (block_bytes(shape.key_bytes + value.size()) !=
        block_bytes(record.key().size() + record.value().size()))
      return false;
  } else if (shape.bytes() > bytes) {
    return false;
  }
  Space& space = space_of(entry.db_);
  const Queue queue = log_.queue_of(entry.address_);
  const bool had_deadline = record.has_deadline();
  count(space, record, queue, Counted::out);
  std::memmove(record.value_begin(), value.data(), value.size());
  record = Record::write(record.at(), shape, shape.outside ? record.block() : nullptr);
  if (shape.timed) record.set_deadline(deadline);
  log_.shrink(entry.address_, bytes, record.bytes());
  log_.change_deadline(entry.address_, had_deadline, record.has_deadline(), deadline);
  due_next_ = std::min(due_next_, deadline);
  count(space, record, queue, Counted::in);
  return true;
}

Result<void> Table::append(Entry& entry, std::string_view tail) {
  if (!entry.record()) return write_string(entry, tail, Deadline::none());
  LARDER_ASSERT(entry.record_.kind() == Kind::string);
  const std::size_t bytes = entry.record_.value().size() + tail.size();
  if (bytes > kValueBytesMax) return refused(Errc::too_large, kValueTooLarge);
  if (tail.empty()) return {};
  std::string own;
  if (log_.contains(tail.data()) || within(tail, entry.record_.value())) tail = own = tail;
  const DeadlineMs deadline = entry.record_.deadline();
  const Shape shape = shape_for(entry, bytes, Kind::string, deadline);
  if (!reserve(entry, shape, outside_bytes(shape))) return full();
  const std::size_t before = entry.record().value().size();
  if (!append_in_place(entry, tail)) {
    if (auto placed = place(entry, shape, deadline, before, tail); !placed) return placed;
  }
  written(entry, Change::What::write, {before, tail.size()});
  return {};
}

// Where the record lies outside, or ends where the log does.
bool Table::append_in_place(Entry& entry, std::string_view tail) {
  Record& record = entry.record_;
  const Shape before = record.shape();
  Shape after = before;
  after.value_bytes += tail.size();
  if (before.header_bytes() != after.header_bytes()) return false;
  const std::size_t body = after.key_bytes + after.value_bytes;
  char* block = nullptr;
  if (before.outside) {
    block = static_cast<char*>(std::realloc(record.block(), block_capacity(body)));
    if (!block) return false;
  } else if (body > log_.body_bytes_max() ||
             !log_.extend(entry.address_, before.bytes(), after.bytes())) {
    return false;
  }
  Space& space = space_of(entry.db_);
  const Queue queue = log_.queue_of(entry.address_);
  if (block) record.set_block(block);
  count(space, record, queue, Counted::out);
  record = Record::write(record.at(), after, block);
  std::memcpy(record.value_begin() + before.value_bytes, tail.data(), tail.size());
  count(space, record, queue, Counted::in);
  return true;
}

void Table::overwrite(Entry& entry, std::size_t offset, std::string_view bytes) {
  std::memmove(entry.record_.value_begin() + offset, bytes.data(), bytes.size());
  written(entry, Change::What::write, {offset, bytes.size()});
}

Result<void> Table::write_object(Entry& entry, Kind kind, std::unique_ptr<Object> object,
                                 Deadline deadline) {
  if (entry.key_.size() > kKeyBytesMax) return refused(Errc::too_large, kKeyTooLarge);
  const DeadlineMs when = resolve(entry, deadline);
  if (deadline.mode == Deadline::Mode::at && past(when)) {
    erase(entry);
    return {};
  }
  const ObjectSlot slot{object.get(), object->memory_bytes()};
  const Shape shape = shape_for(entry, sizeof slot, kind, when);
  if (!reserve(entry, shape, outside_bytes(shape) + slot.bytes_charged)) return full();
  const std::string_view bytes{reinterpret_cast<const char*>(&slot), sizeof slot};
  if (auto placed = place(entry, shape, when, 0, bytes); !placed) return placed;
  (void)object.release();  // The record owns it now.
  written(entry, Change::What::write);
  return {};
}

void Table::object_changed(Entry& entry) {
  Record& record = entry.record_;
  Space& space = space_of(entry.db_);
  const Queue queue = log_.queue_of(entry.address_);
  ObjectSlot slot = record.object_slot();
  count(space, record, queue, Counted::out);
  slot.bytes_charged = slot.object->memory_bytes();
  record.set_object_slot(slot);
  count(space, record, queue, Counted::in);
  written(entry, Change::What::write);
}

void Table::set_deadline(Entry& entry, std::optional<base::Instant> deadline) {
  const DeadlineMs when = deadline ? deadline_ms(*deadline) : kNever;
  if (past(when)) {
    erase(entry);
    return;
  }
  Record& record = entry.record_;
  if (!record.timed() && !deadline) return;
  Space& space = space_of(entry.db_);
  if (record.timed() && (!wide_deadline(when) || record.shape().wide)) {
    const bool had_deadline = record.has_deadline();
    const Queue queue = log_.queue_of(entry.address_);
    count(space, record, queue, Counted::out);
    record.set_deadline(when);
    log_.change_deadline(entry.address_, had_deadline, record.has_deadline(), when);
    count(space, record, queue, Counted::in);
  } else {
    // A few bytes more, taken without asking: to limit a life must not fail for want of memory.
    Shape shape = record.shape();
    shape.timed = true;
    shape.wide = wide_deadline(when);
    shape.used = log_.used_fields();
    Address to = append_record(entry, shape.bytes());
    // As a last resort what is kept for moves.
    if (to == 0) to = log_.append(Queue::main, shape.bytes(), coarse_now_, Log::For::move);
    if (to == 0) throw std::bad_alloc{};
    relocate(space.index->find_address(entry.hash_, entry.address_), record, shape, when, to);
    find_again(entry);
  }
  due_next_ = std::min(due_next_, when);
  written(entry, Change::What::deadline);
}

bool Table::erase(Entry& entry) {
  end_lease(entry);
  if (!entry.record()) return false;
  SlotIndex& index = *space_of(entry.db_).index;
  remove(space_of_[entry.db_], entry.hash_, index.find_address(entry.hash_, entry.address_),
         Change::What::erase);
  entry.record_ = {};
  entry.address_ = 0;
  entry.epoch_ = epoch_;
  return true;
}

Leases::Grant Table::grant_lease(const Entry& entry, std::uint64_t token, base::Nanos life) {
  if (!leases_) leases_ = std::make_unique<Leases>();
  return leases_->grant(identity(space_of_[entry.db_], entry.hash_), token, life, clock_.now());
}

bool Table::take_lease(const Entry& entry, std::uint64_t token) noexcept {
  return leases_ && leases_->take(identity(space_of_[entry.db_], entry.hash_), token, clock_.now());
}

// ---- records ----------------------------------------------------------------------------------------

// Newcomers wait in `small`, unless they have been here lately; what is rewritten stays where it was.
Queue Table::queue_for(const Entry& entry) noexcept {
  if (entry.record_) return log_.queue_of(entry.address_);
  if (options_.eviction != policy::Eviction::adaptive) return Queue::main;
  return adaptive_ && adaptive_->comes_back(entry.hash_) ? Queue::main : Queue::small;
}

// Room at the log's end. Where its address space is used up or the system has no memory left, entries
// go as if a bound were reached, until a segment is free. 0: that did not help.
Address Table::append_record(const Entry& entry, std::size_t bytes) {
  const Queue queue = queue_for(entry);
  Address to = log_.append(queue, bytes, coarse_now_);
  keep_ = entry.address_;
  for (std::size_t left = 2 * log_.segment_bytes(); to == 0 && left > 0 && make_space(); --left)
    to = log_.append(queue, bytes, coarse_now_);
  keep_ = 0;
  (void)entry.record();  // It may have moved.
  return to;
}

// Writes the entry anew at the log's end: the first `keep_bytes` of the value it had, and `value`.
Result<void> Table::place(Entry& entry, const Shape& shape, DeadlineMs deadline,
                          std::size_t keep_bytes, std::string_view value) {
  char* block = nullptr;
  if (shape.outside) {
    block = allocate_block(shape.key_bytes + shape.value_bytes);
    if (!block) return exhausted();
  }
  const Address to = append_record(entry, shape.bytes());
  if (to == 0) {
    std::free(block);
    return exhausted();
  }
  Record record = Record::write(log_.at(to), shape, block);
  if (shape.timed) record.set_deadline(deadline);
  if (shape.used) {
    record.set_usage(entry.record_ && entry.record_.used()
                         ? entry.record_.usage()
                         : policy::usage_new(options_.eviction, moment()));
  }
  std::memcpy(record.key_begin(), entry.key_.data(), entry.key_.size());
  if (keep_bytes > 0) std::memcpy(record.value_begin(), entry.record_.value().data(), keep_bytes);
  if (!value.empty()) std::memcpy(record.value_begin() + keep_bytes, value.data(), value.size());
  due_next_ = std::min(due_next_, deadline);
  return put(entry, to, record);
}

// Puts a finished record in the place of the one the entry had, if any.
Result<void> Table::put(Entry& entry, Address to, const Record& record) {
  Space& space = space_of(entry.db_);
  log_.begin(to, record.has_deadline(), record.deadline());
  if (const Record old = entry.record_) {
    space.index->find_address(entry.hash_, entry.address_).set_address(to);
    count(space, old, log_.queue_of(entry.address_), Counted::out);
    drop_body(old);
    log_.end(entry.address_, old.bytes(), old.has_deadline());
  } else {
    try {
      SlotIndex& index = index_of(entry.db_);
      const std::size_t before = index.memory_bytes();
      index.insert(entry.hash_, to);
      index_changed(index, before);
    } catch (const std::bad_alloc&) {
      if (record.outside()) std::free(record.block());
      log_.end(to, record.bytes(), record.has_deadline());
      return exhausted();
    }
    told(entry.hash_, policy::Visit::arrival);
  }
  count(space, record, log_.queue_of(to), Counted::in);
  entry.record_ = record;
  entry.address_ = to;
  entry.epoch_ = ++epoch_;
  return {};
}

void Table::remove(SpaceNumber number, std::uint64_t hash, Slot slot, Change::What why) {
  Space& space = spaces_[number];
  const Address address = slot.address();
  const Record record = log_.record(address);
  tell({why,
        static_cast<std::uint8_t>(space.db),
        record.kind(),
        options_.shard,
        record.key(),
        {},
        {},
        nullptr,
        {},
        0});
  versions_.next(identity(number, hash));
  const std::size_t before = space.index->memory_bytes();
  space.index->erase(hash, slot);
  index_changed(*space.index, before);
  count(space, record, log_.queue_of(address), Counted::out);
  drop_body(record);
  log_.end(address, record.bytes(), record.has_deadline());
  ++epoch_;
  if (why == Change::What::expire) stats_.expired.add(1);
  if (why == Change::What::evict) stats_.evicted.add(1);
  settle();
}

// Frees what a record owns beside the log.
void Table::drop_body(const Record& record) noexcept {
  if (record.kind() != Kind::string) delete record.object_slot().object;
  if (record.outside()) std::free(record.block());
}

void Table::written(Entry& entry, Change::What what, Change::Part part) {
  changed(entry, what, part);
  if (must_clean()) clean(kCleanWrite);
  settle();
}

// All that a write means to others, where memory is as it was.
void Table::changed(Entry& entry, Change::What what, Change::Part part) {
  const std::uint32_t version = versions_.next(identity(space_of_[entry.db_], entry.hash_));
  const Record& record = entry.record_;
  const bool string = record.kind() == Kind::string;
  const bool value = what == Change::What::write;
  if (value) end_lease(entry);
  changed_ = true;
  // What nobody listens to is not put together.
  if (!sinks_.empty())
    tell({what, static_cast<std::uint8_t>(entry.db_), record.kind(), options_.shard, record.key(),
          string && value ? record.value() : std::string_view{}, part,
          !string && value ? record.object_slot().object : nullptr, entry.deadline(), version});
}

std::uint64_t Table::version_of(const Entry& entry) {
  return versions_.of(identity(space_of_[entry.db_], entry.hash_));
}

void Table::tell(const Change& change) noexcept {
  changed_ = true;
  for (ChangeSink* sink : sinks_) sink->changed(change);
}

}  // namespace larder::engine
