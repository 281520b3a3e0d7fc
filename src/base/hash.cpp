// CRC-32C and CRC-16. Keyed hashing is in keyed_hash.cpp.
//
// CRC-32C has three bodies: SSE4.2's and ARMv8's instruction, chosen once at start, and
// slicing-by-8 tables for processors without either.
#include "base/hash.hpp"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

#include "base/hash_detail.hpp"

namespace larder::base {
namespace {

using detail::load64;

// slices[k][b]: the CRC of byte b followed by k zero bytes.
constexpr auto kSlices = [] {
  std::array<std::array<std::uint32_t, 256>, 8> slices{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78U : 0U);
    slices[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      slices[k][b] = (slices[k - 1][b] >> 8) ^ slices[0][slices[k - 1][b] & 0xff];
    }
  }
  return slices;
}();

constexpr auto kTable16 = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    unsigned crc = i << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t crc) noexcept {
  std::uint64_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) state = _mm_crc32_u64(state, load64(at));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; at != end; ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) std::uint32_t crc32c_arm(std::string_view bytes,
                                                         std::uint32_t crc) noexcept {
  std::uint32_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) state = __crc32cd(state, load64(at));
  for (; at != end; ++at) state = __crc32cb(state, static_cast<unsigned char>(*at));
  return ~state;
}
#endif

using Crc = std::uint32_t (*)(std::string_view, std::uint32_t) noexcept;

Crc best_crc() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return &crc32c_sse42;
#elif defined(__aarch64__)
  if (getauxval(AT_HWCAP) & HWCAP_CRC32) return &crc32c_arm;
#endif
  return &detail::crc32c_tables;
}

}  // namespace

namespace detail {

std::uint32_t crc32c_tables(std::string_view bytes, std::uint32_t crc) noexcept {
  std::uint32_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load64(at) ^ state;
    state = 0;
    for (std::size_t i = 0; i < 8; ++i) state ^= kSlices[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; at != end; ++at) {
    state = (state >> 8) ^ kSlices[0][(state ^ static_cast<unsigned char>(*at)) & 0xff];
  }
  return ~state;
}

}  // namespace detail

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) noexcept {
  static const Crc chosen = best_crc();
  return chosen(bytes, crc);
}

std::uint16_t crc16(std::string_view bytes) noexcept {
  std::uint16_t crc = 0;
  for (const char c : bytes) {
    crc = static_cast<std::uint16_t>(crc << 8 ^
                                     kTable16[(crc >> 8 ^ static_cast<unsigned char>(c)) & 0xFF]);
  }
  return crc;
}

}  // namespace larder::base
