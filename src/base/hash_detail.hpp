// What hash.cpp and keyed_hash.cpp share, and the bodies behind hash.hpp that only its tests name: each must agree with published vectors on
// every machine.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.hpp"

namespace larder::base::detail {

/// Eight bytes as a little-endian word, wherever they lie.
inline std::uint64_t load64(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

/// CRC-32C without the processor's instruction.
std::uint32_t crc32c_tables(std::string_view bytes, std::uint32_t crc) noexcept;
/// keyed_hash of what is long, and of all where the processor knows no AES.
std::uint64_t sip_hash_1_3(std::string_view bytes, HashKey key) noexcept;
/// The same template with the rounds of the paper's test vectors.
std::uint64_t sip_hash_2_4(std::string_view bytes, HashKey key) noexcept;

}  // namespace larder::base::detail
