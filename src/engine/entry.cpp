#include "engine/entry.hpp"

#include "base/assert.hpp"
#include "engine/record.hpp"
#include "engine/table.hpp"

namespace larder::engine {

Kind Entry::kind() const noexcept {
  LARDER_ASSERT(record_ != nullptr);
  return record_->kind();
}

std::string_view Entry::value() const noexcept {
  LARDER_ASSERT(record_ != nullptr && record_->kind() == Kind::string);
  return record_->value();
}

Object& Entry::object() const noexcept {
  LARDER_ASSERT(record_ != nullptr && record_->kind() != Kind::string);
  return *record_->object_slot().object;
}

std::optional<base::Instant> Entry::deadline() const noexcept {
  if (!record_) return std::nullopt;
  return record_->deadline();
}

std::uint64_t Entry::version() const noexcept { return record_ ? record_->version : 0; }

std::size_t Entry::memory_bytes() const noexcept { return record_ ? record_->memory_bytes() : 0; }

Result<void> Entry::assign(std::string_view value, Deadline deadline) {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->write_string(*this, value, deadline);
}

Result<void> Entry::append(std::string_view tail) {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->append(*this, tail);
}

Result<void> Entry::assign(Kind kind, std::unique_ptr<Object> object, Deadline deadline) {
  LARDER_ASSERT(mode_ == Mode::write && kind != Kind::string && object != nullptr);
  return table_->write_object(*this, kind, std::move(object), deadline);
}

void Entry::object_changed() {
  LARDER_ASSERT(mode_ == Mode::write && record_ != nullptr && record_->kind() != Kind::string);
  table_->object_changed(*this);
}

void Entry::set_deadline(std::optional<base::Instant> deadline) {
  LARDER_ASSERT(mode_ == Mode::write && record_ != nullptr);
  table_->set_deadline(*this, deadline);
}

bool Entry::erase() {
  LARDER_ASSERT(mode_ == Mode::write);
  return table_->erase(*this);
}

}  // namespace larder::engine
