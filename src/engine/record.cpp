#include "engine/record.hpp"

#include "base/assert.hpp"

namespace larder::engine {
namespace {

constexpr std::size_t varint_bytes(std::size_t value) noexcept {
  std::size_t bytes = 1;
  while (value >>= 7) ++bytes;
  return bytes;
}

char* write_varint(char* at, std::size_t value) noexcept {
  for (; value >= 128; value >>= 7) *at++ = static_cast<char>((value & 127) | 128);
  *at++ = static_cast<char>(value);
  return at;
}

}  // namespace

std::size_t Shape::header_bytes() const noexcept {
  const std::size_t deadline = timed ? (wide ? 8 : Record::kDeadlineBytes) : 0;
  return 1 + varint_bytes(key_bytes) + varint_bytes(value_bytes) + (space != 0) + deadline +
         (used ? 4 : 0);
}

std::size_t Shape::bytes() const noexcept {
  return Record::even(header_bytes() + (outside ? sizeof(char*) : key_bytes + value_bytes));
}

Record Record::write(char* at, const Shape& shape, char* block) noexcept {
  std::uint8_t flags = static_cast<std::uint8_t>(shape.kind);
  if (shape.timed) flags |= kTimed;
  if (shape.timed && shape.wide) flags |= kWide;
  if (shape.used) flags |= kUsed;
  if (shape.outside) flags |= kOutside;
  if (shape.space != 0) flags |= kSpaced;
  char* next = at;
  *next++ = static_cast<char>(flags);
  next = write_varint(next, shape.key_bytes);
  next = write_varint(next, shape.value_bytes);
  if (shape.space != 0) *next++ = static_cast<char>(shape.space);
  if (shape.outside) {
    LARDER_ASSERT(block != nullptr);
    std::memcpy(at + shape.header_bytes(), &block, sizeof block);
  }
  return Record{at};
}

void Record::fill(char* at, std::size_t bytes) noexcept {
  *at = static_cast<char>(kFiller);
  write_varint(at + 1, bytes);
}

std::size_t Record::bytes_at(const char* at) noexcept {
  if (is_filler(at)) {
    const char* next = at + 1;
    return read_varint(next);
  }
  return Record{const_cast<char*>(at)}.bytes();
}

Shape Record::shape() const noexcept {
  return {.key_bytes = key_bytes_,
          .value_bytes = value_bytes_,
          .kind = kind(),
          .space = space_,
          .timed = timed(),
          .wide = (flags_ & kWide) != 0,
          .used = used(),
          .outside = outside()};
}

void Record::set_block(char* block) noexcept {
  std::memcpy(body_place(), &block, sizeof block);
  body_ = block;
}

void Record::set_deadline(DeadlineMs deadline) noexcept {
  LARDER_ASSERT(timed());
  if ((flags_ & kWide) != 0) {
    std::memcpy(fields_, &deadline, 8);
  } else {
    LARDER_ASSERT(!wide_deadline(deadline));
    const auto low = static_cast<std::uint32_t>(deadline);  // kNever ends in 40 ones.
    std::memcpy(fields_, &low, sizeof low);
    fields_[sizeof low] = static_cast<char>(deadline >> 32);
  }
}

std::uint32_t Record::usage() const noexcept {
  std::uint32_t usage;
  std::memcpy(&usage, fields_ + deadline_bytes(), sizeof usage);
  return usage;
}

void Record::set_usage(std::uint32_t usage) noexcept {
  std::memcpy(fields_ + deadline_bytes(), &usage, sizeof usage);
}

ObjectSlot Record::object_slot() const noexcept {
  ObjectSlot slot;
  std::memcpy(&slot, value_begin(), sizeof slot);
  return slot;
}

void Record::set_object_slot(ObjectSlot slot) noexcept {
  std::memcpy(value_begin(), &slot, sizeof slot);
}

std::size_t Record::outside_bytes() const noexcept {
  const std::size_t block = outside() ? block_bytes(std::size_t{key_bytes_} + value_bytes_) : 0;
  return kind() == Kind::string ? block : block + object_slot().bytes_charged;
}

std::size_t Record::data_bytes() const noexcept {
  return key_bytes_ + (kind() == Kind::string ? value_bytes_ : object_slot().bytes_charged);
}

}  // namespace larder::engine
