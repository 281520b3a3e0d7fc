#include "engine/record.hpp"

#include <cstdlib>
#include <new>

namespace larder::engine {

Record* Record::create(std::string_view key, std::size_t value_bytes, Kind kind, bool timed) {
  void* block = std::malloc(block_capacity(bytes_for(key.size(), value_bytes, timed)));
  if (!block) throw std::bad_alloc{};
  auto* record = new (block) Record{};
  record->value_bytes = static_cast<std::uint32_t>(value_bytes);
  record->key_bytes = static_cast<std::uint32_t>(key.size()) & 0x0fffffff;
  record->kind_bits = static_cast<std::uint32_t>(kind) & 7;
  record->timed = timed;
  if (timed) record->set_deadline_ns(kNever);
  std::memcpy(const_cast<char*>(record->key_begin()), key.data(), key.size());
  return record;
}

Record* Record::resize(Record* record, std::size_t value_bytes) {
  void* block = std::realloc(
      record, block_capacity(bytes_for(record->key_bytes, value_bytes, record->timed)));
  if (!block) return nullptr;
  auto* moved = static_cast<Record*>(block);
  moved->value_bytes = static_cast<std::uint32_t>(value_bytes);
  return moved;
}

void Record::destroy(Record* record) noexcept {
  if (record->kind() != Kind::string) delete record->object_slot().object;
  std::free(record);
}

std::size_t Record::memory_bytes() const noexcept {
  const std::size_t block = block_bytes(bytes());
  return kind() == Kind::string ? block : block + object_slot().bytes_charged;
}

std::size_t Record::data_bytes() const noexcept {
  return key_bytes + (kind() == Kind::string ? value_bytes : object_slot().bytes_charged);
}

}  // namespace larder::engine
