#include "server/bits.hpp"

#include <bit>
#include <cstring>

namespace larder::server {
namespace {

std::uint8_t byte_at(std::string_view bytes, std::uint64_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// The bits of one byte that lie from `first` to `last`, bits of the whole string.
std::uint8_t mask_of(std::uint64_t byte, std::uint64_t first, std::uint64_t last) noexcept {
  unsigned mask = 0xFF;
  if (byte == first / 8) mask &= 0xFFU >> (first % 8);
  if (byte == last / 8) mask &= 0xFFU << (7 - last % 8);
  return static_cast<std::uint8_t>(mask);
}

std::uint64_t word_at(std::string_view bytes, std::uint64_t at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

}  // namespace

bool bit_at(std::string_view bytes, std::uint64_t at) noexcept {
  return at / 8 < bytes.size() && ((byte_at(bytes, at / 8) >> (7 - at % 8)) & 1) != 0;
}

void set_bit(std::string& bytes, std::uint64_t at, bool value) noexcept {
  const unsigned mask = 0x80U >> (at % 8);
  const unsigned byte = byte_at(bytes, at / 8);
  bytes[at / 8] = static_cast<char>(value ? byte | mask : byte & ~mask);
}

std::int64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) noexcept {
  std::int64_t count = 0;
  for (std::uint64_t at = first / 8; at <= last / 8;) {
    // Whole words inside; the edges byte by byte.
    if (at * 8 >= first && at * 8 + 63 <= last) {
      count += std::popcount(word_at(bytes, at));
      at += 8;
    } else {
      count +=
          std::popcount(static_cast<std::uint8_t>(byte_at(bytes, at) & mask_of(at, first, last)));
      ++at;
    }
  }
  return count;
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, bool wanted, std::uint64_t first,
                                      std::uint64_t last) noexcept {
  const std::uint64_t boring = wanted ? 0 : ~std::uint64_t{0};
  for (std::uint64_t at = first / 8; at <= last / 8;) {
    if (at * 8 >= first && at * 8 + 63 <= last && word_at(bytes, at) == boring) {
      at += 8;
      continue;
    }
    const auto turned = static_cast<std::uint8_t>(byte_at(bytes, at) ^ (wanted ? 0 : 0xFF));
    const auto found = static_cast<std::uint8_t>(turned & mask_of(at, first, last));
    if (found != 0) return at * 8 + static_cast<std::uint64_t>(std::countl_zero(found));
    ++at;
  }
  return std::nullopt;
}

std::uint64_t read_bits(std::string_view bytes, std::uint64_t at, unsigned bits) noexcept {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bits; ++i) value = value << 1U | (bit_at(bytes, at + i) ? 1 : 0);
  return value;
}

void write_bits(std::string& bytes, std::uint64_t at, unsigned bits, std::uint64_t value) noexcept {
  for (unsigned i = 0; i < bits; ++i) set_bit(bytes, at + i, (value >> (bits - 1 - i) & 1) != 0);
}

}  // namespace larder::server
