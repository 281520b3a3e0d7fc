#include "engine/entry.hpp"

#include "base/assert.hpp"
#include "engine/table.hpp"

namespace larder::engine {

// As a scan meets it, which changes nothing.
Entry::Entry(Table& table, const Record& record, std::uint32_t address, std::string_view key,
             unsigned db) noexcept
    : table_(&table),
      record_(record),
      address_(address),
      epoch_now_(&table.epoch_),
      epoch_(table.epoch_),
      key_(key),
      hash_(0),
      db_(db),
      mode_(Mode::peek) {}

void Entry::find_again() const noexcept { table_->find_again(*this); }

Object& Entry::object() const noexcept {
  LARDER_ASSERT(exists() && record_.kind() != Kind::string);
  return *record_.object_slot().object;
}

std::optional<base::Instant> Entry::deadline() const noexcept {
  if (!exists() || !record_.has_deadline()) return std::nullopt;
  return table_->instant_of(record_.deadline());
}

std::uint64_t Entry::version() const { return exists() ? table_->version_of(*this) : 0; }

std::size_t Entry::memory_bytes() const noexcept {
  if (!exists()) return 0;
  constexpr std::size_t kOfIndex = 9;  // SlotIndex::kBytesPerEntry, rounded up.
  static_assert(kOfIndex >= SlotIndex::kBytesPerEntry && kOfIndex < SlotIndex::kBytesPerEntry + 1);
  return record_.bytes() + record_.outside_bytes() + kOfIndex;
}

std::optional<base::Millis> Entry::idle() const noexcept {
  if (!exists()) return std::nullopt;
  return table_->idle_of(record_);
}

std::optional<std::uint8_t> Entry::frequency() const noexcept {
  if (!exists()) return std::nullopt;
  return table_->frequency_of(record_);
}

Leases::Grant Entry::lease(std::uint64_t token, base::Nanos life) {
  LARDER_ASSERT(!exists() && token != 0);
  return table_->grant_lease(*this, token, life);
}

bool Entry::take_lease(std::uint64_t token) {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->take_lease(*this, token);
}

Result<void> Entry::assign(std::string_view value, Deadline deadline) {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->write_string(*this, value, deadline);
}

Result<void> Entry::append(std::string_view tail) {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->append(*this, tail);
}

void Entry::overwrite(std::size_t offset, std::string_view bytes) {
  LARDER_ASSERT(mode_ == Mode::write && exists() && record_.kind() == Kind::string);
  LARDER_ASSERT(offset <= record_.value().size() &&
                bytes.size() <= record_.value().size() - offset);
  table_->overwrite(*this, offset, bytes);
}

Result<void> Entry::assign(Kind kind, std::unique_ptr<Object> object, Deadline deadline) {
  LARDER_ASSERT(mode_ == Mode::write && kind != Kind::string && object != nullptr);
  return table_->write_object(*this, kind, std::move(object), deadline);
}

void Entry::object_changed() {
  LARDER_ASSERT(mode_ == Mode::write && exists() && record_.kind() != Kind::string);
  table_->object_changed(*this);
}

void Entry::set_deadline(std::optional<base::Instant> deadline) {
  LARDER_ASSERT(mode_ == Mode::write && exists());
  table_->set_deadline(*this, deadline);
}

bool Entry::erase() {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->erase(*this);
}

}  // namespace larder::engine
