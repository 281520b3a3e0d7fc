// The bodies behind hash.hpp that only its tests name: each must agree with published vectors on
// every machine.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.hpp"

namespace larder::base::detail {

/// CRC-32C without the processor's instruction.
std::uint32_t crc32c_tables(std::string_view bytes, std::uint32_t crc) noexcept;
/// keyed_hash of what is long, and of all where the processor knows no AES.
std::uint64_t sip_hash_1_3(std::string_view bytes, HashKey key) noexcept;
/// The same template with the rounds of the paper's test vectors.
std::uint64_t sip_hash_2_4(std::string_view bytes, HashKey key) noexcept;

}  // namespace larder::base::detail
