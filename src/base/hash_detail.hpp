// The bodies behind hash.hpp that only its tests name: each must agree with published vectors on
// every machine.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.hpp"

namespace larder::base::detail {

/// CRC-32C without the processor's instruction.
std::uint32_t crc32c_tables(std::string_view bytes, std::uint32_t crc) noexcept;
/// The same template as keyed_hash with the rounds of the paper's test vectors.
std::uint64_t sip_hash_2_4(std::string_view bytes, HashKey key) noexcept;

}  // namespace larder::base::detail
