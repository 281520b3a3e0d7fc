// Bits in a string of bytes, numbered as Redis does: bit 0 is the highest of the first byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::server {

/// 0 beyond the end.
bool bit_at(std::string_view bytes, std::uint64_t at) noexcept;
/// Requires `at` inside.
void set_bit(std::string& bytes, std::uint64_t at, bool value) noexcept;

/// How many of the bits from `first` to `last`, both inclusive and inside, are set.
std::int64_t count_bits(std::string_view bytes, std::uint64_t first, std::uint64_t last) noexcept;
/// The first bit of that range that is `wanted`; none: there is none.
std::optional<std::uint64_t> find_bit(std::string_view bytes, bool wanted, std::uint64_t first,
                                      std::uint64_t last) noexcept;

/// The integer of 1 to 64 bits that begins at bit `at`; what lies beyond the end is 0.
std::uint64_t read_bits(std::string_view bytes, std::uint64_t at, unsigned bits) noexcept;
/// Writes the low `bits` of `value`. Requires them inside.
void write_bits(std::string& bytes, std::uint64_t at, unsigned bits, std::uint64_t value) noexcept;

}  // namespace larder::server
